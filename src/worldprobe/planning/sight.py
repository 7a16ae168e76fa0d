"""What a planner sees: the embeddings of one world's frames, with checks that encoder and world belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Shaped

from worldprobe.errors import InvalidValue, WrongWorld
from worldprobe.world import WORLDS, World

Encode = Callable[[np.ndarray], np.ndarray]
"""From observations (N, ...) to embeddings (N, d)."""


@dataclass(frozen=True)
class TrainedEncoder:
    """An encoder with the world that it was trained on, so that using it in another world is an error."""

    encode: Encode
    world: dict[str, Any]
    """The world's name and settings, flat."""

    @classmethod
    def of(cls, encode: Encode, world: World) -> TrainedEncoder:
        """Return an encoder that was trained on this world."""
        return cls(encode, described(world))

    def check(self, world: World) -> None:
        """Raise WrongWorld, naming what differs, for another world than the encoder's own."""
        here = described(world)
        keys = dict.fromkeys([*self.world, *here])
        unlike = [
            f"{k} was {self.world.get(k)!r}, is {here.get(k)!r}" for k in keys if self.world.get(k) != here.get(k)
        ]
        if unlike:
            raise WrongWorld(
                f"This encoder was trained on another world: {'; '.join(unlike)}. "
                "Plan in the world that it was trained on, or train an encoder on this one."
            )

    def __call__(self, observations: Shaped[np.ndarray, "N ..."]) -> Float[np.ndarray, "N d"]:
        """Return the embeddings."""
        return self.encode(observations)


class Sight:
    """An encoder and the world in which to plan: embeddings in float64, of frames or of the views at given controls.

    Raises WrongWorld where the encoder is a `TrainedEncoder` of another world.
    """

    def __init__(self, encode: Encode, world: World) -> None:
        if isinstance(encode, TrainedEncoder):
            encode.check(world)
        self.encode, self.world = encode, world

    def at(self, z: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N d"]:
        """Return the embeddings of what the world shows at these controls."""
        return self.of(self.world.observe(z))

    def of(self, observations: Shaped[np.ndarray, "..."], name: str = "frames") -> Float64[np.ndarray, "N d"]:
        """Return the embeddings of observations.

        Raises InvalidValue for observations that are not this world's in size or type, and for an encoder that does not
        give one finite vector each.
        """
        expected, given = tuple(self.world.observation_shape), tuple(observations.shape)
        if given[1:] != expected:
            raise InvalidValue(
                name, given, f"(N, {', '.join(map(str, expected))}), N observations of this world",
                "Draw or resize the picture to that size.",
            )  # fmt: skip
        if len(expected) == 3 and observations.dtype != np.uint8:
            raise InvalidValue(name, str(observations.dtype), "uint8, 0 to 255, for frames")
        h = np.asarray(self.encode(np.array(observations)), dtype=np.float64)  # a model may change its input
        if h.ndim != 2 or len(h) != len(observations) or not np.isfinite(h).all():
            found = h.shape if np.isfinite(h).all() else "NaN or infinity"
            raise InvalidValue("embedding", found, f"({len(observations)}, d) finite numbers, a row per observation")
        return h


def described(world: World) -> dict[str, Any]:
    """Return a world's name, observation shape and settings in one flat mapping."""
    kind = type(world)
    name = WORLDS.name_of(kind) if kind in WORLDS.values() else kind.__qualname__
    return {"world": name, "observation_shape": list(world.observation_shape), **world.settings()}
