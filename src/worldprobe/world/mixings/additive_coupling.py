"""Additive coupling: the paper's mixing for any even dimension (arXiv 2605.26379, up to n = 1024)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np
from jaxtyping import Float64
from pydantic import Field, field_validator

from worldprobe._util.seeds import stream
from worldprobe.world.mixings.mixing import MOST_LAYERS, Mixing
from worldprobe.world.mixings.products import on_grid, steady_product
from worldprobe.world.world import WORLDS

GAIN = 2.0
"""What the orthogonal matrices are multiplied by: pre-activations then reach well into where tanh is flat."""


@WORLDS.register("additive-coupling")
class AdditiveCoupling(Mixing):
    """Layers that shift one half of the vector by a function of the other; n even, volume is preserved.

    Layer k = 0, 2, ... is z_b += tanh(z_a W_k), layer k = 1, 3, ... is z_a += tanh(z_b W_k), with z_a the first half
    and z_b the second; W_k is 2 times an orthogonal matrix, the Q of a Gaussian matrix's QR decomposition drawn from
    `seed`. The paper's scaling experiment has four layers and, in each of its runs, a mixing of its own.

    | index | control | unit | range |
    |---|---|---|---|
    | 0 .. n - 1 | z1 .. zn | none | R |
    """

    layers: int = Field(4, ge=1, le=MOST_LAYERS, description="coupling layers")
    seed: int = Field(0, ge=0, description="seed of the layers' matrices")

    @field_validator("n")
    @classmethod
    def _has_halves(cls, n: int) -> int:
        if n % 2:
            raise ValueError("coupling layers need two halves of one size, so n must be even, 2 or more")
        return n

    @property
    def weights(self) -> Float64[np.ndarray, "layers half half"]:
        """The matrices W_k, read-only: `inverse-coupling` with these weights and as many layers undoes this world."""
        return _orthogonal_weights(self.layers, self.n // 2, self.seed)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The settings and the SHA-256 of the weights."""
        return {**super().fingerprint, "weights": sha256(self.weights.tobytes()).hexdigest()}

    def _mix(self, z: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N n"]:
        return self._shifted(z, range(self.layers), 1.0)

    def _inverse(self, x: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N n"]:
        return self._shifted(x, reversed(range(self.layers)), -1.0)

    def _shifted(
        self, vectors: Float64[np.ndarray, "N n"], order: Iterable[int], sign: float
    ) -> Float64[np.ndarray, "N n"]:
        halves = [half.copy() for half in np.split(vectors, 2, axis=1)]
        for k in order:
            halves[1 - k % 2] += sign * np.tanh(steady_product(halves[k % 2], self.weights[k]))
        return np.concatenate(halves, axis=1)


@WORLDS.register("coupling")
class Coupling(AdditiveCoupling):
    """The paper's fourth 2-D mixing, "RealNVP style": eight coupling layers; any even n.

    The paper names RealNVP, whose layers also scale (arXiv 1605.08803); its public code only shifts, with the same
    layers as `additive-coupling`, and so does this world. An orthogonal 1 x 1 matrix is 1: at n = 2 every weight is 2
    and `seed` changes nothing, here and there.

    | index | control | unit | range |
    |---|---|---|---|
    | 0 .. n - 1 | z1 .. zn | none | R |
    """

    layers: int = Field(8, ge=1, le=MOST_LAYERS, description="coupling layers")


@lru_cache(maxsize=8)
def _orthogonal_weights(layers: int, half: int, seed: int) -> Float64[np.ndarray, "layers half half"]:
    gaussian = stream(seed, "additive-coupling").standard_normal((layers, half, half))
    weights = on_grid(GAIN * np.linalg.qr(gaussian).Q)
    weights.setflags(write=False)
    return weights
