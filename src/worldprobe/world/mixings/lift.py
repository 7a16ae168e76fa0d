"""Lift: few controls seen through many numbers, by a random smooth network that is injective by construction."""

from __future__ import annotations

from functools import lru_cache
from math import asinh, sqrt
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from pydantic import Field, model_validator

from worldprobe._util.registry import ImpossibleSetting
from worldprobe._util.seeds import stream
from worldprobe.world.mixings.mixing import MOST_LAYERS, Mixing
from worldprobe.world.mixings.products import on_grid, steady_product
from worldprobe.world.world import WORLDS


class Layer(NamedTuple):
    """h -> activation(h weights + bias); the rows of `weights` are orthogonal and none is 0, so it is injective."""

    weights: Float64[np.ndarray, "before m"]
    bias: Float64[np.ndarray, " m"]


@WORLDS.register("lift")
class Lift(Mixing):
    """A random smooth injective network from R^n to R^m, m >= n: the observation has more numbers than controls.

    Each of the layers (n to m, then m to m) is h -> s(h A + b), where A has orthogonal rows of length sqrt(m / before),
    so that numbers keep their size, b ~ N(0, I), and s(u) = asinh(steepness u) / asinh(steepness) is smooth and
    strictly increasing. All are drawn from `seed`. The more m exceeds n, the better z can be read off x linearly
    already, as from any wide layer of random features.

    `inverse` is exact on the range of g, an n-dimensional surface in R^m, and projects other points layer by layer;
    `log_det` is the stretch log det(J^T J) / 2 of volume within that surface.

    | index | control | unit | range |
    |---|---|---|---|
    | 0 .. n - 1 | z1 .. zn | none | R |
    """

    m: int = Field(8, ge=1, le=1_000_000, description="numbers in an observation, n or more")
    layers: int = Field(3, ge=1, le=MOST_LAYERS, description="layers of the network")
    steepness: float = Field(20.0, gt=0.0, le=1000.0, description="how bent the activation is; near 0 it is linear")
    seed: int = Field(0, ge=0, description="seed of the weights and biases")

    @model_validator(mode="after")
    def _rises(self) -> Lift:
        if self.m < self.n:
            raise ImpossibleSetting("m", self.m, f"a lift is injective, so m must be n = {self.n} or more")
        return self

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(m,)."""
        return (self.m,)

    def _mix(self, z: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, "N m"]:
        h = z
        for layer in self._network():
            h = np.arcsinh(self.steepness * (steady_product(h, layer.weights) + layer.bias)) / asinh(self.steepness)
        return h

    def _inverse(self, x: Float64[np.ndarray, "N m"]) -> Float64[np.ndarray, "N n"]:
        h = x
        for weights, bias in reversed(self._network()):
            before = np.sinh(asinh(self.steepness) * h) / self.steepness - bias
            h = before @ np.linalg.pinv(weights)
        return h

    def _log_det(self, z: Float64[np.ndarray, "N n"]) -> Float64[np.ndarray, " N"]:
        h, jacobian = z, np.broadcast_to(np.eye(self.n), (len(z), self.n, self.n))
        for weights, bias in self._network():
            steep = self.steepness * (h @ weights + bias)
            slope = self.steepness / np.sqrt(1.0 + steep**2) / asinh(self.steepness)
            h, jacobian = np.arcsinh(steep) / asinh(self.steepness), (jacobian @ weights) * slope[:, None, :]
        stretch: np.ndarray = np.linalg.slogdet(jacobian @ jacobian.transpose(0, 2, 1)).logabsdet
        return stretch / 2.0

    def _network(self) -> tuple[Layer, ...]:
        return _layers(self.n, self.m, self.layers, self.seed)


@lru_cache(maxsize=8)
def _layers(n: int, m: int, layers: int, seed: int) -> tuple[Layer, ...]:
    rng = stream(seed, "lift")
    network = []
    for before in [n] + [m] * (layers - 1):
        orthogonal_rows = np.linalg.qr(rng.standard_normal((m, before))).Q.T
        network.append(Layer(on_grid(sqrt(m / before) * orthogonal_rows), rng.standard_normal(m)))
    return tuple(network)
