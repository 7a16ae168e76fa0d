"""A world made of a table of pictures: what is asked for is answered by the picture whose factors are nearest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from pydantic import Field, PrivateAttr
from scipy.spatial import KDTree

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.world import WORLDS, Control, World

if TYPE_CHECKING:
    from worldprobe.recordings.recorded_frames import Frames

BATCH = 256
"""Pictures that are read at a time."""
FEW_VALUES = 20
"""Values up to which a factor counts as discrete."""


@dataclass(frozen=True)
class _Explored:
    """The factors that are explored, and what follows from them once."""

    controls: tuple[Control, ...]
    value_counts: tuple[int, ...]
    factors: Float[np.ndarray, "rows n"]
    frames: Frames

    @cached_property
    def states(self) -> Float[np.ndarray, "rows n"]:
        columns = zip(self.controls, self.factors.T, strict=True)
        return np.stack([(values - control.centre) / control.scale for control, values in columns], axis=1)

    @cached_property
    def tree(self) -> KDTree:
        return KDTree(self.states)

    @cached_property
    def digest(self) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(self.factors).data)
        digest.update(f"{self.frames.shape}{self.frames.stamp()}".encode())
        return digest.hexdigest()[:16]

    @cached_property
    def brightness(self) -> np.uint8:
        """255 where pictures are masks of 0 and 1, as those of dSprites are, else 1."""
        some = np.linspace(0, len(self.frames) - 1, 16).astype(np.int64)
        return np.uint8(255 if self.frames.read(some).max() <= 1 else 1)


@WORLDS.register("table")
class PictureTable(World):
    """Pictures with the factors that made them: 3DIdent, dSprites, Shapes3D, MPI3D, or a table of your own.

    One unit of a control is `reach` standard deviations of its factor in the table. A state is shown by the picture
    whose factors are nearest in these units, so the frame's true state is not exactly the one that was asked for: the
    gate `table-distance` says how much of each control is lost by that. Factors that never change are left out.
    """

    path: str = Field(min_length=1, description="the file or folder of the table")
    size: int = Field(64, ge=8, le=1024, description="pixels of a frame's side; pictures are averaged down to it")
    reach: float = Field(0.5, gt=0, le=10, description="standard deviations of a factor that one unit of z stands for")
    factors: tuple[str, ...] = Field((), description="the factors to explore, by name; all where none is named")
    names: tuple[str, ...] = Field((), description="what the table's factors are called, where it does not say")
    grid: tuple[int, ...] = Field((), description="values of each factor, where every combination is there once")

    _ready: tuple[dict[str, Any], _Explored] | None = PrivateAttr(default=None)

    @property
    def controls(self) -> tuple[Control, ...]:
        """The factors that change, in the table's order."""
        return self._explored.controls

    @property
    def value_counts(self) -> tuple[int, ...]:
        """How many values each factor takes."""
        return self._explored.value_counts

    @property
    def states(self) -> Float[np.ndarray, "rows n"]:
        """The table's rows as control values."""
        return self._explored.states

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(size, size, 3)."""
        return (self.size, self.size, 3)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The settings without the path, and the hash of the factors and of the pictures' names and sizes."""
        settings = {key: value for key, value in self.settings().items() if key != "path"}
        return {"table": self._explored.digest, "settings": settings}

    def nearest(self, z: Float[np.ndarray, "N n"]) -> Int[np.ndarray, " N"]:
        """Return the table's row that is shown for each control vector."""
        return self._explored.tree.query(checked_rows("z", z, len(self.controls)))[1]

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
        """Return the pictures nearest to N control vectors; raises InvalidValue for a wrong shape or NaN."""
        rows, back = np.unique(self.nearest(z), return_inverse=True)
        found = np.empty((len(rows), self.size, self.size, 3), dtype=np.uint8)
        explored = self._explored
        for start in range(0, len(rows), BATCH):
            for place, picture in enumerate(explored.frames.read(rows[start : start + BATCH])):
                found[start + place] = self._sized(picture * explored.brightness)
        return found[back]

    @property
    def _explored(self) -> _Explored:
        """The table with what follows from the settings: a copy of this world with others makes its own."""
        settings = self.settings()
        if self._ready is None or self._ready[0] != settings:
            self._ready = settings, self._open()
        return self._ready[1]

    def _open(self) -> _Explored:
        from worldprobe.recordings.factor_table import open_table  # which needs this package to be imported

        found = open_table(Path(self.path).expanduser(), self.grid)
        if self.names and len(self.names) != len(found.names):
            raise InvalidValue("world.names", list(self.names), f"{len(found.names)} names, one a factor of the table")
        names = self.names or found.names
        for name in self.factors:
            if name not in names:
                raise UnknownName("factor", name, names)
        moving = np.ptp(found.factors, axis=0) > 0
        kept = [k for k, name in enumerate(names) if moving[k] and (not self.factors or name in self.factors)]
        if not kept:
            raise InvalidValue("world.factors", list(self.factors or names), "a factor that changes")
        factors = found.factors[:, kept]
        counts = tuple(len(np.unique(values)) for values in factors.T)
        controls = tuple(
            self._control(names[k], values, count) for k, values, count in zip(kept, factors.T, counts, strict=True)
        )
        return _Explored(controls, counts, factors, found.frames)

    def _control(self, name: str, values: Float[np.ndarray, " rows"], count: int) -> Control:
        meaning = f"a factor of {Path(self.path).name}" + (f", of {count} values" if count <= FEW_VALUES else "")
        return Control(name, "as in the table", float(self.reach * values.std()), meaning, float(values.mean()))

    def _sized(self, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "H W 3"]:
        from PIL import Image

        if picture.shape[:2] == (self.size, self.size):
            return picture
        return np.asarray(Image.fromarray(picture).resize((self.size, self.size), Image.Resampling.BOX))
