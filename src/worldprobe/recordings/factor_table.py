"""Sets of images with the factors that made them, in the layouts in which they are published.

3DIdent: `raw_latents.npy` and `images/000000.png` (https://github.com/brendel-group/cl-ica)
Causal3DIdent: the same for each class, `raw_latents_0.npy` and `images_0/`
(https://github.com/ysharma1126/ssl_identifiability)
dSprites: NPZ, `imgs` and `latents_values` (https://github.com/google-deepmind/dsprites-dataset)
Shapes3D: HDF5, `images` and `labels` (https://github.com/google-deepmind/3d-shapes)
MPI3D: NPZ, `images` alone, every combination of the factors once (https://github.com/rr-learning/disentanglement_dataset)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from worldprobe.errors import InvalidValue
from worldprobe.recordings.capacity import check_capacity
from worldprobe.recordings.columns import Column, ColumnKind
from worldprobe.recordings.formats.episodes_npz import Following
from worldprobe.recordings.formats.format import Opened
from worldprobe.recordings.opening import open_recording
from worldprobe.recordings.problems import UnusableData, reading, shortened
from worldprobe.recordings.recorded_frames import Frames, ImageFiles, image_names

LATENTS = ("raw_latents", "latents")
FACTORS = ("latents_values", "labels", "factors", "latents", "raw_latents")
"""What the array of factors is called, the first that there is."""
PUBLISHED = {
    ("latents_values", 6): ("colour", "shape", "scale", "orientation", "x", "y"),
    ("labels", 6): ("floor hue", "wall hue", "object hue", "scale", "shape", "orientation"),
    ("grid", 7): ("object colour", "object shape", "object size", "camera height", "background colour", "horizontal",
                  "vertical"),
    ("raw_latents", 10): ("x", "y", "z", "rotation 1", "rotation 2", "rotation 3", "spotlight", "object hue",
                          "spotlight hue", "background hue"),
    ("raw_latents of classes", 11): ("object shape", "x", "y", "z", "rotation 1", "rotation 2", "rotation 3",
                                     "spotlight", "object hue", "spotlight hue", "background hue"),
}  # fmt: skip
"""The names of the columns of published sets, by the array's name and width."""


@dataclass(frozen=True)
class FactorTable:
    """Factors, one row a picture, and the pictures."""

    names: tuple[str, ...]
    factors: Float[np.ndarray, "rows n"]
    frames: Frames


def open_table(path: Path, grid: Sequence[int]) -> FactorTable:
    """Read the factors, and open the pictures; `grid` is how many values each factor has where no array says them.

    Raises what `read_recording` raises, UnusableData where factors and pictures are not of one number.
    """
    name, factors, frames = _folder(path) if path.is_dir() else (None, None, None)
    if factors is None or frames is None:
        name, factors, frames = _opened(path, grid)
    frames.check_whole()
    if len(factors) != len(frames):
        problem = f"there are {len(factors):,} rows of factors and {len(frames):,} pictures"
        raise UnusableData(path, "factors", problem, "Every picture needs the factors that made it.")
    if not np.isfinite(factors).all():
        raise UnusableData(path, "factors", "some are NaN or infinite", "Leave those pictures out.")
    width = factors.shape[1]
    names = PUBLISHED.get((str(name), width), tuple(f"{name} {place}" for place in range(width)))
    return FactorTable(names, factors.astype(np.float64), frames)


def _folder(path: Path) -> tuple[str | None, np.ndarray | None, Frames | None]:
    """Read `raw_latents.npy` with `images/`, or the same for every class, whose number is a factor then."""
    for name in LATENTS:
        if (path / f"{name}.npy").is_file() and (path / "images").is_dir():
            return name, _array(path / f"{name}.npy"), _images(path / "images")
        classes = [k for k in range(100) if (path / f"{name}_{k}.npy").is_file() and (path / f"images_{k}").is_dir()]
        if classes:
            each = [_array(path / f"{name}_{k}.npy") for k in classes]
            held = [np.column_stack([np.full(len(rows), k), rows]) for k, rows in zip(classes, each, strict=True)]
            return (
                f"{name} of classes",
                np.concatenate(held),
                Following([_images(path / f"images_{k}") for k in classes]),
            )
    return None, None, None


def _array(path: Path) -> np.ndarray:
    with reading(path, OSError, ValueError, EOFError, SyntaxError):
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    check_capacity(str(path), mapped.nbytes)
    if mapped.ndim != 2 or mapped.dtype.kind not in "iuf":
        raise UnusableData(path, "factors", f"it is {mapped.dtype} of shape {mapped.shape}", "One row a picture.")
    return np.array(mapped)


def _images(folder: Path) -> Frames:
    names = image_names(folder)
    if not names:
        raise UnusableData(folder, "frames", "the folder holds no images", "Frames are PNG or JPEG files.")
    return ImageFiles(folder, names)


def _opened(path: Path, grid: Sequence[int]) -> tuple[str, np.ndarray, Frames]:
    """Read any format of recordings that has one column of pictures."""
    _, opened = open_recording(path)
    pictures = [column for column in opened.columns if column.kind is ColumnKind.PICTURE]
    if len(pictures) != 1:
        said = shortened([column.name for column in pictures]) or "none"
        raise UnusableData(path, "pictures", f"one column of them is needed, there are {said}")
    if grid:
        return "grid", _combinations(path, pictures[0], grid), opened.frames(pictures[0].name)
    columns = _factor_columns(opened, pictures[0])
    if not columns:
        mend = "Where every combination of factors is there once, say how many values each has: grid: [6, 6, 2]."
        raise UnusableData(path, "factors", "no column of numbers has a row for every picture", mend)
    size = sum(8 * column.rows * column.width for column in columns)
    check_capacity(f"{path}, factors", 2 * size)
    read = opened.read([column.name for column in columns])
    factors = np.concatenate([read[column.name].reshape(column.rows, -1) for column in columns], axis=1)
    return columns[0].name if len(columns) == 1 else "factor", factors, opened.frames(pictures[0].name)


def _factor_columns(opened: Opened, picture: Column) -> list[Column]:
    """Return the array of factors by its usual name, or every column of numbers."""
    fit = [c for c in opened.columns if c.kind is ColumnKind.NUMBER and c.flat and c.rows == picture.rows and c.width]
    named = [column for name in FACTORS for column in fit if column.name.rsplit("/", 1)[-1] == name]
    return named[:1] or fit


def _combinations(path: Path, picture: Column, grid: Sequence[int]) -> np.ndarray:
    """Return the places in a grid whose last factor changes fastest."""
    if math.prod(grid) != picture.rows:
        listed = " x ".join(map(str, grid))
        raise InvalidValue("grid", f"{listed} = {math.prod(grid):,}", f"factors whose product is {picture.rows:,}")
    return np.stack(np.unravel_index(np.arange(picture.rows), tuple(grid)), axis=1)
