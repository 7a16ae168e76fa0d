"""Which columns play which part: named, or found where there is no doubt, and always said."""

from pathlib import Path

import numpy as np
import pytest

from recordings.walks import walk
from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.recordings import (
    Recording,
    SeveralReadings,
    UnknownLayout,
    UnreadableFile,
    UnusableData,
    read_recording,
)


def saved(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / "w.npz"
    np.savez(path, **arrays)
    return path


def test_several_vectors_are_listed_with_the_option_that_decides(tmp_path: Path) -> None:
    w = walk()
    path = saved(tmp_path, state=w.states, proprio=w.actions)
    with pytest.raises(SeveralReadings, match=r'states: state, proprio\. Pass states=\["state"\]') as error:
        read_recording(path)
    assert error.value.candidates == ("state", "proprio")
    assert read_recording(path, states=["proprio"]).states.shape == (39, 2)


def test_columns_are_joined_in_the_order_asked_for(tmp_path: Path) -> None:
    w = walk()
    path = saved(tmp_path, a=w.states, b=w.actions[:, 0])
    r = read_recording(path, states=["b", "a[2]", "a[0:2]"])
    np.testing.assert_array_equal(r.states, np.column_stack([w.actions[:, 0], w.states[:, [2, 0, 1]]]))
    assert r.names == ("b", "a[2]", "a[0]", "a[1]")
    assert r.chosen["states"] == "b, a[2], a[0], a[1]: as named"


@pytest.mark.parametrize("inside", ["3", "2:4", "3:"])
def test_components_that_there_are_not_are_refused(inside: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"a\[\.\.\.\] = .* 0 \.\. 2"):
        read_recording(saved(tmp_path, a=walk().states), states=[f"a[{inside}]"])


def test_a_component_that_is_no_number_is_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="component of 'a' 'elbow'"):
        read_recording(saved(tmp_path, a=walk().states), states=["a[elbow]"])


def test_numbers_of_one_column_each_are_the_states_together(tmp_path: Path) -> None:
    w = walk()
    r = read_recording(saved(tmp_path, x=w.states[:, 0], y=w.states[:, 1], reward=w.states[:, 2], done=w.step > 5))
    np.testing.assert_array_equal(r.states, w.states[:, :2])
    assert r.chosen["states"] == "x, y: found, every number that is nothing else"


def test_a_column_named_by_the_caller_plays_no_other_part(tmp_path: Path) -> None:
    """ "t" looks like a time; named as a state it may fall, and is no clock."""
    r = read_recording(saved(tmp_path, t=np.array([3.0, 1.0, 2.0]), x=np.arange(3.0)), states=["t"])
    np.testing.assert_array_equal(r.states[:, 0], [3.0, 1.0, 2.0])
    assert r.chosen["time"] == "no column of times: rows are taken in file order"


def test_without_an_episode_column_all_rows_are_one_episode_and_it_is_said(tmp_path: Path) -> None:
    r = read_recording(saved(tmp_path, z=walk().states))
    assert r.episodes.tolist() == [0]
    assert r.chosen["episode"] == "none found: all rows are one episode; 1 episode of 39 rows"


