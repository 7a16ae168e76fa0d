"""HDF5: robomimic's demos, stable-worldmodel's columns, and arrays without a layout."""

import os
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from recordings.hdf5_files import write_robomimic, write_stable_worldmodel
from recordings.walks import Walk, pairs_by_hand, walk
from worldprobe.errors import MissingDependency
from worldprobe.recordings import (
    ColumnRole,
    Recording,
    SeveralReadings,
    UnknownLayout,
    UnreadableFile,
    UnusableData,
    describe,
    read_recording,
)

MANY = (3, 5, 2, 4, 6, 3, 2, 5, 4, 3, 2, 6)
"""Twelve episodes, so that the order of names (demo_10 before demo_2) is not that of numbers."""


def assert_same(r: Recording, w: Walk) -> None:
    np.testing.assert_array_equal(r.states, w.states)
    np.testing.assert_array_equal(r.episodes, w.starts)
    np.testing.assert_array_equal(r.pairs(2).index, pairs_by_hand(w, 2))
    assert r.actions is not None
    assert r.frames is not None
    np.testing.assert_array_equal(r.actions, w.actions)
    rows = np.random.default_rng(0).integers(0, w.rows, 60)
    np.testing.assert_array_equal(r.frames.read(rows), w.frames[rows])


def test_robomimics_demos_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    w = walk(MANY)
    r = read_recording(write_robomimic(tmp_path / "d.hdf5", w, order=[7, 11, 0, 1, 10, 2, 3, 4, 9, 5, 6, 8]))
    assert_same(r, w)
    assert r.source.format == "robomimic"
    assert r.chosen["format"] == "robomimic, all demos, none of its 1 masks applied"
    assert r.chosen["states"] == "obs/robot0_eef_pos (3 numbers): found, the only candidate"
    assert r.chosen["frames"] == "obs/agentview_image (uint8): found, the only candidate; 45 of 24 x 16"
    assert r.chosen["episode"].startswith("data/demo_K says where each begins; 12 episodes of mixed lengths")


def test_stable_worldmodels_columns_are_cut_by_its_offsets(tmp_path: Path) -> None:
    w = walk(MANY)
    r = read_recording(write_stable_worldmodel(tmp_path / "d.h5", w))
    assert_same(r, w)
    assert r.source.format == "stable-worldmodel"
    assert r.chosen["time"] == "step_idx rises within every episode"


def test_other_files_are_arrays_with_their_groups_in_their_names(tmp_path: Path) -> None:
    w = walk()
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["robot/qpos"], file["robot/qvel"], file["action"] = w.states, -w.states, w.actions
        file["cameras/top"], file["episode"] = w.frames, [f"run {k}".encode() for k in w.episode]
    with pytest.raises(SeveralReadings, match="states: robot/qpos, robot/qvel"):
        read_recording(tmp_path / "d.h5")
    assert_same(read_recording(tmp_path / "d.h5", states=["robot/qpos"]), w)


def test_large_chunks_are_read_whole(tmp_path: Path) -> None:
    z = np.arange(10_000.0).reshape(5000, 2)
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset("z", data=z, chunks=(3000, 2), compression="gzip")
    np.testing.assert_array_equal(read_recording(tmp_path / "d.h5").states, z)


def test_text_is_described_and_is_no_state(tmp_path: Path) -> None:
    table = describe(write_stable_worldmodel(tmp_path / "d.h5", walk()))
    found = {found.column.name: found for found in table.columns}
    assert found["language"].column.type == "text"
    assert found["language"].role is None
    assert found["terminated"].role is ColumnRole.EPISODE
    assert table.candidates(ColumnRole.STATES) == ("state",)
    assert found["step_idx"].range == (0, 19)


@pytest.mark.parametrize("write", [write_robomimic, write_stable_worldmodel])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.95])
def test_a_half_written_file_is_named(write: object, share: float, tmp_path: Path) -> None:
    path = write(tmp_path / "d.hdf5", walk())  # type: ignore[operator]
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(UnreadableFile, match=r"d\.hdf5 cannot be read: .*cut short"):
        read_recording(path)


def test_a_file_that_only_calls_itself_hdf5_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.h5").write_text("hello")
    with pytest.raises(UnreadableFile, match=r"d\.h5 cannot be read"):
        read_recording(tmp_path / "d.h5")


def change(path: Path, name: str, value: object) -> None:
    with h5py.File(path, "r+") as file:
        del file[name]
        if value is not None:
            file[name] = value


def test_a_demo_that_was_not_finished_is_named(tmp_path: Path) -> None:
    path = write_robomimic(tmp_path / "d.hdf5", walk())
    change(path, "data/demo_1/obs/robot0_eef_pos", np.zeros((6, 3)))
    with pytest.raises(UnusableData, match=r"data/demo_1/obs/robot0_eef_pos: its shape is \(6, 3\), not \(7, 3\)"):
        read_recording(path)
    change(path, "data/demo_1/obs/robot0_eef_pos", None)
    with pytest.raises(UnusableData, match=r"data/demo_1/obs/robot0_eef_pos: there is no such array"):
        read_recording(path)


