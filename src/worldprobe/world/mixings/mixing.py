"""What every mixing is: a world whose observations are a known, smooth, invertible function of the controls."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Float32, Float64
from pydantic import Field

from worldprobe.world.checked_rows import checked_rows
from worldprobe.world.world import WORLDS, Control, World

MOST_CONTROLS = 16_384
MOST_LAYERS = 1_000
LIMIT = 1e6
"""Out of a Gaussian's reach: below 100 the control's squash is the identity to the bit, and mixings have no squash."""


class Mixing(World):
    """A smooth, injective map g from controls in R^n to vectors, computed in float64 and seen in float32.

    The controls are z1 .. zn: bare numbers, scale 1, not squashed. Unlike other worlds, a mixing can be undone: `mix`
    is g before rounding, `inverse` is g^-1, and `log_det` is the logarithm of how much g stretches volume.
    A subclass gives `_mix`, `_inverse` and, where g does not preserve volume, `_log_det`.
    """

    thread_safe: ClassVar[bool] = True

    n: int = Field(2, ge=1, le=MOST_CONTROLS, description="how many controls there are")

    @property
    def controls(self) -> tuple[Control, ...]:
        """z1 .. zn."""
        return tuple(Control(f"z{i}", "", 1.0, "a bare number", limit=LIMIT) for i in range(1, self.n + 1))

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(n,), unless the mixing lifts."""
        return (self.n,)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The mixing's name and settings."""
        return {"mixing": type(self).__name__, "settings": self.settings()}

    def observe(self, z: Float[np.ndarray, "N n"]) -> Float32[np.ndarray, "N m"]:
        """Return g(z), rounded once; raises InvalidValue for a wrong shape or non-finite values."""
        return self.mix(z).astype(np.float32)

    def mix(self, z: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N m"]:
        """Return g(z) in float64; raises InvalidValue for a wrong shape or non-finite values."""
        return self._mix(checked_rows("z", z, self.n))

    def inverse(self, x: Float[np.ndarray, "N m"]) -> Float64[np.ndarray, "N n"]:
        """Return the controls whose observation in float64 is x; raises InvalidValue as `mix` does."""
        return self._inverse(checked_rows("x", x, self.observation_shape[0]))

    def log_det(self, z: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, " N"]:
        """Return log det(J^T J) / 2 at z, J = dg/dz: log |det J| where g keeps the dimension; raises as `mix` does."""
        return self._log_det(checked_rows("z", z, self.n))

    @abstractmethod
    def _mix(self, z: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N m"]: ...

    @abstractmethod
    def _inverse(self, x: Float64[np.ndarray, "N m"]) -> Float64[np.ndarray, "N n"]: ...

    def _log_det(self, z: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, " N"]:
        return np.zeros(len(z))


@WORLDS.register("identity")
class Identity(Mixing):
    """x = z, any n: nothing is mixed, so whatever recovery falls short of 1 is the training's or the measure's fault.

    | index | control | unit | range |
    |---|---|---|---|
    | 0 .. n - 1 | z1 .. zn | none | R |
    """

    def _mix(self, z: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N n"]:
        return z.copy()

    def _inverse(self, x: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N n"]:
        return x.copy()
