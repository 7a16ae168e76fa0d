"""Episodes by any usual name: ids, and flags in the first or the last row; what was taken is said."""

from pathlib import Path

import numpy as np
import pytest

from recordings.walks import walk
from worldprobe.recordings import UnusableData, read_recording
from worldprobe.recordings.episode_marks import EpisodeMark, mark_of


@pytest.mark.parametrize(
    "name",
    [
        "episode_ids",
        "episodeId",
        "ep",
        "ep_idx",
        "traj",
        "traj_ids",
        "trajectories",
        "demo",
        "run",
        "run_id",
        "rollout",
        "track_id",
        "vehicleID",
        "agent_ids",
    ],
)
def test_ids_are_found_by_any_usual_name(name: str, tmp_path: Path) -> None:
    w = walk()
    np.savez(tmp_path / "w.npz", z=w.states, **{name: w.episode})
    r = read_recording(tmp_path / "w.npz")
    np.testing.assert_array_equal(r.episodes, w.starts)
    assert r.chosen["episode"].startswith(f"{name}: found, the only candidate")


def last_rows(rows: int, starts: np.ndarray) -> np.ndarray:
    return np.isin(np.arange(rows), np.append(starts[1:], rows) - 1)


@pytest.mark.parametrize("name", ["done", "dones", "terminals", "timeouts", "is_last", "truncated"])
@pytest.mark.parametrize("dtype", [bool, np.float32, np.int64])
def test_flags_of_last_rows_end_episodes(name: str, dtype: type, tmp_path: Path) -> None:
    w = walk()
    np.savez(tmp_path / "w.npz", z=w.states, **{name: last_rows(w.rows, w.starts).astype(dtype)})
    r = read_recording(tmp_path / "w.npz")
    np.testing.assert_array_equal(r.episodes, w.starts)
    assert r.chosen["episode"].startswith(f"{name}: found, an episode ends where it is set; 3 episodes")


def test_a_flag_of_first_rows_goes_before_those_of_last_rows(tmp_path: Path) -> None:
    w = walk()
    first, wrong = np.isin(np.arange(w.rows), w.starts), np.arange(w.rows) % 5 == 4
    np.savez(tmp_path / "w.npz", z=w.states, is_first=first, is_terminal=wrong)
    np.testing.assert_array_equal(read_recording(tmp_path / "w.npz").episodes, w.starts)


def test_terminals_and_timeouts_end_episodes_together(tmp_path: Path) -> None:
    w = walk()
    last = np.flatnonzero(last_rows(w.rows, w.starts))
    rows = np.arange(w.rows)
    np.savez(tmp_path / "w.npz", z=w.states, terminals=np.isin(rows, last[::2]), timeouts=np.isin(rows, last[1::2]))
    r = read_recording(tmp_path / "w.npz")
    np.testing.assert_array_equal(r.episodes, w.starts)
    assert r.chosen["episode"].startswith("terminals, timeouts: found, an episode ends where one is set")


def test_a_flag_that_lasts_is_left_out_and_it_is_said(tmp_path: Path) -> None:
    w = walk((20,))
    np.savez(tmp_path / "w.npz", z=w.states, done=w.step > 5)
    r = read_recording(tmp_path / "w.npz")
    assert r.episodes.tolist() == [0]
    assert "(done left out: no flag of single rows)" in r.chosen["episode"]
    assert len(read_recording(tmp_path / "w.npz", episode="done").episodes) == 14


def test_a_named_flag_that_is_none_is_refused(tmp_path: Path) -> None:
    w = walk()
    np.savez(tmp_path / "w.npz", z=w.states, dones=w.episode)
    with pytest.raises(UnusableData, match="column 'dones': its values are not 0 and 1"):
        read_recording(tmp_path / "w.npz", episode="dones")


def test_ids_that_come_back_may_be_left_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", z=np.arange(4.0), run=np.array([0, 1, 0, 1]))
    with pytest.raises(UnusableData, match=r'or pass episode="none" if it is no episode'):
        read_recording(tmp_path / "w.npz")
    assert read_recording(tmp_path / "w.npz", episode="none").rows == 4


@pytest.mark.parametrize(
    "word", ["epsilon", "epoch", "demonstrative", "done_angle", "clipped", "running", "first", "track", "agents"]
)
def test_other_words_mark_no_episodes(word: str) -> None:
    assert mark_of(word) is None


def test_starts_ends_and_lengths_are_told_apart() -> None:
    assert [mark_of(word) for word in ("episode_starts", "traj_ends", "ep_len", "episode_lengths")] == [
        EpisodeMark.STARTS,
        EpisodeMark.ENDS,
        EpisodeMark.LENGTHS,
        EpisodeMark.LENGTHS,
    ]


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_arrays_of_episodes_by_rows_are_put_end_to_end(suffix: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(0)
    obs, action = rng.standard_normal((6, 10, 4)), rng.standard_normal((6, 10, 2))
    frames = rng.integers(0, 256, (6, 10, 16, 16, 3), dtype=np.uint8)
    arrays = {"obs": obs, "action": action, "x": obs[..., 0], "frames": frames, "lengths": np.full(6, 10)}
    path = tmp_path / f"w.{suffix}"
    if suffix == "npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    r = read_recording(path, states=["obs", "x"])
    np.testing.assert_array_equal(r.states, np.concatenate([obs, obs[..., :1]], axis=2).reshape(60, 5))
    np.testing.assert_array_equal(r.episodes, np.arange(0, 60, 10))
    assert r.actions is not None
    assert r.frames is not None
    np.testing.assert_array_equal(r.actions, action.reshape(60, 2))
    np.testing.assert_array_equal(r.frames.read([59, 3, 10]), frames.reshape(60, 16, 16, 3)[[59, 3, 10]])
    assert r.chosen["format"].endswith("arrays of 6 episodes x 10 rows")


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_rows_that_fill_up_shorter_episodes_are_left_out(suffix: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    obs, used = np.random.default_rng(0).standard_normal((3, 10, 4)), np.array([10, 4, 7])
    path = tmp_path / f"w.{suffix}"
    if suffix == "npz":
        np.savez(path, obs=obs, seq_len=used)
    else:
        with h5py.File(path, "w") as file:
            file["obs"], file["seq_len"] = obs, used
    r = read_recording(path)
    np.testing.assert_array_equal(r.states, np.concatenate([obs[0], obs[1, :4], obs[2, :7]]))
    assert r.episodes.tolist() == [0, 10, 14]


def test_an_action_that_was_not_taken_may_be_nan_in_the_last_row(tmp_path: Path) -> None:
    w = walk()
    actions = w.actions.copy()
    actions[np.append(w.starts[1:], w.rows) - 1] = np.nan
    np.savez(tmp_path / "w.npz", z=w.states, action=actions, ep=w.episode)
    r = read_recording(tmp_path / "w.npz")
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions, actions)
    actions[4] = np.nan
    np.savez(tmp_path / "w.npz", z=w.states, action=actions, ep=w.episode)
    with pytest.raises(UnusableData, match=r"NaN or infinity in row 4 of 39: 'action\[0\]' in 1"):
        read_recording(tmp_path / "w.npz")
