"""MCAP logs of ROS 2, written by its own library: topics of many rates are put in step; what is missing is named."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from recordings.walks import walk
from worldprobe.errors import MissingDependency, WorldprobeError
from worldprobe.recordings import UnusableData, read_recording

writing = pytest.importorskip("mcap_ros2.writer")

JOINTS = (
    "std_msgs/Header header\nstring[] name\nfloat64[] position\n"
    + "=" * 80
    + ("\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n" + "=" * 80)
    + "\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
)
POINT = "float64 x\nfloat64 y\nfloat64 z\n"
COMPRESSED = "string format\nuint8[] data\n"
RAW = "uint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n"


def write(path: Path, *, raw: bool = False, images: bool = True) -> Path:
    """Write joints 100 times a second, points 50 times, and images 10 times."""
    frames = walk((10,)).frames
    with path.open("wb") as stream:
        log = writing.Writer(stream)
        joints = log.register_msgdef("sensor_msgs/msg/JointState", JOINTS)
        points = log.register_msgdef("geometry_msgs/msg/Point", POINT)
        kind = "sensor_msgs/msg/Image" if raw else "sensor_msgs/msg/CompressedImage"
        pictures = log.register_msgdef(kind, RAW if raw else COMPRESSED)
        for tick in range(100):
            at = 10_000_000 * tick + 1_000_000_000
            header = {"stamp": {"sec": 0, "nanosec": 0}, "frame_id": ""}
            message = {"header": header, "name": ["a", "b"], "position": [float(tick), -float(tick)]}
            log.write_message("/joints", joints, message, at, at)
            if tick % 2 == 0:
                log.write_message("/point", points, {"x": tick / 2, "y": tick**2, "z": 1.0}, at, at)
            if images and tick % 10 == 0:
                log.write_message("/camera", pictures, picture(frames[tick // 10], raw), at + 1_000_000, at)
        log.finish()
    return path


def picture(frame: np.ndarray, raw: bool) -> dict[str, object]:
    height, width, _ = frame.shape
    if raw:
        data = np.ascontiguousarray(frame[..., ::-1]).tobytes()
        sizes = {"height": height, "width": width, "is_bigendian": 0, "step": 3 * width}
        return {**sizes, "encoding": "bgr8", "data": data}
    file = BytesIO()
    Image.fromarray(frame).save(file, "PNG")
    return {"format": "png", "data": file.getvalue()}


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
