"""LeRobot datasets of v2.1 and v3.0: episodes, states and the camera's frames at every row's time."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from recordings.lerobot_folders import CAMERA, features, write_v3, write_v21
from recordings.videos import assert_nearly, write_video
from recordings.walks import Walk, pairs_by_hand, walk
from worldprobe.recordings import (
    Recording,
    SeveralReadings,
    UnknownLayout,
    UnreadableFile,
    UnusableData,
    describe,
    read_recording,
)

FIVE = (9, 4, 12, 6, 14)
Write = Callable[[Path, Walk], Path]
both = pytest.mark.parametrize("write", [write_v21, write_v3])


def assert_same(r: Recording, w: Walk) -> None:
    np.testing.assert_array_equal(r.states, w.states)
    np.testing.assert_array_equal(r.episodes, w.starts)
    np.testing.assert_array_equal(r.pairs(3).index, pairs_by_hand(w, 3))
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions, w.actions)
    assert r.frames is not None
    rows = np.random.default_rng(0).integers(0, w.rows, 30)
    assert_nearly(r.frames.read(rows), w.frames[rows])
    assert_nearly(r.frames.read(np.arange(w.rows)), w.frames)


@both
def test_episodes_states_and_frames_are_those_that_were_written(write: Write, tmp_path: Path) -> None:
    w = walk(FIVE)
    r = read_recording(write(tmp_path / "d", w))
    assert_same(r, w)
    assert r.source.format == "lerobot"
    assert r.names == ("shoulder.pos", "elbow.pos", "gripper.pos")
    assert r.action_names == ("left", "right")
    assert r.chosen["states"] == "observation.state (3 numbers): found, the only candidate"
    assert r.chosen["time"] == "timestamp, frame_index, index rise within every episode"
    assert r.chosen["episode"] == "meta/ says where each begins; 5 episodes of mixed lengths, 4 to 14 rows"
    assert r.chosen["frames"] == f"{CAMERA} (video): found, the only candidate; 45 of 24 x 16"
    assert r.chosen["format"] in ("lerobot, v2.1, 10 frames a second", "lerobot, v3.0, 10 frames a second")


def test_both_versions_of_a_dataset_are_the_same_recording(tmp_path: Path) -> None:
    w = walk(FIVE)
    old, new = (read_recording(write(tmp_path / write.__name__, w), frames="none") for write in (write_v21, write_v3))
    assert old.source.digest == new.source.digest


@both
def test_a_component_is_chosen_by_its_name(write: Write, tmp_path: Path) -> None:
    w = walk(FIVE)
    r = read_recording(write(tmp_path / "d", w), states=["observation.state[elbow.pos]"], frames="none")
    np.testing.assert_array_equal(r.states, w.states[:, 1:2])
    assert r.names == ("elbow.pos",)


def edit(root: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = root / "meta" / "info.json"
    info = json.loads(path.read_text())
    change(info)
    path.write_text(json.dumps(info))
    return root


@both
def test_two_cameras_are_a_question_and_depth_is_no_candidate(write: Write, tmp_path: Path) -> None:
    root = write(tmp_path / "d", walk(FIVE))
    wrist = features(walk(FIVE))[CAMERA]
    edit(root, lambda info: info["features"].update({"observation.images.wrist": wrist}))
    with pytest.raises(SeveralReadings, match=r"the frames: observation\.images\.top, observation\.images\.wrist"):
        read_recording(root)
    wrist["info"]["is_depth_map"] = True
    edit(root, lambda info: info["features"].update({"observation.images.wrist": wrist}))
    assert read_recording(root).frames is not None
    with pytest.raises(UnusableData, match="it holds video of depth"):
        read_recording(root, frames="observation.images.wrist")


@both
def test_describe_shows_every_feature(write: Write, tmp_path: Path) -> None:
    w = walk(FIVE)
    found = {found.column.name: found for found in describe(write(tmp_path / "d", w)).columns}
    assert set(found) == set(features(w))
    assert found["observation.state"].range == (float(w.states.min()), float(w.states.max()))
    assert {name: line.role for name, line in found.items() if line.role} == {
        **{"observation.state": "states", "action": "actions", CAMERA: "frames", "episode_index": "episode"},
        **{"timestamp": "time", "frame_index": "time", "index": "time"},
    }


def first(root: Path, pattern: str) -> Path:
    return sorted(root.glob(pattern))[0]


@both
@pytest.mark.parametrize("pattern", ["data/**/*.parquet", "videos/**/*.mp4"])
def test_a_missing_or_half_written_file_is_named(write: Write, pattern: str, tmp_path: Path) -> None:
    path = first(write(tmp_path / "d", walk(FIVE)), pattern)
    os.truncate(path, path.stat().st_size - 20)
    with pytest.raises(UnreadableFile, match=rf"{path.name} cannot be read: .*cut short"):
        read_recording(tmp_path / "d")
    path.unlink()
    with pytest.raises(UnreadableFile, match=rf"{path.name} cannot be read: there is no such file.*in part"):
        read_recording(tmp_path / "d")


@both
def test_fewer_frames_than_rows_are_refused(write: Write, tmp_path: Path) -> None:
    root = write(tmp_path / "d", walk(FIVE))
    write_video(first(root, "videos/**/*.mp4"), walk(FIVE).frames[:5], 10)
    with pytest.raises(UnusableData, match=r"\.mp4, frames: it has 5 frames for \d+ rows"):
        read_recording(root)


@both
def test_more_frames_than_rows_do_not_shift_any(write: Write, tmp_path: Path) -> None:
    """A frame belongs to a row by its time, so what follows the last row of a file is never shown."""
    w = walk((9,))
    root = write_v21(tmp_path / "d", w) if write is write_v21 else write_v3(tmp_path / "d", w, (), ())
    write_video(first(root, "videos/**/*.mp4"), np.concatenate([w.frames, w.frames[:3]]), 10)
    frames = read_recording(root).frames
    assert frames is not None
    assert_nearly(frames.read(np.arange(9)), w.frames)


@both
def test_a_video_of_another_rate_is_refused_when_it_is_read(write: Write, tmp_path: Path) -> None:
    w = walk((9,))
    root = write_v21(tmp_path / "d", w) if write is write_v21 else write_v3(tmp_path / "d", w, (), ())
    write_video(first(root, "videos/**/*.mp4"), w.frames, fps=13)
    frames = read_recording(root).frames
    assert frames is not None
    with pytest.raises(UnusableData, match=r"timestamps: row \d of the episode is at 0\.\d+ s, and the nearest frame"):
        frames.read(np.arange(9))


@both
def test_videos_of_mixed_sizes_are_refused(write: Write, tmp_path: Path) -> None:
    root = write(tmp_path / "d", walk(FIVE))
    write_video(sorted(root.glob("videos/**/*.mp4"))[-1], np.zeros((45, 32, 32, 3), dtype=np.uint8), 10)
    with pytest.raises(UnusableData, match=r"\.mp4, frames: it is 32 x 32, but the first frame is 24 x 16"):
        read_recording(root)


@both
def test_rows_of_another_episode_than_meta_says_are_refused(write: Write, tmp_path: Path) -> None:
    root = write(tmp_path / "d", walk(FIVE))
    path = first(root, "data/**/*.parquet")
    content = parquet.read_table(path)
    place = content.column_names.index("episode_index")
    changed = content.set_column(place, "episode_index", pa.array(np.full(len(content), 7)))
    parquet.write_table(changed, path)
    with pytest.raises(UnusableData, match=rf"{path.name}, episode_index: row 0 .* is of episode 7, meta/ says 0"):
        read_recording(root)
    parquet.write_table(content.slice(1), path)
    with pytest.raises(UnusableData, match=rf"{path.name}, rows: it has {len(content) - 1} rows, its episodes"):
        read_recording(root)
    parquet.write_table(content.drop_columns(["observation.state"]), path)
    with pytest.raises(UnusableData, match=rf"{path.name}, columns: there is no observation.state"):
        read_recording(root)


@both
def test_episodes_that_were_promised_and_are_not_listed_are_refused(write: Write, tmp_path: Path) -> None:
    root = edit(write(tmp_path / "d", walk(FIVE)), lambda info: info.update(total_episodes=8))
    with pytest.raises(UnusableData, match="total_episodes: it promises 8, and 5 are listed"):
        read_recording(root)


@both
def test_a_damaged_meta_is_named(write: Write, tmp_path: Path) -> None:
    root = write(tmp_path / "d", walk(FIVE))
    edit(root, lambda info: info.update(data_path="data/{wrong}.parquet"))
    with pytest.raises(UnusableData, match=r"info\.json, data_path: .* does not name a file"):
        read_recording(root)
    edit(root, lambda info: info.pop("features"))
    with pytest.raises(UnusableData, match=r"info\.json, keys: there is no features"):
        read_recording(root)
    os.truncate(root / "meta" / "info.json", 30)
    with pytest.raises(UnreadableFile, match=r"info\.json cannot be read: it is not JSON"):
        read_recording(root)


def test_half_a_list_of_episodes_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_v21(tmp_path / "d", walk(FIVE)) / "meta" / "episodes.jsonl"
    os.truncate(path, path.stat().st_size - 10)
    with pytest.raises(UnreadableFile, match=r"episodes\.jsonl cannot be read: line 5 is not an episode"):
        read_recording(tmp_path / "d")
    path.unlink()
    with pytest.raises(UnreadableFile, match=r"episodes\.jsonl cannot be read: there is no such file"):
        read_recording(tmp_path / "d")


def test_missing_episode_shards_are_named(tmp_path: Path) -> None:
    root = write_v3(tmp_path / "d", walk(FIVE))
    path = first(root, "meta/episodes/**/*.parquet")
    content = parquet.read_table(path)
    parquet.write_table(content.drop_columns(["data/file_index"]), path)
    with pytest.raises(UnusableData, match="there is no 'data/file_index'"):
        read_recording(root)
    path.unlink()
    with pytest.raises(UnreadableFile, match="episodes cannot be read: there is no Parquet file in it"):
        read_recording(root)


@pytest.mark.parametrize("version", ["v1.6", "v4.0"])
def test_other_versions_are_refused(version: str, tmp_path: Path) -> None:
    root = edit(write_v21(tmp_path / "d", walk((4,))), lambda info: info.update(codebase_version=version))
    with pytest.raises(UnknownLayout, match=rf"of version '{version}'; v2\.0, v2\.1 and v3\.0 are read"):
        read_recording(root)


def test_images_in_the_data_files_are_frames(tmp_path: Path) -> None:
    w = walk((5, 4))
    root = write_v3(tmp_path / "d", w, (1,), (1,))
    edit(root, lambda info: info.update(features=features(w, "observation.image", "image")))
    images = []
    for frame in w.frames:
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "PNG")
        images.append({"bytes": buffer.getvalue(), "path": "frame.png"})
    for path, part in zip(sorted(root.glob("data/**/*.parquet")), (images[:5], images[5:]), strict=True):
        parquet.write_table(parquet.read_table(path).append_column("observation.image", pa.array(part)), path)
    frames = read_recording(root).frames
    assert frames is not None
    np.testing.assert_array_equal(frames.read([8, 0, 5, 4]), w.frames[[8, 0, 5, 4]])
