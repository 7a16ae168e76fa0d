"""AirSim recordings: `airsim_rec.txt`, tab-separated poses with the images of each row in `images/`.

The layout: https://microsoft.github.io/AirSim/modify_recording_data/
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.number_lines import floats, head_of, lines_of
from worldprobe.recordings.poses import IMAGE, opened_poses, rotations, six_states, whole_numbers
from worldprobe.recordings.problems import UnusableData

NAME = "airsim_rec.txt"
POSE = ("TimeStamp", "POS_X", "POS_Y", "POS_Z", "Q_W", "Q_X", "Q_Y", "Q_Z")


@FORMATS.register("airsim")
class AirSim(Format):
    """Poses in metres (x north, y east, z down); every vehicle is an episode, every camera a column of images."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the name of the file and its header."""
        file = path / NAME if path.is_dir() else path
        return file.is_file() and file.suffix == ".txt" and set(POSE) <= set("\t".join(head_of(file)).split("\t"))

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the rows; raises UnusableData for one that is short, or that has other cameras than the first."""
        file = path / NAME if path.is_dir() else path
        lines = lines_of(file)
        header = next(lines)[1].split("\t")
        columns = {name.strip(): place for place, name in enumerate(header)}
        rows, images, vehicles = [], [], []
        for number, line in lines:
            words = line.split("\t")
            if len(words) < len(header):
                raise UnusableData(file, f"line {number:,}", f"it has {len(words)} of {len(header)} values", "Drop it.")
            wanted = [words[columns[name]] for name in POSE]
            rows.append(floats(file, number, wanted, 8))
            vehicles.append(words[columns["VehicleName"]] if "VehicleName" in columns else "")
            files = words[columns["ImageFile"]].split(";") if "ImageFile" in columns else []
            images.append([name.strip() for name in files if name.strip()])
            if len(images[-1]) != len(images[0]):
                problem = f"it names {len(images[-1])} images, the first row {len(images[0])}"
                raise UnusableData(file, f"line {number:,}", problem, "Every row needs the same cameras.")
        table = np.array(rows).reshape(-1, 8)
        order = np.argsort(np.array(vehicles), kind="stable")
        table, held = table[order], np.array(vehicles)[order]
        starts = np.flatnonzero(np.append(True, held[1:] != held[:-1])) if len(held) else np.zeros(1, dtype=np.int64)
        states = six_states(table[:, 1:4], rotations(file, table[:, [5, 6, 7, 4]]), starts)
        cameras = len(images[0]) if images else 0
        names = [IMAGE] if cameras == 1 else [f"{IMAGE}_{place}" for place in range(cameras)]
        listed = {name: [_inside(file, images[row][place]) for row in order] for place, name in enumerate(names)}
        found = opened_poses(path, states, times=whole_numbers(table[:, 0]), folder=file.parent, images=listed)
        if len(starts) > 1:
            found.starts, found.starts_in_words = starts.astype(np.int64), "VehicleName"
        return found


def _inside(file: Path, name: str) -> str:
    """Return the name of an image as its folder holds it: AirSim writes it without `images/`, or with a whole path."""
    plain = name.replace("\\", "/")
    return f"images/{plain}" if "/" not in plain and (file.parent / "images").is_dir() else plain
