"""MCAP logs of ROS 2, written by its own library: topics of many rates are put in step; what is missing is named."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from recordings.mcap_logs import write
from recordings.walks import walk
from worldprobe.errors import MissingDependency, WorldprobeError
from worldprobe.recordings import UnusableData, read_recording

writing = pytest.importorskip("mcap_ros2.writer")


@pytest.mark.parametrize("raw", [False, True])
def test_a_row_for_every_image_with_the_messages_nearest_in_time(tmp_path: Path, raw: bool) -> None:
    r = read_recording(write(tmp_path / "run.mcap", raw=raw), states=["/joints/position", "/point"])
    assert r.rows == 10
    np.testing.assert_array_equal(r.states[:, 0], np.arange(0, 100, 10))
    np.testing.assert_array_equal(r.states[:, 2], np.arange(0, 100, 10) / 2)
    assert r.names[2:] == ("x", "y", "z")
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read(np.arange(10)), walk((10,)).frames)
    assert "every message of /camera; others at most 1 ms away" in r.chosen["format"]


def test_without_images_the_rarest_topic_gives_the_rows(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    write(tmp_path / "bag" / "run_0.mcap", images=False)
    r = read_recording(tmp_path / "bag", states=["/joints/position"])
    np.testing.assert_array_equal(r.states[:, 0], np.arange(0, 100, 2))


def test_messages_of_another_encoding_are_named(tmp_path: Path) -> None:
    from mcap.writer import Writer

    with (tmp_path / "run.mcap").open("wb") as stream:
        log = Writer(stream)
        log.start()
        schema = log.register_schema("pose", "jsonschema", b"{}")
        channel = log.register_channel("/pose", "json", schema)
        log.add_message(channel, 0, b"{}", 0)
        log.finish()
    with pytest.raises(UnusableData, match="encodings are json"):
        read_recording(tmp_path / "run.mcap")


def test_without_its_library_the_command_that_installs_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "run.mcap")
    for name in ("mcap", "mcap.exceptions", "mcap.reader"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependency, match=r"pip install 'worldprobe\[mcap\]'"):
        read_recording(path)


@pytest.mark.parametrize("place", [3, 60, 200, 2000, -30, -200])
def test_a_damaged_log_is_refused_in_words_or_read(tmp_path: Path, place: int) -> None:
    content = bytearray(write(tmp_path / "run.mcap").read_bytes())
    for damage in (b"\xff" * 8, b""):
        bad = content[:place] + damage + content[place + 8 if place + 8 else None :]
        (tmp_path / "bad.mcap").write_bytes(bad)
        try:
            read_recording(tmp_path / "bad.mcap", states=["/point"])
        except WorldprobeError as error:
            said = SimpleNamespace(text=str(error))
            assert "\n" not in said.text


def test_no_more_is_read_than_there_is_whatever_a_length_says(tmp_path: Path) -> None:
    content = bytearray(write(tmp_path / "run.mcap").read_bytes())
    content[-36:-28] = (1_080_000_000).to_bytes(8, "little")  # of the footer, in front of the closing magic
    (tmp_path / "run.mcap").write_bytes(content)
    tracemalloc.start()
    assert read_recording(tmp_path / "run.mcap", states=["/joints/position"]).rows == 10
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 100_000_000