def test_frames_of_mixed_sizes_are_refused(tmp_path: Path) -> None:
    path = write_robomimic(tmp_path / "d.hdf5", walk())
    change(path, "data/demo_2/obs/agentview_image", np.zeros((20, 8, 8, 3), dtype=np.uint8))
    with pytest.raises(UnusableData, match=r"demo_2/obs/agentview_image: its shape is \(20, 8, 8, 3\)"):
        read_recording(path)


def test_a_demo_without_steps_is_refused(tmp_path: Path) -> None:
    path = write_robomimic(tmp_path / "d.hdf5", walk())
    with h5py.File(path, "r+") as file:
        file["data/demo_1"].attrs["num_samples"] = 0
    with pytest.raises(UnusableData, match="data/demo_1: it has no steps"):
        read_recording(path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ep_len", [12, 7, 19], "its episodes have 38 rows together, the longest column 39"),
        ("ep_len", [12, 8, 20], "do not agree"),
        ("ep_offset", [0, 12], "do not agree"),
    ],
)
def test_episodes_that_do_not_cover_the_rows_are_refused(
    name: str, value: list[int], said: str, tmp_path: Path
) -> None:
    path = write_stable_worldmodel(tmp_path / "d.h5", walk())
    change(path, name, np.array(value))
    with pytest.raises(UnusableData, match=said):
        read_recording(path)


def test_episodes_without_steps_are_left_out(tmp_path: Path) -> None:
    path = write_stable_worldmodel(tmp_path / "d.h5", walk())
    change(path, "ep_len", np.array([12, 0, 7, 20]))
    change(path, "ep_offset", np.array([0, 12, 12, 19]))
    np.testing.assert_array_equal(read_recording(path).episodes, [0, 12, 19])


def test_an_episode_column_is_refused_where_the_layout_says_the_episodes(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=r"episode=\"ep_idx\" was passed, but ep_offset says where each begins"):
        read_recording(write_stable_worldmodel(tmp_path / "d.h5", walk()), episode="ep_idx")


def test_another_layout_of_hdf5_than_asked_for_is_named(tmp_path: Path) -> None:
    path = write_stable_worldmodel(tmp_path / "d.h5", walk())
    with pytest.raises(UnknownLayout, match="not in the format 'robomimic'; it looks like the format 'stable-worldmod"):
        read_recording(path, format="robomimic")


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_robomimic(tmp_path / "d.hdf5", walk())
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingDependency, match=r"h5py is missing; .*d\.hdf5.*pip install 'worldprobe\[data\]'"):
        read_recording(path)


@pytest.mark.parametrize("stem", ["demo_", "traj_", "run", ""])
def test_a_group_an_episode_by_any_usual_name(stem: str, tmp_path: Path) -> None:
    w = walk(MANY)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for number, (states, actions) in enumerate(zip(w.parts(w.states), w.parts(w.actions), strict=True)):
            file[f"{stem}{number}/observation"], file[f"{stem}{number}/action"] = states, actions
    r = read_recording(tmp_path / "w.h5")
    np.testing.assert_array_equal(r.states, w.states)
    np.testing.assert_array_equal(r.actions, w.actions)
    np.testing.assert_array_equal(r.episodes, w.starts)
    assert r.chosen["format"] == f"hdf5-episodes, {len(MANY)} episodes"


def test_a_group_an_episode_may_have_an_observation_after_its_last_action(tmp_path: Path) -> None:
    w = walk(MANY)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        parts = zip(*(w.parts(array) for array in (w.states, w.actions, w.frames)), strict=True)
        for number, (states, actions, frames) in enumerate(parts):
            group = file.create_group(f"traj_{number}")
            group["obs/agent/qpos"], group["obs/rgb"], group["actions"] = states, frames, actions[:-1]
    r = read_recording(tmp_path / "w.h5")
    np.testing.assert_array_equal(r.states, w.states)
    assert r.actions is not None
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read(np.arange(len(w.frames))), w.frames)
    last = np.append(w.starts[1:], len(w.states)) - 1
    assert np.isnan(r.actions[last]).all()
    np.testing.assert_array_equal(np.delete(r.actions, last, axis=0), np.delete(w.actions, last, axis=0))


def test_an_episode_without_the_arrays_of_the_first_is_named(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["demo_0/state"], file["demo_1/action"] = np.zeros((4, 2)), np.zeros((4, 2))
    with pytest.raises(UnusableData, match="demo_1/state: there is no such array"):
        read_recording(tmp_path / "w.h5")
