"""Actions as logs have them: one a row or one fewer in an episode, none at its end, constant, discrete, absolute."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from recordings.walks import walk
from worldprobe.recordings import BadRows, UnusableData, read_recording


def test_one_action_fewer_in_every_episode_is_read_with_none_in_the_last_row(tmp_path: Path) -> None:
    w = walk()
    acted = np.ones(w.rows, dtype=bool)
    acted[np.append(w.starts[1:], w.rows) - 1] = False
    np.savez(tmp_path / "w.npz", states=w.states, actions=w.actions[acted], episode=w.episode)
    r = read_recording(tmp_path / "w.npz")
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions[acted], w.actions[acted])
    assert np.isnan(r.actions[~acted]).all()
    assert r.chosen["actions"].endswith("; one fewer than rows in every episode, none in its last row")


def test_one_action_a_row_is_read_as_it_is(tmp_path: Path) -> None:
    w = walk()
    np.savez(tmp_path / "w.npz", states=w.states, actions=w.actions, episode=w.episode)
    np.testing.assert_array_equal(read_recording(tmp_path / "w.npz").actions, w.actions)


def test_actions_of_any_other_number_are_refused_with_both_ways_that_are_allowed(tmp_path: Path) -> None:
    w = walk()
    np.savez(tmp_path / "w.npz", states=w.states, actions=w.actions[:-1], episode=w.episode)
    with pytest.raises(UnusableData, match=r"38 actions and 39 rows .* 3 episodes.*one action a row, or one fewer"):
        read_recording(tmp_path / "w.npz")
    assert read_recording(tmp_path / "w.npz", actions=["none"]).actions is None
    np.savez(tmp_path / "w.npz", states=w.states, actions=np.concatenate([w.actions, w.actions[:1]]), episode=w.episode)
    with pytest.raises(UnusableData, match=r"numbers of rows differ: .*actions 40"):
        read_recording(tmp_path / "w.npz")


def test_discrete_actions_are_numbers_also_one_fewer(tmp_path: Path) -> None:
    states, chosen = np.random.default_rng(0).standard_normal((20, 2)), np.arange(19) % 3
    np.savez(tmp_path / "w.npz", states=states, action=chosen)
    r = read_recording(tmp_path / "w.npz")
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions[:19, 0], chosen)
    assert np.isnan(r.actions[19, 0])


def test_no_action_in_an_episodes_last_row_is_no_bad_row_and_one_missing_within_it_is(tmp_path: Path) -> None:
    w = walk()
    actions = w.actions.copy()
    actions[np.append(w.starts[1:], w.rows) - 1] = np.nan
    np.savez(tmp_path / "w.npz", states=w.states, actions=actions, episode=w.episode)
    assert read_recording(tmp_path / "w.npz").rows == w.rows
    actions[3] = np.nan
    np.savez(tmp_path / "w.npz", states=w.states, actions=actions, episode=w.episode)
    with pytest.raises(BadRows, match="actions"):
        read_recording(tmp_path / "w.npz")


@pytest.mark.parametrize("layout", ["npz-episodes", "aloha"])
def test_a_file_for_every_episode_may_have_one_action_fewer(tmp_path: Path, layout: str) -> None:
    w = walk()
    for number, (states, actions) in enumerate(zip(w.parts(w.states), w.parts(w.actions), strict=True)):
        if layout == "aloha":
            with h5py.File(tmp_path / f"episode_{number}.hdf5", "w") as file:
                file["observations/qpos"], file["action"] = states, actions[:-1]
        else:
            np.savez(tmp_path / f"episode_{number}.npz", states=states, action=actions[:-1])
    r = read_recording(tmp_path)
    assert r.source.format == layout
    np.testing.assert_array_equal(r.states, w.states)
    last = np.append(w.starts[1:], w.rows) - 1
    assert r.actions is not None
    assert np.isnan(r.actions[last]).all()
    np.testing.assert_array_equal(np.delete(r.actions, last, 0), np.delete(w.actions, last, 0))


@pytest.mark.parametrize("layout", ["robomimic", "npz", "hdf5"])
@pytest.mark.parametrize("fewer", [0, 1])
def test_one_file_of_episodes_may_have_one_action_fewer_in_each(tmp_path: Path, layout: str, fewer: int) -> None:
    rng = np.random.default_rng(0)
    states, actions = rng.standard_normal((7, 20, 3)), rng.standard_normal((7, 20 - fewer, 2))
    path = tmp_path / f"w.{'npz' if layout == 'npz' else 'hdf5'}"
    if layout == "npz":
        np.savez(path, state=states, action=actions, length=np.full(7, 18))
    else:
        with h5py.File(path, "w") as file:
            for number, (seen, done) in enumerate(zip(states, actions, strict=True)):
                if layout == "robomimic":
                    file[f"data/demo_{number}/obs/state"], file[f"data/demo_{number}/actions"] = seen, done
            if layout == "hdf5":
                file["state"], file["action"] = states, actions
    r = read_recording(path)
    assert r.source.format == layout
    assert r.actions is not None
    used = 18 if layout == "npz" else 20
    found = r.actions.reshape(7, used, 2)
    np.testing.assert_array_equal(r.states.reshape(7, used, 3), states[:, :used].astype(r.states.dtype))
    np.testing.assert_array_equal(found[:, : 20 - fewer], actions[:, :used].astype(found.dtype))
    assert np.isnan(found[:, 20 - fewer :]).all()
