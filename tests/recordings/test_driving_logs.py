"""Driving logs of CARLA and comma are read as they were written; what is not read is named."""

import os
from pathlib import Path

import numpy as np
import pytest

from recordings.driving_logs import write_carla, write_comma
from recordings.videos import assert_nearly
from recordings.walks import walk
from worldprobe.recordings import UnknownLayout, UnreadableFile, UnusableData, read_recording

W = walk()


@pytest.mark.parametrize("packed", [False, True])
def test_routes_of_carla_are_episodes(packed: bool, tmp_path: Path) -> None:
    r = read_recording(write_carla(tmp_path / "data", W, packed=packed))
    np.testing.assert_allclose(r.states[:, :3], W.states)
    np.testing.assert_array_equal(r.states[:, 3], np.arange(39))
    assert r.names == ("x", "y", "theta", "speed")
    assert [control.unit for control in r.controls] == ["m", "m", "rad", "m/s"]
    np.testing.assert_array_equal(r.episodes, W.starts)
    assert r.actions is not None
    np.testing.assert_allclose(r.actions[:, :2], W.actions)
    np.testing.assert_array_equal(r.actions[:, 2], np.arange(39) % 2)
    assert r.chosen["frames"].startswith("rgb (images in files)")  # not every row has depth
    assert r.frames is not None
    rows = np.array([38, 0, 17, 12])
    assert_nearly(r.frames.read(rows), W.frames[rows])


def test_a_route_of_carla_alone_and_what_some_of_its_rows_lack(tmp_path: Path) -> None:
    path = write_carla(tmp_path / "data", W, more=True) / "Town01_route1"
    r = read_recording(path, states=["vehicle", "target_speed"])
    np.testing.assert_allclose(r.states[:, :3], W.parts(W.states)[1])
    assert "not in all measurements: light_hazard" in r.chosen["format"]


def test_measurements_that_are_cut_short_are_refused_with_the_file(tmp_path: Path) -> None:
    path = write_carla(tmp_path / "data", W)
    os.truncate(path / "Town01_route0" / "measurements" / "0003.json", 40)
    with pytest.raises(UnreadableFile, match=r"0003\.json cannot be read: it is not JSON"):
        read_recording(path)
    (path / "Town01_route0" / "measurements" / "0003.json").write_text("[]")
    with pytest.raises(UnusableData, match="no number that all 39 measurements have"):
        read_recording(path)


def test_segments_of_comma2k19_are_episodes_north_east_and_down(tmp_path: Path) -> None:
    r = read_recording(write_comma(tmp_path, W))
    np.testing.assert_allclose(r.states[:, :3], W.states - W.states[0], atol=1e-5)
    yaw = 10 * W.states[:, 0]
    for start, stop in zip(W.starts, [*W.starts[1:], 39], strict=True):  # angles run on within an episode
        np.testing.assert_allclose(np.diff(r.states[start:stop, 3]), np.diff(yaw[start:stop]), atol=1e-5)
    np.testing.assert_allclose(r.states[:, 4:], 0, atol=1e-5)
    np.testing.assert_array_equal(r.episodes, W.starts)
    assert "ffmpeg -i video.hevc -c copy video.mp4" in r.chosen["format"]


def test_signals_of_comma2k19_are_those_nearest_in_time(tmp_path: Path) -> None:
    r = read_recording(write_comma(tmp_path, W, signals=True, video=True), states=["pose", "CAN/speed"])
    times = np.concatenate([46408.5 + 100 * k + np.arange(n) / 20 for k, n in enumerate(W.lengths)])
    np.testing.assert_allclose(r.states[:, 6], 2 * times, atol=1e-3)
    assert "left out: CAN/radar" in r.chosen["format"]
    assert r.frames is not None
    assert_nearly(r.frames.read([0, 38, 13]), W.frames[[0, 38, 13]])


def test_a_damaged_array_of_comma2k19_is_named(tmp_path: Path) -> None:
    path = write_comma(tmp_path, W)
    os.truncate(path / "1" / "global_pose" / "frame_positions", 150)
    with pytest.raises(UnreadableFile, match="frame_positions cannot be read"):
        read_recording(path)


@pytest.mark.parametrize("name", ["rlog.bz2", "qlog.zst", "raw_log.bz2", "rlog"])
def test_logs_of_openpilot_are_refused_in_words(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"BZh9")
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(UnknownLayout, match=r"logs of openpilot .* are not read.*logreader"):
            read_recording(path)
