"""A recording as a source: splits that share no row, frames by row, pairs within an episode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sources.dots import dots, write_dots
from worldprobe.datasets import Store, specify
from worldprobe.errors import InvalidValue
from worldprobe.recordings import read_recording
from worldprobe.recordings.problems import UnusableData
from worldprobe.sources import Recorded
from worldprobe.sources.source import SPLITS


def recorded(path: Path, **given: int) -> Recorded:
    return Recorded(read_recording(path, states=["state"], episode="episode"), **given)


def test_splits_of_many_episodes_share_no_row_and_hold_them_all(tmp_path: Path) -> None:
    source = recorded(write_dots(tmp_path / "a.npz", 40))
    rows = {split: source.sample(split, None, 0).rows for split in SPLITS}
    assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(480))
    assert len(rows["train"]) == 28 * 12


@pytest.mark.parametrize("stride", [1, 6])
def test_splits_of_one_episode_alternate_with_gaps_as_long_as_its_memory_or_the_stride(
    tmp_path: Path, stride: int
) -> None:
    source = recorded(write_dots(tmp_path / "a.npz", 1, 2400), stride=stride)
    assert source.gap == stride
    split_of = np.full(2400, -1)
    for number, split in enumerate(SPLITS):
        rows = source.sample(split, None, 0).rows
        assert (split_of[rows] == -1).all()
        split_of[rows] = number
    edges = np.flatnonzero(np.diff(split_of[split_of >= 0])) + 1
    kept = np.flatnonzero(split_of >= 0)
    assert len(edges) >= 4 * 10
    assert (kept[edges] - kept[edges - 1] > stride).all()
    for number, share in enumerate((0.7, 0.1, 0.1, 0.1)):
        assert (split_of == number).mean() == pytest.approx(share, abs=0.15)
        places = np.flatnonzero(split_of == number) / 2400
        assert places.min() < 0.15
        assert places.max() > 0.85


def test_a_log_that_never_forgets_is_too_short_to_be_cut_and_says_what_it_takes(tmp_path: Path) -> None:
    state = np.random.default_rng(0).standard_normal((600, 2)).cumsum(axis=0).astype(np.float32)
    np.savez(tmp_path / "walk.npz", state=state, pixels=dots(state / 5), episode=np.zeros(600))
    with pytest.raises(UnusableData, match=r"1 episode of 600 rows.*20 episodes, or [\d,]+ rows"):
        recorded(tmp_path / "walk.npz").sample("train", None, 0)


def test_pairs_stay_within_an_episode(tmp_path: Path) -> None:
    sample = recorded(write_dots(tmp_path / "a.npz", 40), stride=3).sample("train", None, 0)
    assert len(sample.index) == len(sample) // 12 * (12 - 3)
    assert (sample.rows[sample.index[:, 0]] + 3 == sample.rows[sample.index[:, 1]]).all()
    assert (sample.rows[sample.index] // 12 == sample.rows[sample.index[:, :1]] // 12).all()
    assert np.array_equal(sample.starts, np.arange(28) * 12)


def test_of_a_state_that_occurs_twice_each_row_has_its_own_frame(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    state = np.tile(rng.standard_normal((240, 2)), (2, 1)).astype(np.float32)
    frames = rng.integers(0, 255, (480, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", state=state, pixels=frames, episode=np.arange(480) // 12)
    source = recorded(tmp_path / "a.npz", size=16)
    spec = specify(source, "train", None, 0)
    assert (spec.sample.rows >= 240).any()
    data = Store(tmp_path / "datasets").ensure(spec)
    assert np.array_equal(data.frames(), frames[spec.sample.rows])


def test_frames_are_averaged_down_to_the_size(tmp_path: Path) -> None:
    path = write_dots(tmp_path / "a.npz", 40)
    source = recorded(path, size=8)
    sample = source.sample("test", None, 0)
    means = np.load(path)["pixels"][sample.rows[:5]].reshape(5, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    assert np.abs(source.frames(sample, np.arange(5)).astype(float) - means).max() <= 1


def test_fewer_frames_are_whole_episodes_of_pairs_or_rows_spread_over_the_test(tmp_path: Path) -> None:
    source = recorded(write_dots(tmp_path / "a.npz", 100))
    few = source.sample("train", 100, 0)
    assert len(few) == 100
    assert len(few.index) == 100 - len(few.starts)
    assert set(few.rows) < set(source.sample("train", None, 0).rows)
    test = source.sample("test", 20, 0)
    assert (len(test), len(test.index)) == (20, 0)
    assert len(np.unique(test.rows // 12)) == 10


def test_actions_come_with_their_rows(tmp_path: Path) -> None:
    action = np.random.default_rng(1).standard_normal((480, 3)).astype(np.float32)
    path = write_dots(tmp_path / "a.npz", 40, action=action)
    sample = recorded(path).sample("heldout", None, 0)
    assert np.array_equal(sample.actions, action[sample.rows])
    assert recorded(write_dots(tmp_path / "b.npz", 40)).sample("heldout", None, 0).actions is None


def test_what_cannot_be_trained_on_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bare.npz", state=np.random.default_rng(0).standard_normal((50, 2)), episode=np.zeros(50))
    with pytest.raises(InvalidValue, match="frames="):
        _ = recorded(tmp_path / "bare.npz").observation_shape
    kept = np.load(write_dots(tmp_path / "a.npz", 40))
    np.savez(tmp_path / "still.npz", state=kept["state"] * [1, 0], pixels=kept["pixels"], episode=kept["episode"])
    with pytest.raises(InvalidValue, match="columns that move"):
        recorded(tmp_path / "still.npz")
    with pytest.raises(InvalidValue, match="stretch of train, 12 rows"):
        recorded(tmp_path / "a.npz", stride=12).sample("train", None, 0)
