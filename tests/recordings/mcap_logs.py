"""MCAP logs of ROS 2, as their own library writes them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from recordings.walks import Walk, walk

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
    from mcap_ros2.writer import Writer

    frames = walk((10,)).frames
    with path.open("wb") as stream:
        log = Writer(stream)
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


def write_walk(path: Path, w: Walk) -> Path:
    """Write one topic of joints, and an image with each of its messages."""
    from mcap_ros2.writer import Writer

    with path.open("wb") as stream:
        log = Writer(stream)
        joints = log.register_msgdef("sensor_msgs/msg/JointState", JOINTS)
        pictures = log.register_msgdef("sensor_msgs/msg/CompressedImage", COMPRESSED)
        for row, (state, frame) in enumerate(zip(w.states, w.frames, strict=True)):
            at = 10_000_000 * row + 1_000_000_000
            header = {"stamp": {"sec": 0, "nanosec": 0}, "frame_id": ""}
            message = {"header": header, "name": ["a", "b", "c"], "position": state.tolist()}
            log.write_message("/joints", joints, message, at, at)
            log.write_message("/camera", pictures, picture(frame, raw=False), at, at)
        log.finish()
    return path
