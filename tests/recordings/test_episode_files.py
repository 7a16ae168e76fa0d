"""Layouts with a file or a group for every episode: Minari, ALOHA, Dreamer; and last rows without an action."""

from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from recordings.hdf5_files import write_stable_worldmodel
from recordings.walks import Walk, walk
from worldprobe.recordings import BadRows, UnusableData, read_recording


def write_minari(path: Path, w: Walk) -> Path:
    """An observation more than there are actions, the groups listed as text: episode_10 before episode_2."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        parts = zip(w.parts(w.states), w.parts(w.actions), w.parts(w.frames), strict=True)
        for number, (states, actions, frames) in enumerate(parts):
            group = file.create_group(f"episode_{number}")
            group.attrs["total_steps"] = len(actions) - 1
            group["observations/qpos"], group["observations/image"] = states, frames
            group["actions"], group["rewards"] = actions[:-1], actions[:-1, 0]
            group["terminations"] = group["truncations"] = np.zeros(len(actions) - 1, dtype=bool)
    return path


@pytest.mark.parametrize("folder", [False, True])
def test_minari_rows_are_observations_and_the_last_has_no_action(tmp_path: Path, folder: bool) -> None:
    w = walk((3, 4, 5, 3, 3, 3, 3, 3, 3, 3, 3, 6))
    path = write_minari(tmp_path / "data" / "main_data.hdf5", w)
    r = read_recording(tmp_path if folder else path)
    np.testing.assert_array_equal(r.states, w.states)
    np.testing.assert_array_equal(r.episodes, w.starts)
    assert r.actions is not None
    assert r.frames is not None
    last = np.append(w.starts[1:], w.rows) - 1
    assert np.isnan(r.actions[last]).all()
    np.testing.assert_array_equal(np.delete(r.actions, last, 0), np.delete(w.actions, last, 0))
    np.testing.assert_array_equal(r.frames.read([0, w.rows - 1]), w.frames[[0, -1]])
    assert r.source.format == "minari"


def write_aloha(folder: Path, w: Walk, jpeg: bool) -> Path:
    folder.mkdir(exist_ok=True)
    parts = zip(w.parts(w.states), w.parts(w.actions), w.parts(w.frames), strict=True)
    for number, (states, actions, frames) in enumerate(parts):
        with h5py.File(folder / f"episode_{number}.hdf5", "w") as file:
            file.attrs["sim"], file.attrs["compress"] = False, jpeg
            file["observations/qpos"], file["action"] = states, actions
            file["observations/images/cam_high"] = padded(frames) if jpeg else frames
            if jpeg:
                file["compress_len"] = np.zeros((1, len(states)))
    return folder


def padded(frames: np.ndarray) -> np.ndarray:
    encoded = []
    for frame in frames:
        buffer = BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG", quality=95)
        encoded.append(np.frombuffer(buffer.getvalue(), dtype=np.uint8))
    longest = max(map(len, encoded))
    return np.stack([np.pad(one, (0, longest - len(one))) for one in encoded])


@pytest.mark.parametrize("jpeg", [False, True])
def test_aloha_files_are_episodes_and_their_jpegs_are_frames(tmp_path: Path, jpeg: bool) -> None:
    w = walk((4, 3, 5))
    r = read_recording(write_aloha(tmp_path, w, jpeg))
    np.testing.assert_array_equal(r.states, w.states)
    np.testing.assert_array_equal(r.actions, w.actions)
    assert r.episodes.tolist() == [0, 4, 7]
    assert r.frames is not None
    shown = r.frames.read([11, 0, 5]).astype(int)
    assert np.abs(shown - w.frames[[11, 0, 5]]).mean() < (2 if jpeg else 1e-9)
    alone = read_recording(tmp_path / "episode_1.hdf5")
    np.testing.assert_array_equal(alone.states, w.states[4:7])


def test_aloha_files_with_other_arrays_are_refused_by_name(tmp_path: Path) -> None:
    write_aloha(tmp_path, walk((4, 3)), jpeg=False)
    with h5py.File(tmp_path / "episode_1.hdf5", "a") as file:
        del file["observations/images"]
    with pytest.raises(UnusableData, match=r"episode_1\.hdf5, arrays.*need those of episode_0\.hdf5"):
        read_recording(tmp_path)


def test_a_folder_of_dreamer_episodes(tmp_path: Path) -> None:
    w = walk((4, 3, 5))
    for number, (states, actions, frames) in enumerate(
        zip(w.parts(w.states), w.parts(w.actions), w.parts(w.frames), strict=True)
    ):
        first = np.arange(len(states)) == 0
        name = tmp_path / f"20260101T00000{number}-abc-{len(states)}.npz"
        np.savez_compressed(name, image=frames, position=states, action=actions, reward=actions[:, 0], is_first=first)
    r = read_recording(tmp_path)
    np.testing.assert_array_equal(r.states, w.states)
    np.testing.assert_array_equal(r.episodes, w.starts)
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([11, 0, 5]), w.frames[[11, 0, 5]])
    np.savez(tmp_path / "20260102T000000-abc-2.npz", position=np.zeros((2, 3)))
    with pytest.raises(UnusableData, match=r"20260102T000000-abc-2\.npz, arrays: it has position of shapes"):
        read_recording(tmp_path)


def test_an_action_may_be_nan_in_the_last_row_of_an_episode_and_nowhere_else(tmp_path: Path) -> None:
    w = walk((4, 3, 5))
    last = np.append(w.starts[1:], w.rows) - 1
    w.actions[last] = np.nan
    r = read_recording(write_stable_worldmodel(tmp_path / "w.h5", w))
    np.testing.assert_array_equal(r.actions, w.actions)
    assert len(r.pairs(2).index) == 2 + 1 + 3
    w.actions[1] = np.nan
    with pytest.raises(BadRows, match="row 1 of 12"):
        read_recording(write_stable_worldmodel(tmp_path / "v.h5", w))


def write_dreamer(folder: Path, episodes: list[dict[str, np.ndarray]]) -> Path:
    folder.mkdir()
    for number, held in enumerate(episodes):
        np.savez(folder / f"20230101T00000{number}-{number:032x}-{len(held['vector'])}.npz", **held)
    return folder


def dreamer_episode(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {
        "vector": rng.standard_normal((rows, 3)).astype(np.float32),
        "action": rng.standard_normal((rows, 2)).astype(np.float32),
        "reward": np.zeros(rows, dtype=np.float32),
        "is_first": np.arange(rows) == 0,
        "is_last": np.arange(rows) == rows - 1,
    }


def test_dreamer_v2_actions_are_moved_to_the_row_in_which_they_were_taken(tmp_path: Path) -> None:
    """Source: danijar/dreamerv2 common/driver.py, and add_to_cache of NM512/dreamerv3-torch: zeros in the first row."""
    rng = np.random.default_rng(0)
    episodes = [dreamer_episode(rng, rows) for rows in (5, 4)]
    for episode in episodes:
        episode["action"][0] = 0.0
    r = read_recording(write_dreamer(tmp_path / "train_eps", episodes))
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions[:4], episodes[0]["action"][1:])
    np.testing.assert_array_equal(r.actions[5:8], episodes[1]["action"][1:])
    assert np.isnan(r.actions[[4, 8]]).all()
    assert "an action belongs to the row before it" in r.chosen["format"]


def test_dreamer_v3_files_hold_stretches_of_episodes_and_actions_of_their_own_row(tmp_path: Path) -> None:
    """Source: danijar/dreamerv3 embodied/core/driver.py (the action of a last row is masked) and chunk.py."""
    rng = np.random.default_rng(0)
    episodes = [dreamer_episode(rng, rows) for rows in (5, 4, 6, 3)]
    for episode in episodes:
        episode["action"][-1] = 0.0
    chunks = [
        {key: np.concatenate([episode[key] for episode in part]) for key in episodes[0]}
        for part in (episodes[:2], episodes[2:])
    ]
    r = read_recording(write_dreamer(tmp_path / "replay", chunks))
    assert r.episodes.tolist() == [0, 5, 9, 15]
    np.testing.assert_array_equal(r.actions, np.concatenate([episode["action"] for episode in episodes]))
    assert "is_first within it" in r.chosen["episode"]
