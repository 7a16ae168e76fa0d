"""Environments of Gymnasium as worlds: a state is set, never stepped to, and its picture is the frame."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from worldprobe.errors import InvalidValue
from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.settable_environment import SettableEnvironment, packages_of
from worldprobe.world.world import WORLDS, Control, World


class MovedNumber(BaseModel):
    """One control: a number of the environment's state, or of one of its factors of variation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: int = Field(0, ge=0, description="its place in the state, or in the factor")
    factor: str = Field("", description="a factor of variation, such as agent.position; none: the state")
    scale: float = Field(gt=0, description="what one unit of z moves it by")
    centre: float | None = Field(None, description="its value at z = 0; none: that after a reset")
    limit: float | None = Field(
        None, gt=0, description="how far from the centre it can get; none: to the end of the range"
    )
    unit: str = Field("as in the environment", description="its unit, for tables")
    period: float | None = Field(None, gt=0, description="of an angle: values a period apart look alike")


@WORLDS.register("gymnasium")
class GymnasiumWorld(World):
    """An environment of Gymnasium, or of a package that registers its own there, such as stable-worldmodel.

    Before every frame the environment is reset with `seed`; then the factors of variation and the numbers of the state
    that `moved` names are set. Dynamics and actions play no part: a regime says which states follow one another.
    Needs the extra `gymnasium`, and what the environment itself needs.
    """

    env: str = Field(min_length=1, description="the environment's ID: CartPole-v1, swm/TwoRoom-v1")
    moved: dict[str, MovedNumber] = Field(min_length=1, description="the controls by name: which number each one is")
    size: int = Field(64, ge=8, le=1024, description="pixels of a frame's side; pictures are averaged down to it")
    seed: int = Field(0, ge=0, description="of the reset, which settles whatever is not moved")

    _opened: SettableEnvironment | None = PrivateAttr(default=None)

    @property
    def controls(self) -> tuple[Control, ...]:
        """The numbers that are moved, in the order in which they are named."""
        return tuple(self._control(name, moved) for name, moved in self.moved.items())

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(size, size, 3)."""
        return (self.size, self.size, 3)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The settings, and the versions of Gymnasium and of what registered the environment."""
        return {"settings": self.settings(), "versions": packages_of(self.env)}

    def observe(self, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
        """Set N states and draw each; raises InvalidValue for a wrong shape, NaN, or what the environment refuses."""
        rows = checked_rows("z", z, len(self.moved))
        physical = [control.physical(column) for control, column in zip(self.controls, rows.T, strict=True)]
        found = np.empty((len(rows), self.size, self.size, 3), dtype=np.uint8)
        for row, values in enumerate(np.stack(physical, axis=1)):
            found[row] = self._sized(self._environment.drawn(*self._placed(values)))
        return found

    def close(self) -> None:
        """Close the environment; it is made again when it is needed."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _environment(self) -> SettableEnvironment:
        if self._opened is None or (self._opened.name, self._opened.seed) != (self.env, self.seed):
            self._opened = SettableEnvironment(self.env, self.seed)
        return self._opened

    def _placed(self, values: Float[np.ndarray, " n"]) -> tuple[dict[int, float], dict[str, np.ndarray]]:
        """Return what to set: numbers of the state by place, factors of variation by name."""
        state: dict[int, float] = {}
        factors: dict[str, np.ndarray] = {}
        for moved, value in zip(self.moved.values(), values.tolist(), strict=True):
            if moved.factor:
                whole = factors.setdefault(moved.factor, self._environment.factor(moved.factor).value.copy())
                whole.reshape(-1)[moved.place] = value
            else:
                state[moved.place] = value
        return state, factors

    def _control(self, name: str, moved: MovedNumber) -> Control:
        of, environment = moved.factor or "the state", self._environment
        start = environment.factor(moved.factor).value.reshape(-1) if moved.factor else environment.start
        if moved.place >= len(start):
            raise InvalidValue(f"world.moved.{name}.place", moved.place, f"0 .. {len(start) - 1}, the places of {of}")
        centre = float(start[moved.place]) if moved.centre is None else moved.centre
        meaning = f"number {moved.place} of {of} of {self.env}"
        room = environment.factor(moved.factor).room(moved.place, centre) if moved.factor else inf
        limit = room if moved.limit is None else moved.limit
        if limit == 0.0:
            raise InvalidValue(f"world.moved.{name}.centre", centre, "a centre within the factor's range")
        return Control(name, moved.unit, moved.scale, meaning, centre, limit, moved.period)

    def _sized(self, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "H W 3"]:
        if picture.shape[:2] == (self.size, self.size):
            return picture
        return np.asarray(Image.fromarray(picture).resize((self.size, self.size), Image.Resampling.BOX))
