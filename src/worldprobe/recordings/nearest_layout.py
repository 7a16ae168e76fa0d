"""What is said of a path that no format recognises: a folder in it that one does, or the layout it is nearest to."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

from worldprobe.errors import WorldprobeError
from worldprobe.recordings.formats import FORMATS

LOOKED_AT = 50
"""Folders within a folder that are tried."""
MARKS: dict[str, tuple[str, ...]] = {
    "lerobot": ("meta/info.json", "meta/episodes*", "data/chunk-*", "videos"),
    "rlds": ("*.tfrecord*", "features.json", "dataset_info.json"),
    "colmap": ("sparse/0/images.txt", "sparse/0/cameras.txt", "sparse/0", "images"),
    "euroc": ("mav0/state_groundtruth_estimate0/data.csv", "mav0/cam0/data.csv", "mav0"),
    "tum": ("groundtruth.txt", "rgb.txt", "rgb"),
    "airsim": ("airsim_rec.txt", "images/img_*"),
    "nerf": ("transforms.json", "transforms_test.json", "transforms_val.json"),
    "carla": ("measurements/*.json*", "rgb", "lidar"),
    "comma2k19": ("global_pose/frame_times", "global_pose/frame_positions", "processed_log"),
    "stable-worldmodel-folder": ("ep_len.npz", "ep_offset.npz", "pixels"),
    "minari": ("data/main_data.hdf5", "data/metadata.json"),
    "arkit": ("*.traj", "lowres_wide", "keyframes/corrected_cameras/*.json", "keyframes/images"),
}
"""What the folders of layouts hold, what tells them apart first."""


def nearest_layout(path: Path) -> str:
    """Return a sentence with what could be meant by a folder; "" where there is nothing to say."""
    if not path.is_dir():
        return ""
    for entry in islice(sorted(entry for entry in path.iterdir() if entry.is_dir()), LOOKED_AT):
        for name, kind in FORMATS.items():
            with suppress(WorldprobeError, OSError):
                if not kind.general and kind.recognises(entry):
                    return f" Its folder {entry.name!r} is in the format {name!r}: pass that."
    found = {name: [mark for mark in marks if any(path.glob(mark))] for name, marks in MARKS.items()}
    name = max(found, key=lambda one: len(found[one]) / len(MARKS[one]))
    lacking = next((mark for mark in MARKS[name] if mark not in found[name]), None)
    if not found[name] or lacking is None:
        return ""
    return f" It has {', '.join(found[name])} as {name!r} does, and lacks {lacking}."
