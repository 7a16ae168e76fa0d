"""Episodes, pairs, bad rows and standardised states, whatever the layout."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recordings.walks import pairs_by_hand, walk
from worldprobe.errors import InvalidValue
from worldprobe.recordings import BadRows, Recording, UnusableData, read_recording
from worldprobe.recordings.episodes import pair_index, split_at, starts_of_ids

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=8).map(tuple)
quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, drop_bad: bool = False, **columns: np.ndarray) -> Recording:
    np.savez(folder / "w.npz", **columns)
    return read_recording(folder / "w.npz", drop_bad=drop_bad)


@quick
@given(lengths=LENGTHS, stride=st.integers(1, 9))
def test_pairs_are_all_those_within_an_episode_and_no_others(lengths: tuple[int, ...], stride: int) -> None:
    w = walk(lengths)
    index = pair_index(w.starts, w.rows, stride)
    assert [tuple(pair) for pair in index.tolist()] == pairs_by_hand(w, stride)
    assert (w.episode[index[:, 0]] == w.episode[index[:, 1]]).all()


@quick
@given(lengths=LENGTHS, data=st.data())
def test_dropped_rows_split_episodes_so_that_no_pair_leaps_over_them(
    lengths: tuple[int, ...], data: st.DataObject
) -> None:
    """A pair at stride s joins rows that were s apart as they were recorded."""
    w = walk(lengths)
    bad = data.draw(arrays.arrays(bool, w.rows))
    kept = np.flatnonzero(~bad)
    starts = split_at(w.starts, bad)
    stride = data.draw(st.integers(1, 4))
    pairs = kept[pair_index(starts, len(kept), stride)] if len(kept) else np.zeros((0, 2), dtype=int)
    possible = [pair for pair in pairs_by_hand(w, stride) if not bad[pair[0] : pair[1] + 1].any()]
    assert [tuple(pair) for pair in pairs.tolist()] == possible


@quick
@given(lengths=LENGTHS)
def test_ids_give_the_starts_whatever_they_are_called(lengths: tuple[int, ...]) -> None:
    w = walk(lengths)
    names = np.random.default_rng(0).permutation(1000)[: len(lengths)]
    for ids in (names[w.episode], np.array([f"run {name}" for name in names])[w.episode]):
        np.testing.assert_array_equal(starts_of_ids(Path("w"), "ep", ids), w.starts)


def test_an_episode_that_comes_back_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=r"column 'ep': episode 4 begins again at row 3.*Sort the rows"):
        read(tmp_path, z=np.arange(5.0), ep=np.array([4, 4, 2, 4, 4]))


def test_a_row_without_an_episode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="no episode in row 1"):
        read(tmp_path, z=np.arange(3.0), ep=np.array([0.0, np.nan, 1.0]))


def test_rows_that_are_not_in_the_order_of_time_are_refused(tmp_path: Path) -> None:
    ep = np.array([0, 0, 0, 1, 1])
    with pytest.raises(UnusableData, match=r"column 'time': it is not sorted: it falls in row 2"):
        read(tmp_path, z=np.arange(5.0), ep=ep, time=np.array([0.0, 0.2, 0.1, 0.0, 0.1]))
    assert (
        "time rises" in read(tmp_path, z=np.arange(5.0), ep=ep, time=np.array([0.0, 0.1, 0.2, 0.0, 0.1])).chosen["time"]
    )


def test_duplicated_times_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=r"column 'timestamp': it repeats the time before in 2 rows \(2, 4\)"):
        read(tmp_path, z=np.arange(5.0), timestamp=np.array([0.0, 0.1, 0.1, 0.2, 0.2]))


def test_a_clock_that_restarts_tells_of_episodes_that_were_not_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=r"starts again in row 3: there are several episodes.*Pass episode="):
        read(tmp_path, z=np.arange(6.0), step=np.array([0, 1, 2, 0, 1, 2]))


def test_a_time_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="no finite time in row 1"):
        read(tmp_path, z=np.arange(3.0), time=np.array([0.0, np.inf, 1.0]))


def test_a_column_of_time_may_be_named_or_left_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", z=np.arange(3.0), when=np.array([2, 1, 0]), step=np.array([0, 0, 0]))
    with pytest.raises(UnusableData, match="column 'when': it is not sorted"):
        read_recording(tmp_path / "w.npz", states=["z"], time="when")
    with pytest.raises(UnusableData, match="column 'step'"):
        read_recording(tmp_path / "w.npz", states=["z"])
    assert read_recording(tmp_path / "w.npz", states=["z"], time="none").rows == 3


def test_bad_rows_are_counted_by_column(tmp_path: Path) -> None:
    z, action = np.zeros((100, 2)), np.zeros((100, 1))
    z[[7, 9], 0], z[9, 1], action[30] = np.nan, np.inf, np.nan
    with pytest.raises(BadRows, match=r"3 rows \(7, 9, 30\) of 100: 'z\[0\]' in 2, 'z\[1\]' in 1, 'action' in 1") as e:
        read(tmp_path, z=z, action=action)
    assert e.value.rows.tolist() == [7, 9, 30]


def test_bad_rows_are_dropped_when_asked_and_it_is_said(tmp_path: Path) -> None:
    w = walk()
    states = w.states.copy()
    states[[3, 12, 38], 1] = np.nan
    r = read(tmp_path, drop_bad=True, z=states, ep=w.episode, frames=w.frames, action=w.actions)
    kept = np.setdiff1d(np.arange(39), [3, 12, 38])
    np.testing.assert_array_equal(r.states, w.states[kept])
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions, w.actions[kept])
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([3, 0, 35]), w.frames[kept[[3, 0, 35]]])
    assert r.episode_lengths.tolist() == [3, 8, 6, 19]
    assert r.chosen["drop_bad"] == "dropped 3 rows (3, 12, 38) with NaN or infinity in z[1]; 3 episodes became 4"


def test_a_recording_of_bad_rows_alone_is_refused_even_then(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="every row"):
        read(tmp_path, drop_bad=True, z=np.full(4, np.nan))


def test_columns_that_never_move_are_kept_and_named(tmp_path: Path) -> None:
    z = np.random.default_rng(0).standard_normal((50, 3)).astype(np.float32)
    z[:, 1] = 0.1
    r = read(tmp_path, z=z)
    assert r.constant == ("z[1]",)
    assert r.warnings == ("z[1] does not move: constant in all 50 rows",)
    s = r.standardised()
    assert (s.states[:, 1] == 0.0).all()
    assert s.controls[1].physical(s.states[:, 1]) == pytest.approx(np.full(50, 0.1), rel=1e-6)


def test_a_stride_that_no_episode_is_long_enough_for_is_refused(tmp_path: Path) -> None:
    w = walk((4, 1, 6))
    r = read(tmp_path, z=w.states, ep=w.episode)
    assert r.warnings == ("1 episode has one row and gives no pairs",)
    assert r.pairs(5).index.tolist() == [[5, 10]]
    assert r.without_pairs(4).tolist() == [0, 1]
    for stride in (0, 6):
        with pytest.raises(InvalidValue, match=r"allowed is 1 \.\. 5.*The longest episode of .*w\.npz has 6 rows"):
            r.pairs(stride)


@quick
@given(scale=st.floats(1e-3, 1e3), centre=st.floats(-1e3, 1e3))
def test_standardised_states_are_centred_of_unit_variance_and_lead_back(
    scale: float, centre: float, tmp_path: Path
) -> None:
    w = walk()
    raw = w.states.astype(np.float64) * scale + centre
    s = read(tmp_path, z=raw).standardised()
    np.testing.assert_allclose(s.states.mean(axis=0), 0.0, atol=1e-8)
    np.testing.assert_allclose(s.states.std(axis=0), 1.0, rtol=1e-9)
    back = np.column_stack([control.physical(column) for control, column in zip(s.controls, s.states.T, strict=True)])
    np.testing.assert_allclose(back, raw, rtol=1e-9, atol=1e-9 * scale)
    twice = s.standardised()
    np.testing.assert_allclose(twice.states, s.states, atol=1e-7)
    assert [c.centre for c in twice.controls] == pytest.approx([c.centre for c in s.controls], abs=1e-6 * scale)