def test_two_episode_columns_are_a_question(tmp_path: Path) -> None:
    w = walk()
    path = saved(tmp_path, z=w.states, episode=w.episode, demo=w.episode // 2)
    with pytest.raises(SeveralReadings, match="the episode: episode, demo"):
        read_recording(path)
    assert read_recording(path, episode="demo").episodes.tolist() == [0, 19]
    assert read_recording(path, episode="none").episodes.tolist() == [0]


def test_actions_may_be_left_out(tmp_path: Path) -> None:
    path = saved(tmp_path, z=walk().states, action=walk().actions)
    assert read_recording(path).action_names == ("action[0]", "action[1]")
    assert read_recording(path, actions=["none"]).actions is None


def test_equal_component_names_carry_their_columns(tmp_path: Path) -> None:
    w = walk()
    assert read_recording(saved(tmp_path, z=w.states), states=["z[0]", "z[0]"]).names == ("z[z[0]]", "z[z[0]]")


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [(("f4",), "f4"), (("f2",), "f4"), (("i2",), "f4"), (("i8",), "f8"), (("f4", "f8"), "f8"), (("f4", "i4"), "f8")],
)
def test_states_are_single_precision_only_where_nothing_is_lost(
    dtypes: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    arrays = {f"z{k}": np.arange(5).astype(dtype) for k, dtype in enumerate(dtypes)}
    assert read_recording(saved(tmp_path, **arrays)).states.dtype == np.dtype(expected)


def test_frames_must_be_pictures(tmp_path: Path) -> None:
    path = saved(tmp_path, z=np.zeros(4), frames=np.zeros((4, 8, 8, 5), dtype=np.float32))
    with pytest.raises(UnusableData, match=r"'frames': it holds float32 .* not pictures\. Frames are 8-bit"):
        read_recording(path, frames="frames")


def test_states_and_frames_of_different_lengths_are_refused(tmp_path: Path) -> None:
    w = walk()
    with pytest.raises(UnusableData, match=r"numbers of rows differ: z 38, frames 39"):
        read_recording(saved(tmp_path, z=w.states[:-1], frames=w.frames))


def test_a_missing_file_offers_the_nearest_name(tmp_path: Path) -> None:
    saved(tmp_path, z=np.zeros(3))
    with pytest.raises(
        UnreadableFile, match=r"w\.npy cannot be read: there is no such file or folder\. Did you mean 'w\.npz'"
    ):
        read_recording(tmp_path / "w.npy")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.npz").touch()
    with pytest.raises(UnreadableFile, match="it is empty"):
        read_recording(tmp_path / "w.npz")


def test_another_format_than_the_one_asked_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("hello")
    with pytest.raises(UnknownLayout, match=r"w\.txt is not in the format 'npz'; it looks like a file named \*\.txt"):
        read_recording(tmp_path / "w.txt", format="npz")
    with pytest.raises(UnknownName, match=r"Unknown format 'npy'\. Did you mean 'npz'"):
        read_recording(tmp_path / "w.txt", format="npy")
    with pytest.raises(UnknownLayout, match=r"is in no known format.*Known: .*npz"):
        read_recording(tmp_path / "w.txt")


def digest(recording: Recording) -> str:
    return recording.source.digest


def test_the_digest_stands_for_what_was_read(tmp_path: Path) -> None:
    w = walk()
    first = digest(read_recording(saved(tmp_path, z=w.states, ep=w.episode)))
    assert digest(read_recording(saved(tmp_path, ep=w.episode, z=w.states, other=w.frames), frames="none")) == first
    assert digest(read_recording(saved(tmp_path, z=w.states + 1, ep=w.episode))) != first
    assert digest(read_recording(saved(tmp_path, z=w.states, ep=w.episode // 2))) != first


def test_a_copy_of_the_states_one_row_later_is_no_candidate(tmp_path: Path) -> None:
    w = walk()
    held = {"observations": w.states, "next_observations": np.roll(w.states, -1, axis=0)}
    r = read_recording(saved(tmp_path, **held))
    assert "next_observations left out: the same one row later" in r.chosen["states"]
    np.testing.assert_array_equal(r.states, w.states)
    path = saved(tmp_path, **held, other=w.actions)
    with pytest.raises(SeveralReadings, match="the states: observations, other"):
        read_recording(path)


def test_numbers_that_tell_things_apart_are_no_states(tmp_path: Path) -> None:
    w = walk()
    ids = {"instruction_ids": w.episode % 2, "step_ids": w.step, "episode_ids": w.episode}
    r = read_recording(saved(tmp_path, states=w.states, **ids))
    assert r.names == ("states[0]", "states[1]", "states[2]")
    assert r.chosen["time"] == "step_ids rises within every episode"
    with_ids = read_recording(saved(tmp_path, states=w.states, **ids), states=["states", "instruction_ids"])
    assert with_ids.states.shape[1] == 4


@pytest.mark.parametrize("name", ["demonstrations", "trajectories", "run"])
def test_vectors_are_states_even_where_they_are_called_as_episodes_are(name: str, tmp_path: Path) -> None:
    r = read_recording(saved(tmp_path, **{name: np.random.default_rng(0).random((3, 7, 2))}))
    assert r.states.shape == (21, 2)
    np.testing.assert_array_equal(r.episodes, [0, 7, 14])


@pytest.mark.parametrize("name", ["Time (s)", "time [ns]", "timestamp_ms", "t_s", "Timestamp(ms)"])
def test_a_time_is_one_with_its_unit_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f"{name},x\n0,5\n1,7\n2,6\n")
    r = read_recording(path)
    assert r.names == ("x",)
    assert r.chosen["time"] == f"{name} rises within every episode"


@pytest.mark.parametrize("name", ["speed_ms", "x_s", "force (s)"])
def test_other_quantities_with_a_unit_are_states(name: str, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(f"{name},x\n0,5\n1,7\n2,6\n")
    assert read_recording(tmp_path / "w.csv").names == (name, "x")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("states.npy", b"\x93NUMPY", r"np\.savez\('log\.npz', state="),
        ("demos.pickle", b"\x80\x04", "would have to be executed"),
        ("run.bag", b"#ROSBAG V2.0", "rosbags-convert"),
        ("log.ulg", b"ULog", "ulog2csv"),
        ("walk.txt", b'{"Loop": "wrap", "Frames": [[0, 1]]}', "It holds JSON"),
        ("bag/bag.db3", b"SQLite format 3", "ros2 bag convert"),
        ("scene/sparse/0/images.bin", b"\0", "colmap model_converter"),
    ],
)
def test_what_is_not_read_is_refused_with_how_to_convert_it(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnknownLayout, match=said):
        read_recording(tmp_path / name.split("/")[0])
