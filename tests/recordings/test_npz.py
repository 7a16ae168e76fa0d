"""NumPy archives: what is written is what is read, in episodes or as pairs, without loading frames."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from recordings.walks import pairs_by_hand, walk
from worldprobe.errors import DamagedData, InvalidValue, UnknownName
from worldprobe.recordings import SeveralReadings, UnreadableFile, UnusableData, describe, read_recording


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_states_actions_frames_and_episodes_are_those_that_were_written(save: object, tmp_path: Path) -> None:
    w = walk()
    save(tmp_path / "w.npz", states=w.states, actions=w.actions, frames=w.frames, episode=w.episode)  # type: ignore[operator]
    r = read_recording(tmp_path / "w.npz")
    np.testing.assert_array_equal(r.states, w.states)
    assert r.states.dtype == np.float32
    assert r.actions is not None
    assert r.frames is not None
    np.testing.assert_array_equal(r.actions, w.actions)
    np.testing.assert_array_equal(r.episodes, w.starts)
    np.testing.assert_array_equal(r.pairs(3).index, pairs_by_hand(w, 3))
    assert (len(r.frames), r.frames.shape) == (w.rows, (16, 24, 3))
    rows = np.array([38, 0, 17, 17, 5])
    np.testing.assert_array_equal(r.frames.read(rows), w.frames[rows])
    assert r.names == ("states[0]", "states[1]", "states[2]")
    assert r.chosen["states"] == "states (3 numbers): found, the only candidate"
    assert r.chosen["episode"].endswith("3 episodes of mixed lengths, 7 to 20 rows")
    assert r.source.format == "npz"


def test_two_arrays_are_pairs_and_nothing_else_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    z, z_next = rng.standard_normal((2, 50, 4))
    np.savez(tmp_path / "p.npz", z=z, z_next=z_next)
    pairs = read_recording(tmp_path / "p.npz").pairs()
    np.testing.assert_array_equal(pairs.first, z)
    np.testing.assert_array_equal(pairs.second, z_next)
    with pytest.raises(InvalidValue, match=r"stride = 2 .*allowed is 1 \.\. 1"):
        read_recording(tmp_path / "p.npz").pairs(2)


def test_pairs_have_frames_of_both_members_and_share_what_has_no_partner(tmp_path: Path) -> None:
    w, rng = walk((10,)), np.random.default_rng(0)
    z, a = rng.standard_normal((10, 2)), rng.standard_normal((10, 1))
    np.savez(tmp_path / "p.npz", z=z, z_next=-z, x=w.frames, x_next=255 - w.frames, action=a)
    r = read_recording(tmp_path / "p.npz")
    first, second = r.pairs().index.T
    assert r.frames is not None
    assert r.actions is not None
    np.testing.assert_array_equal(r.frames.read(first), w.frames)
    np.testing.assert_array_equal(r.frames.read(second), 255 - w.frames)
    np.testing.assert_array_equal(r.actions[second], a)


def test_an_archive_of_pairs_with_mixed_lengths_is_refused(tmp_path: Path) -> None:
    z, x = np.zeros((9, 2)), np.zeros((8, 4, 4, 3), dtype=np.uint8)
    np.savez(tmp_path / "p.npz", z=z, z_next=z, x=x, x_next=x)
    with pytest.raises(UnusableData, match="x 8, z 9"):
        read_recording(tmp_path / "p.npz")


@pytest.mark.parametrize(
    ("name", "numbers"), [("episode_starts", [0, 12, 19]), ("episode_ends", [12, 19, 39]), ("ep_len", [12, 7, 20])]
)
def test_episodes_may_be_given_as_starts_ends_or_lengths(name: str, numbers: list[int], tmp_path: Path) -> None:
    w = walk()
    np.savez(tmp_path / "w.npz", z=w.states, **{name: np.array(numbers)})
    np.testing.assert_array_equal(read_recording(tmp_path / "w.npz").episodes, w.starts)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("episode_starts", [1, 12]), ("episode_ends", [12, 40]), ("ep_len", [12, 7, 19]), ("ep_len", [39, 0])],
)
def test_starts_ends_and_lengths_that_do_not_cover_the_rows_are_refused(
    name: str, numbers: list[int], tmp_path: Path
) -> None:
    np.savez(tmp_path / "w.npz", z=walk().states, **{name: np.array(numbers)})
    with pytest.raises(UnusableData, match=rf"{name}.*do not cut 39 rows"):
        read_recording(tmp_path / "w.npz")


def test_frames_with_channels_first_or_one_channel_are_read_as_rgb(tmp_path: Path) -> None:
    w = walk((5,))
    np.savez(tmp_path / "w.npz", z=w.states, front=np.moveaxis(w.frames, -1, 1), grey=w.frames[..., :1])
    with pytest.raises(
        SeveralReadings,
        match=r'frames: front, grey\. Pass frames="front" or another, frames="first" for front, or frames="none"',
    ):
        read_recording(tmp_path / "w.npz")
    for name in ("front", "grey"):
        frames = read_recording(tmp_path / "w.npz", frames=name).frames
        assert frames is not None
        np.testing.assert_array_equal(frames.read([4, 1]), w.frames[[4, 1]])
    assert read_recording(tmp_path / "w.npz", frames="none").frames is None


def test_frames_stay_on_disk(tmp_path: Path) -> None:
    frames = np.zeros((2000, 64, 64, 3), dtype=np.uint8)
    frames[1234] = 7
    np.savez(tmp_path / "w.npz", z=np.arange(2000.0), frames=frames)
    del frames
    tracemalloc.start()
    read = read_recording(tmp_path / "w.npz").frames
    assert read is not None
    assert (read.read([1234]) == 7).all()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2000 * 64 * 64 * 3 / 10


def test_rows_that_there_are_not_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", z=np.arange(5.0), frames=walk((5,)).frames)
    frames = read_recording(tmp_path / "w.npz").frames
    assert frames is not None
    assert frames.read([]).shape == (0, 16, 24, 3)
    for rows in ([5], [-1]):
        with pytest.raises(InvalidValue, match=r"0 \.\. 4"):
            frames.read(rows)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_a_half_written_archive_is_named(save: object, share: float, tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    save(path, z=walk().states, frames=walk().frames)  # type: ignore[operator]
    os.truncate(path, int(path.stat().st_size * share))
    with pytest.raises(UnreadableFile, match=r"w\.npz cannot be read: .*cut short"):
        read_recording(path)
    assert issubclass(UnreadableFile, DamagedData)


def test_bytes_that_changed_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, z=walk((500,)).states)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match="CRC"):
        read_recording(path)


def test_arrays_of_objects_and_text_are_not_states(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", z=np.array([1, "a", None], dtype=object), label=np.array(["a", "b", "c"]))
    for states in (["z"], ["label"]):
        with pytest.raises(UnusableData, match="not numbers or vectors"):
            read_recording(tmp_path / "w.npz", states=states)
    with pytest.raises(UnusableData, match=r"states: no column is a candidate; there are z \(object"):
        read_recording(tmp_path / "w.npz")


def test_an_archive_without_rows_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", z=np.zeros((0, 3)))
    with pytest.raises(UnusableData, match="there are no rows"):
        read_recording(tmp_path / "w.npz")
    np.savez(tmp_path / "w.npz", fps=30)
    with pytest.raises(UnusableData, match="there are none"):
        read_recording(tmp_path / "w.npz")


def test_describe_shows_every_array_with_its_range_and_part(tmp_path: Path) -> None:
    w = walk()
    z = w.states.astype(np.float64)
    z[3, 1] = np.nan
    np.savez(tmp_path / "w.npz", z=z, frames=w.frames, ep=w.episode, step=w.step, note=np.array(["x"] * 39), fps=30)
    table = describe(tmp_path / "w.npz")
    found = {found.column.name: found for found in table.columns}
    assert set(found) == {"z", "frames", "ep", "step", "note"}
    assert found["z"].range == (np.nanmin(z), np.nanmax(z))
    assert {name: str(line.role) for name, line in found.items()} == {
        **{"z": "states", "frames": "frames", "ep": "episode", "step": "time", "note": "None"}
    }
    lines = str(table).splitlines()
    assert lines[1].split() == ["column", "shape", "type", "range", "candidate", "for"]
    assert any(line.split()[:7] == ["frames", "39", "x", "16", "x", "24", "x"] for line in lines)


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", states=np.zeros(4), speed=np.zeros(4))
    with pytest.raises(UnknownName, match=r"column of .*w\.npz 'sttes'\. Did you mean 'states'\?"):
        read_recording(tmp_path / "w.npz", states=["sttes"])


# imitation.data.types, release 0.3: one observation more than actions, indices = cumsum(lengths of acts)[:-1].
def test_trajectories_of_imitation_are_cut_at_their_indices(tmp_path: Path) -> None:
    w = walk()
    parts = [part[:-1] for part in w.parts(w.actions)]
    ends = np.cumsum([len(part) for part in parts])[:-1]
    infos = np.array([{}] * sum(map(len, parts)))
    held = {"obs": w.states, "acts": np.concatenate(parts), "infos": infos, "terminal": np.ones(len(parts), dtype=bool)}
    np.savez(tmp_path / "final.npz", **held, indices=ends)
    r = read_recording(tmp_path / "final.npz")
    np.testing.assert_array_equal(r.episodes, w.starts)
    np.testing.assert_array_equal(r.states, w.states)
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions[: len(parts[0])], parts[0])
    assert np.isnan(r.actions[len(parts[0])]).all()
    np.savez(tmp_path / "final.npz", **held, indices=ends[:-1])
    with pytest.raises(UnusableData, match="indices"):
        read_recording(tmp_path / "final.npz")
