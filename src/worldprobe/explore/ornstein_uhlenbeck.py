"""Ornstein-Uhlenbeck clips: the stationary Gaussian walk that Theorem 1 assumes, and the pairs along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.explore.regime import Pairs
from worldprobe.world.world import Control

Rho = Annotated[float, Field(gt=-1.0, lt=1.0)]
Clip = Annotated[
    int,
    Field(
        ge=2,
        description="Frames in a clip. 2 draws independent pairs, which cover most of the world per frame; a longer "
        "clip is a continuous walk whose neighbouring frames pair, as in a video. The pair correlation stays rho.",
    ),
]
RHO_TEACHES = (
    "Correlation between the two members of a pair, in (-1, 1). Near 1 the pairs hardly differ and a small data set is "
    "memorised; near 0 they share nothing to align on."
)


def clip_index(frames: int, clip: int) -> Int[np.ndarray, "pairs 2"]:
    """Return the pairs (i, i + 1) of frames that lie in the same clip of `clip` frames, int64.

    With clip = 2 these are (0, 1), (2, 3) ...; an odd last frame then belongs to no pair.
    """
    first = np.arange(frames - 1, dtype=np.int64)
    first = first[first % clip < clip - 1]
    return np.stack([first, first + 1], axis=1)


def blocks(frames: int, clip: int, n: int) -> int:
    """Return how many clips hold `frames` frames; InvalidValue where not even one pair fits or there is no control."""
    if frames < 2:
        raise InvalidValue("frames", frames, "2 or more", "A regime draws pairs of frames.")
    if n < 1:
        raise InvalidValue("controls", n, "1 or more", "A world without controls cannot be explored.")
    return -(-frames // clip)


def ou_pairs(
    frames: int, rho: Float[np.ndarray, " n"], clip: int, rng: np.random.Generator, jump: float = 0.0
) -> Pairs:
    """Draw stationary clips of z' = rho z + sqrt(1 - rho^2) eta, with N(0, I) marginals and pair correlation rho.

    With probability `jump` a step is an independent draw instead (all controls at once), which leaves the marginal as
    it is and multiplies every pair correlation by (1 - jump). arXiv 2605.26379, equation of the Gaussian world.
    """
    count = blocks(frames, clip, len(rho))
    spread = np.sqrt(1.0 - rho**2)
    z = np.empty((count, clip, len(rho)))
    z[:, 0] = rng.standard_normal((count, len(rho)))
    for t in range(1, clip):
        noise = rng.standard_normal((count, len(rho)))
        jumps = rng.random((count, 1)) < jump if jump > 0.0 else False
        z[:, t] = np.where(jumps, noise, rho * z[:, t - 1] + spread * noise)
    controls = z.reshape(-1, len(rho))[:frames].astype(np.float32)
    return Pairs(controls, clip_index(frames, clip))


def per_control(rho: float | Mapping[str, float], controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
    """Return rho for every control, in order; a mapping must name each of the world's controls and no other."""
    if not isinstance(rho, Mapping):
        return np.full(len(controls), float(rho))
    names = [spec.name for spec in controls]
    for name in rho:
        if name not in names:
            raise UnknownName("control", name, names, "worldprobe worlds")
    missing = [name for name in names if name not in rho]
    if missing:
        raise InvalidValue("rho", dict(rho), f"one value per control; {', '.join(missing)} missing")
    return np.array([float(rho[name]) for name in names])
