"""stable-worldmodel's Lance tables, and its folders of images or videos, as its writers lay them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from recordings.rlds_folders import jpeg
from recordings.videos import write_video
from recordings.walks import Walk


def last_action_nan(w: Walk) -> np.ndarray:
    """Return actions as they are recorded: none is taken after the last observation of an episode."""
    actions = w.actions.copy()
    actions[np.append(w.starts[1:], w.rows) - 1] = np.nan
    return actions


def lists(array: np.ndarray) -> pa.FixedSizeListArray:
    flat = array.reshape(len(array), -1).astype(np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])


def colours(w: Walk) -> np.ndarray:
    """Return a factor of variation: three numbers that are drawn for every episode."""
    return np.random.default_rng(1).uniform(0, 255, (len(w.lengths), 3)).astype(np.float32)[w.episode]


def write_lance(path: Path, w: Walk, videos: bool = False, varied: bool = True) -> Path:
    """Write as LanceWriter or LanceVideoWriter: dots are underscores, numbers lists of float32, frames JPEG or MP4."""
    import lance

    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"episode_idx": pa.array(w.episode, pa.int32()), "step_idx": pa.array(w.step, pa.int32())}
    columns |= {"action": lists(last_action_nan(w)), "state": lists(w.states)}
    columns |= {"variation_agent_color": lists(colours(w))} if varied else {}
    if not videos:
        columns |= {"pixels": pa.array([jpeg(frame) for frame in w.frames], pa.binary())}
    lance.write_dataset(pa.table(columns), str(path), max_rows_per_file=17)
    episodes = range(len(w.lengths))
    extra = pa.table({"episode_idx": pa.array(episodes, pa.int32()), "scene": pa.array(["<mujoco/>"] * len(episodes))})
    lance.write_dataset(extra, str(path.with_name(f"{path.stem}_episodes.lance")))
    if videos:
        blob = pa.field("video_bytes", pa.large_binary(), metadata={b"lance-encoding:blob": b"true"})
        schema = pa.schema([pa.field("episode_idx", pa.int32()), pa.field("video_key", pa.string()), blob])
        contents = []
        for number, frames in enumerate(w.parts(w.frames)):
            file = write_video(path.parent / f"{number}.mp4", frames, fps=10)
            contents.append(file.read_bytes())
            file.unlink()
        held = [pa.array(episodes, pa.int32()), pa.array(["pixels"] * len(episodes)), pa.array(contents, blob.type)]
        lance.write_dataset(pa.table(held, schema=schema), str(path.with_name(f"{path.stem}_videos.lance")))
    return path


def write_folder(path: Path, w: Walk, videos: bool = False) -> Path:
    """Write as FolderWriter or VideoWriter."""
    path.mkdir(parents=True, exist_ok=True)
    columns = {"ep_len": np.array(w.lengths, np.int32), "ep_offset": w.starts, "state": w.states}
    columns |= {"action": last_action_nan(w), "step_idx": w.step}
    for name, array in columns.items():
        np.savez(path / f"{name}.npz", array)
    (path / "pixels").mkdir()
    for number, frames in enumerate(w.parts(w.frames)):
        if videos:
            write_video(path / "pixels" / f"ep_{number}.mp4", frames)
            continue
        for step, frame in enumerate(frames):
            (path / "pixels" / f"ep_{number}_step_{step}.jpeg").write_bytes(jpeg(frame))
    return path
