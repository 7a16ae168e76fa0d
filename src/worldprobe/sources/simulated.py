"""Sources that are simulated: a world explored by a regime, and the points of a world's test sets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.sources.source import NO_PAIRS, Sample, Source, Split
from worldprobe.world.world import WORLDS, Control, World

GRID_REACH = 3.0
"""The grid's box is [-3, 3]^n."""


@dataclass(frozen=True, eq=False)
class OfWorld(Source):
    """A source whose frames are a world's observations of the controls.

    `style` names controls of the world that are nuisance: N(0, 1), drawn for every frame by itself, and so afresh
    within each pair. They are not among the source's controls. `draw_of_style` numbers further draws: same
    controls, same pairs, other style.
    """

    world: World
    style: tuple[str, ...] = field(default=(), kw_only=True)
    draw_of_style: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        names = [spec.name for spec in self.world.controls] if self.style else []
        for name in self.style:
            if name not in names:
                raise UnknownName("control of style", name, names, "worldprobe worlds")
        if self.style and set(self.style) >= set(names):
            raise InvalidValue("style", list(self.style), "fewer than all controls", "Something must be left to find.")

    @property
    def world_name(self) -> str:  # type: ignore[override]
        kind = type(self.world)
        return WORLDS.name_of(kind) if kind in WORLDS.values() else kind.__qualname__

    @property
    def controls(self) -> tuple[Control, ...]:
        return tuple(spec for spec in self.world.controls if spec.name not in self.style)

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return tuple(self.world.observation_shape)

    @property
    def fingerprint(self) -> dict[str, Any]:
        made = {"world": self.world.fingerprint, **self._exploration()}
        return made | {"style": list(self.style)} if self.style else made

    def sample(self, split: Split, frames: int | None, seed: int) -> Sample:
        if frames is None or frames < 1:
            raise InvalidValue("frames", frames, "1 or more")
        if seed < 0:
            raise InvalidValue("seed", seed, "0 or more")
        drawn = self._drawn(split, frames, seed)
        if not self.style:
            return Sample(drawn)
        rng = stream(seed, "style", self._exploration()["name"], split, self.draw_of_style)
        return Sample(drawn, style=self._styles(len(drawn.controls), rng))

    def restyled(self) -> OfWorld:
        """Return this source with another draw of its style: the same controls and pairs, other frames."""
        return replace(self, draw_of_style=self.draw_of_style + 1)

    def frames(self, sample: Sample, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "N ..."]:
        return self._observed(sample.controls[rows], None if sample.style is None else sample.style[rows])

    def first_frame(self) -> Shaped[np.ndarray, "N ..."]:
        return self.world.observe(np.zeros((1, len(self.world.controls)), dtype=np.float32))

    @contextmanager
    def enlarged(self, size: int) -> Iterator[Source]:
        if "size" not in type(self.world).model_fields:
            yield self
            return
        # A world of its own, made from settings: a copy would share the open renderer, draw at its size and close it.
        with type(self.world).model_validate({**self.world.settings(), "size": size}) as larger:
            yield Canonical(larger, style=self.style)

    def close(self) -> None:
        self.world.close()

    def _exploration(self) -> dict[str, Any]:
        """Return the name and settings of what chooses the controls."""
        return {"name": type(self).__name__.lower(), "settings": {}}

    def _styles(self, frames: int, rng: np.random.Generator) -> Float[np.ndarray, "frames s"]:
        return rng.standard_normal((frames, len(self.style))).astype(np.float32)

    def _observed(
        self, controls: Float[np.ndarray, "N n"], style: Float[np.ndarray, "N s"] | None
    ) -> Shaped[np.ndarray, "M ..."]:
        """Return the world's observations of controls and style, each in its columns."""
        if style is None:
            return self.world.observe(controls)
        whole = np.empty((len(controls), len(self.world.controls)), dtype=np.float32)
        names = [spec.name for spec in self.world.controls]
        whole[:, [names.index(spec.name) for spec in self.controls]] = controls
        whole[:, [names.index(name) for name in self.style]] = style
        return self.world.observe(whole)

    @abstractmethod
    def _drawn(self, split: Split, frames: int, seed: int) -> Pairs:
        """Return the controls and pairs of a split."""


@dataclass(frozen=True, eq=False)
class Simulated(OfWorld):
    """A world explored by a regime; every split is drawn from the stream of (seed, split)."""

    regime: Regime

    def fresh(self, frames: int, rng: np.random.Generator) -> tuple[Pairs, Shaped[np.ndarray, "N ..."]]:
        """Return pairs that are drawn from a generator of one's own, and the frames of all of them."""
        pairs = self.regime.sample(frames, self.controls, rng)
        style = self._styles(len(pairs.controls), rng) if self.style else None
        return pairs, self._observed(pairs.controls, style)

    def exact_correlation(self) -> Float[np.ndarray, " n"] | None:
        return self.regime.exact_correlation(self.controls)

    def exact_prediction_error(self) -> float | None:
        return self.regime.exact_prediction_error(self.controls)

    def dynamics(self) -> ClosedLoop | None:
        return self.regime.dynamics(self.controls)

    def exact_marginal(self) -> str | None:
        return self.regime.exact_marginal(self.controls)

    @property
    def ornstein_uhlenbeck(self) -> bool:
        return self.regime.ornstein_uhlenbeck

    def _exploration(self) -> dict[str, Any]:
        return {"name": name_of(self.regime), "settings": self.regime.settings()}

    def _drawn(self, split: Split, frames: int, seed: int) -> Pairs:
        return self.regime.sample(frames, self.controls, stream(seed, "exploration", name_of(self.regime), split))


class Canonical(OfWorld):
    """Independent N(0, I) controls, without pairs; the first frames of a larger sample are those of a smaller one."""

    def _drawn(self, split: Split, frames: int, seed: int) -> Pairs:
        drawn = stream(seed, "canonical", split).standard_normal((frames, len(self.controls)))
        return Pairs(drawn.astype(np.float32), NO_PAIRS)


class Grid(OfWorld):
    """Controls that cover the box [-3, 3]^n evenly, without pairs: a regular grid of at most `frames` points.

    Where a probe is fitted, and where even a grid of 2 points per control is too large, the points are drawn uniformly
    from the box instead.
    """

    def _drawn(self, split: Split, frames: int, seed: int) -> Pairs:
        n = len(self.controls)
        side = int((frames + 0.5) ** (1 / n))
        if split == "test" and side >= 2:
            axes = np.meshgrid(*[np.linspace(-GRID_REACH, GRID_REACH, side)] * n, indexing="ij")
            controls = np.stack([axis.ravel() for axis in axes], axis=1)
        else:
            controls = stream(seed, "grid", split).uniform(-GRID_REACH, GRID_REACH, (frames, n))
        return Pairs(controls.astype(np.float32), NO_PAIRS)


def name_of(regime: Regime) -> str:
    """Return a regime's registered name, or where its class lives for one that was never registered."""
    kind = type(regime)
    return REGIMES.name_of(kind) if kind in REGIMES.values() else f"{kind.__module__}.{kind.__qualname__}"
