"""LeRobot datasets as v2.1 and v3.0 lay them out."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from recordings.videos import write_video
from recordings.walks import Walk

FPS = 10
CAMERA = "observation.images.top"
JOINTS = ["shoulder.pos", "elbow.pos", "gripper.pos"]


def features(walk: Walk, camera: str = CAMERA, kind: str = "video") -> dict[str, Any]:
    number = {"shape": [1], "names": None}
    return {
        "observation.state": {"dtype": "float32", "shape": [walk.states.shape[1]], "names": JOINTS},
        "action": {"dtype": "float32", "shape": [2], "names": {"motors": ["left", "right"]}},
        camera: {
            "dtype": kind,
            "shape": [*walk.frames.shape[1:]],
            "names": ["height", "width", "channels"],
            "info": {"video.fps": FPS, "video.codec": "h264", "is_depth_map": False},
        },
        "next.reward": {"dtype": "float32", **number},
        "timestamp": {"dtype": "float32", **number},
        **{name: {"dtype": "int64", **number} for name in ("frame_index", "episode_index", "index", "task_index")},
    }


def rows(walk: Walk) -> pa.Table:
    """The rows of all episodes, as a data file holds them; lists are of fixed and of free length."""
    states = pa.FixedSizeListArray.from_arrays(pa.array(walk.states.ravel()), walk.states.shape[1])
    columns = {"observation.state": states, "action": pa.array(list(walk.actions))}
    columns |= {"next.reward": walk.actions[:, 0], "timestamp": (walk.step / FPS).astype(np.float32)}
    columns |= {"frame_index": walk.step, "episode_index": walk.episode}
    columns |= {"index": np.arange(walk.rows), "task_index": np.zeros(walk.rows, dtype=int)}
    return pa.table(columns)


def write_info(root: Path, walk: Walk, version: str, paths: tuple[str, str], described: dict[str, Any]) -> None:
    info = {
        **{"codebase_version": version, "robot_type": "so100", "fps": FPS, "features": described, "splits": {}},
        **{"total_episodes": len(walk.lengths), "total_frames": walk.rows, "chunks_size": 2},
        **{"data_path": paths[0], "video_path": paths[1]},
    }
    (root / "meta").mkdir(parents=True)
    (root / "meta" / "info.json").write_text(json.dumps(info))


def write_v21(root: Path, walk: Walk) -> Path:
    """One Parquet and one MP4 file an episode, two episodes a chunk."""
    data = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
    video = "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"
    write_info(root, walk, "v2.1", (data, video), features(walk))
    lines = []
    for number, (start, length) in enumerate(zip(walk.starts.tolist(), walk.lengths, strict=True)):
        place = {"episode_chunk": number // 2, "episode_index": number}
        (root / data.format(**place)).parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(rows(walk).slice(start, length), root / data.format(**place))
        frames = walk.frames[start : start + length]
        write_video(root / video.format(**place, video_key=CAMERA), frames, FPS)
        lines.append(json.dumps({"episode_index": number, "tasks": ["push"], "length": length}))
    (root / "meta" / "episodes.jsonl").write_text("\n".join(lines) + "\n")
    return root


def write_v3(root: Path, walk: Walk, data_cuts: tuple[int, ...] = (2,), video_cuts: tuple[int, ...] = (1,)) -> Path:
    """Many episodes in a file; data and videos begin another file at other episodes, as they may."""
    data = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
    video = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
    write_info(root, walk, "v3.0", (data, video), features(walk))
    edges = np.append(walk.starts, walk.rows).tolist()
    episodes: dict[str, list[Any]] = {
        "episode_index": list(range(len(walk.lengths))),
        "length": list(walk.lengths),
        "tasks": [["push"]] * len(walk.lengths),
        "dataset_from_index": edges[:-1],
        "dataset_to_index": edges[1:],
        "stats/action/min": [[0.0, 0.0]] * len(walk.lengths),
    }
    columns = ("data/chunk_index", "data/file_index")
    videos = tuple(
        f"videos/{CAMERA}/{name}" for name in ("chunk_index", "file_index", "from_timestamp", "to_timestamp")
    )
    for name in columns + videos:
        episodes[name] = []
    for file, (first, last) in enumerate(pairwise((0, *data_cuts, len(walk.lengths)))):
        path = root / data.format(chunk_index=0, file_index=file)
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(rows(walk).slice(edges[first], edges[last] - edges[first]), path)
        episodes[columns[0]] += [0] * (last - first)
        episodes[columns[1]] += [file] * (last - first)
    for file, (first, last) in enumerate(pairwise((0, *video_cuts, len(walk.lengths)))):
        path = root / video.format(video_key=CAMERA, chunk_index=file, file_index=0)
        write_video(path, walk.frames[edges[first] : edges[last]], FPS)
        for number in range(first, last):
            episodes[videos[0]].append(file)
            episodes[videos[1]].append(0)
            episodes[videos[2]].append((edges[number] - edges[first]) / FPS)
            episodes[videos[3]].append((edges[number + 1] - edges[first]) / FPS)
    (root / "meta" / "episodes" / "chunk-000").mkdir(parents=True)
    parquet.write_table(pa.table(episodes), root / "meta" / "episodes" / "chunk-000" / "file-000.parquet")
    return root
