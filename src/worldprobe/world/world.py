"""What every world is: named, standardised controls and a deterministic map from them to observations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from math import inf
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from worldprobe._util.registry import Component, Registry

WORLDS: Registry[type[World]] = Registry("world", "worldprobe worlds", "worldprobe.world")


@dataclass(frozen=True)
class Control:
    """One hidden control z ~ N(0, 1) and the physical quantity that it moves.

    The quantity is `centre + squash(scale * z)`, in `unit`. The squash u / (1 + (u / limit)^4)^(1/4) is smooth,
    strictly increasing and nearly linear at the centre; its range is (-limit, limit), so no z can leave what the
    world allows.

    `period` is that of a cyclic control, an angle, in that unit: values a period apart look alike.
    """

    name: str
    unit: str
    scale: float
    meaning: str
    centre: float = 0.0
    limit: float = inf
    period: float | None = None

    def described(self) -> dict[str, str | float | None]:
        """Return the fields, JSON-able: a limit of infinity is None; `period` only where there is one."""
        fields = {**asdict(self), "limit": None if self.limit == inf else self.limit}
        return fields if self.period is not None else {k: v for k, v in fields.items() if k != "period"}

    def physical(self, z: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the physical quantity at control values z."""
        u = self.scale * np.asarray(z, dtype=np.float64)
        return self.centre + u / np.sqrt(np.sqrt(1.0 + (u / self.limit) ** 4))

    def standardised(self, physical: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return the control values z whose physical quantity this is; the inverse of `physical`.

        Raises ValueError where |physical - centre| >= limit: no control value reaches it.
        """
        v = np.asarray(physical, dtype=np.float64) - self.centre
        if np.any(np.abs(v) >= self.limit):
            raise ValueError(
                f"{self.name}: |value - centre| reaches {np.abs(v).max():g} {self.unit}, beyond {self.limit:g}"
            )
        return v / np.sqrt(np.sqrt(1.0 - (v / self.limit) ** 4)) / self.scale


class World(Component, ABC):
    """A deterministic map from controls to observations; its fields (size, renderer ...) are its settings.

    Deterministic to the byte: the same controls give the same observation, alone or in any batch, in any order.
    A world may hold processes or graphics contexts: use it as a context manager, or call `close`.
    """

    registry: ClassVar[Registry[type[World]]] = WORLDS
    thread_safe: ClassVar[bool] = False
    """Whether `observe` may be called from several threads at a time: fresh pairs are then drawn beside training."""

    @property
    @abstractmethod
    def controls(self) -> tuple[Control, ...]:
        """The hidden controls, in the order of the columns of z."""

    @property
    @abstractmethod
    def observation_shape(self) -> tuple[int, ...]:
        """(H, W, 3) where observations are uint8 frames, (m,) where they are float32 vectors."""

    @property
    @abstractmethod
    def fingerprint(self) -> dict[str, Any]:
        """All that the observations depend on, JSON-able: settings, geometry's hash, renderer and its version."""

    @abstractmethod
    def observe(self, z: Float[np.ndarray, "N n"]) -> Shaped[np.ndarray, "N ..."]:
        """Return the observations of N control vectors: uint8 (N, H, W, 3) or float32 (N, m)."""

    def hero(self) -> UInt8[np.ndarray, "H W 3"] | None:
        """Return a still that shows this world at its best, for reports; None where it has none."""
        return None

    def close(self) -> None:
        """Give back processes and graphics contexts; the world may be used again and reopens them."""

    def __enter__(self) -> World:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_world(named: World | str) -> World:
    """Return a world by its name or by the path of a file that is one; raises UnknownName."""
    if isinstance(named, World):
        return named
    name, settings = WORLDS.resolved(named)
    return WORLDS[name].model_validate(settings)
