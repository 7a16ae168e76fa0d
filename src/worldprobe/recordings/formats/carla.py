"""CARLA's logs as agents of its leaderboard write them: `measurements/0000.json`, and images of the same number.

The layout: https://github.com/autonomousvision/transfuser, team_code_autopilot/autopilot.py and data_agent.py; its
successors pack the measurements: `0000.json.gz`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.episode_folders import episode_folders
from worldprobe.recordings.episodes import starts_of_lengths
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.json_files import json_of
from worldprobe.recordings.local_paths import local_names
from worldprobe.recordings.problems import UnusableData, shortened
from worldprobe.recordings.recorded_frames import ImageFiles, images_by_stem, natural

MEASUREMENTS = "measurements"
ACTIONS = ("steer", "throttle", "brake")
VEHICLE = (("x", "m"), ("y", "m"), ("theta", "rad"), ("speed", "m/s"))
"""What the vehicle's own state is, with units."""
DEEPEST = 4
"""Dictionaries within one another that are followed."""
WIDEST = 64
"""Numbers of a list that is a column."""


@FORMATS.register("carla")
class Carla(Format):
    """Every route is an episode; a column for each number that all measurements have, and for each camera's folder."""

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the folder `measurements`, in the path or in the folders in it."""
        return bool(_routes(path))

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Parse the measurements; raises UnreadableFile for one that is no JSON, UnusableData where there are none."""
        routes = [(route, _files(route)) for route in _routes(path)]
        rows: list[dict[str, np.ndarray]] = []
        for _, files in routes:
            for file in files:
                rows.append(dict(_numbers(json_of(file), "", 0)))
        shapes = {name: value.shape for name, value in rows[0].items()}
        names = [name for name, shape in shapes.items() if all(_shape(row, name) == shape for row in rows)]
        values = {name: np.stack([row[name] for row in rows]) for name in names}
        if not values:
            problem = f"there is no number that all {len(rows):,} measurements have"
            raise UnusableData(path, MEASUREMENTS, problem, "Are they of one agent?")
        columns = _joined(values, len(rows))
        starts = starts_of_lengths([len(files) for _, files in routes])
        cameras = _cameras(path, routes)
        columns += [Column(name, len(rows), (), "images in files", ColumnKind.PICTURE) for name in cameras]
        found = OpenedArrays(path, columns, values, {name: _opener(path, held) for name, held in cameras.items()})
        found.starts, found.starts_in_words = starts, "every route is an episode: the folder"
        left = sorted({name for row in rows for name in row} - set(names))
        found.words = f"not in all measurements: {shortened(left)}" if left else ""
        return found


def _joined(values: dict[str, np.ndarray], rows: int) -> list[Column]:
    """Return the columns, the vehicle's state and the action each put together as one; `values` gets these, too."""
    columns = []
    if "pos_global" in values and "x" not in values:
        values["x"], values["y"] = values["pos_global"][:, 0], values["pos_global"][:, 1]
    for name, parts in (("vehicle", VEHICLE), ("action", tuple((part, "") for part in ACTIONS))):
        if all(part in values and values[part].ndim == 1 for part, _ in parts):
            values[name] = np.stack([values.pop(part).astype(np.float64) for part, _ in parts], axis=1)
            titles, units = zip(*parts, strict=True)
            measured = units if all(units) else None
            columns.append(Column(name, rows, (len(parts),), "float64", ColumnKind.NUMBER, titles, measured))
    columns += [
        Column(name, rows, array.shape[1:], str(array.dtype), kind_of(array.dtype, array.shape[1:]))
        for name, array in values.items()
        if name not in ("vehicle", "action")
    ]
    return columns


def _numbers(held: Any, name: str, depth: int) -> Iterator[tuple[str, np.ndarray]]:
    """Give the numbers, truths and lists of numbers of a measurement, by the path of their names."""
    if isinstance(held, dict) and depth < DEEPEST:
        for key, value in held.items():
            yield from _numbers(value, f"{name}/{key}" if name else str(key), depth + 1)
    elif isinstance(held, bool):
        yield name, np.array(held)
    elif isinstance(held, int | float):
        yield name, np.array(_float(held))
    elif isinstance(held, list) and 0 < len(held) <= WIDEST and all(map(_is_number, held)):
        yield name, np.array([_float(one) for one in held])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: int | float) -> float:
    """Return a number; an integer beyond all floating-point numbers is infinite."""
    try:
        return float(value)
    except OverflowError:
        return np.inf


def _shape(row: Mapping[str, np.ndarray], name: str) -> tuple[int, ...] | None:
    return row[name].shape if name in row else None


def _cameras(path: Path, routes: Sequence[tuple[Path, Sequence[Path]]]) -> dict[str, list[str]]:
    """Return the folders that hold an image for every measurement, with the images' names in the order of the rows."""
    found: dict[str, list[str]] = {}
    first = routes[0][0]
    for folder in sorted(entry.name for entry in first.iterdir() if entry.is_dir() and entry.name != MEASUREMENTS):
        names: list[str] = []
        for route, files in routes:
            inside = route / folder
            stems = images_by_stem(inside)
            prefix = inside.relative_to(path).as_posix()
            names += [f"{prefix}/{stems[stem]}" for file in files if (stem := file.name.split(".")[0]) in stems]
        if len(names) == sum(len(files) for _, files in routes):
            found[folder] = names
    return found


def _opener(path: Path, names: Sequence[str]) -> Any:
    return lambda: ImageFiles(path, local_names(path, names))


def _files(route: Path) -> list[Path]:
    found = [file for file in (route / MEASUREMENTS).iterdir() if file.name.endswith((".json", ".json.gz"))]
    return sorted(found, key=lambda file: natural(file.name))


def _routes(path: Path) -> list[Path]:
    """Return the folders with measurements."""
    return episode_folders(path, lambda folder: (folder / MEASUREMENTS).is_dir() and bool(_files(folder)))
