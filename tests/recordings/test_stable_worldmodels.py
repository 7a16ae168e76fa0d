"""stable-worldmodel's Lance tables and folders are read as they were written, and damage is refused."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from recordings.stable_worldmodels import colours, last_action_nan, write_folder, write_lance
from recordings.videos import assert_nearly
from recordings.walks import walk
from worldprobe.errors import MissingDependency, UnknownName
from worldprobe.recordings import Recording, SeveralReadings, UnreadableFile, UnusableData, read_recording
from worldprobe.recordings.opening import recognised

W = walk()


def assert_read(r: Recording, format: str) -> None:
    assert r.source.format == format
    np.testing.assert_array_equal(r.states, W.states)
    np.testing.assert_array_equal(r.episodes, W.starts)
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions, last_action_nan(W))
    assert r.frames is not None
    rows = np.array([38, 0, 17, 17, 12])
    assert_nearly(r.frames.read(rows), W.frames[rows])


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("videos", [False, True])
@pytest.mark.parametrize("inside", [True, False])
def test_lance_tables_are_read_alone_or_in_their_folder(inside: bool, videos: bool, tmp_path: Path) -> None:
    pytest.importorskip("lance")
    table = write_lance(tmp_path / "w" / "pusht.lance", W, videos)
    r = read_recording(table if inside else tmp_path / "w", states=["state"])
    assert_read(r, "lance")
    assert r.chosen["episode"].startswith("episode_idx: found")


@pytest.mark.slow
def test_factors_of_variation_are_states_by_a_pattern(tmp_path: Path) -> None:
    pytest.importorskip("lance")
    table = write_lance(tmp_path / "pusht.lance", W)
    r = read_recording(table, states=["state", "variation*"])
    np.testing.assert_array_equal(r.states, np.concatenate([W.states, colours(W)], axis=1))
    assert r.chosen["states"].startswith("state (3 numbers), variation_agent_color (3 numbers): as named")
    with pytest.raises(UnknownName, match=r"varied\*"):
        read_recording(table, states=["varied*"])


def test_several_lance_tables_in_a_folder_are_a_question(tmp_path: Path) -> None:
    pytest.importorskip("lance")
    write_lance(tmp_path / "a.lance", W)
    write_lance(tmp_path / "b.lance", W)
    with pytest.raises(SeveralReadings, match=r"the table: a\.lance, b\.lance"):
        read_recording(tmp_path)


def test_damaged_lance_tables_are_refused_in_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("lance")
    table = write_lance(tmp_path / "pusht.lance", W)
    for file in (table / "data").iterdir():
        os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(UnreadableFile, match=r"pusht\.lance cannot be read") as raised:
        read_recording(table, states=["state"])
    assert ".rs:" not in str(raised.value)
    for file in (table / "data").iterdir():
        file.unlink()
    with pytest.raises(UnreadableFile, match=r"pusht\.lance cannot be read"):
        read_recording(table, states=["state"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_lance_that_ends_is_said_and_started_again(tmp_path: Path) -> None:
    pytest.importorskip("lance")
    r = read_recording(write_lance(tmp_path / "pusht.lance", W), states=["state"])
    assert r.frames is not None
    process = r.frames._table._process  # type: ignore[attr-defined]
    process.kill()
    process.wait()
    with pytest.raises(UnreadableFile, match="Lance could not read it and ended"):
        r.frames.read([0])
    assert_nearly(r.frames.read([3]), W.frames[[3]])


def test_a_lance_table_reads_its_own_folder(tmp_path: Path) -> None:
    lance = pytest.importorskip("lance")
    table = write_lance(tmp_path / "pusht.lance", W)
    clone = lance.dataset(str(table)).shallow_clone(str(tmp_path / "clone.lance"), 1)
    assert clone.count_rows() == W.rows
    with pytest.raises(UnreadableFile, match="lies outside of its folder"):
        read_recording(tmp_path / "clone.lance", states=["state"])


@pytest.mark.parametrize("videos", [False, True])
def test_folders_are_read(videos: bool, tmp_path: Path) -> None:
    path = write_folder(tmp_path / "w", W, videos)
    assert recognised(path) == ["stable-worldmodel-folder"]
    r = read_recording(path)
    assert_read(r, "stable-worldmodel-folder")
    assert r.chosen["episode"].startswith("ep_offset.npz says where each begins")
    next((path / "pixels").iterdir()).unlink()
    with pytest.raises(UnreadableFile, match=r'frames="none" to read the states alone'):
        read_recording(path)
    assert read_recording(path, frames="none").rows == W.rows


@pytest.mark.parametrize(
    ("lengths", "said"),
    [([12, 7, 19], "38 rows together"), ([12, 7], "do not agree"), ([1.5], "not numbers"), ([13, -1, 27], "not agree")],
)
def test_episodes_that_do_not_cover_the_rows_are_refused(lengths: list[float], said: str, tmp_path: Path) -> None:
    path = write_folder(tmp_path / "w", W)
    np.savez(path / "ep_len.npz", np.array(lengths))
    with pytest.raises(UnusableData, match=said):
        read_recording(path)


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "w.lance" / "_versions").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "lance", None)
    with pytest.raises(MissingDependency, match=r"lance is missing; .*pip install 'worldprobe\[lance\]'"):
        read_recording(tmp_path / "w.lance")
