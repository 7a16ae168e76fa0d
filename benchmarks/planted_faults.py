"""Trainings with one planted fault each, of four kinds: severities drawn at random from a seed, or chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ladder import CLEAN, RHO, WORLD, Noise, Rung, explored, noisy
from worldprobe.world.world import WORLDS

FULL = 20_000
PARTS = ("regime", "scene", "data", "optimisation")
EACH = 3
"""Cases of every kind."""


@dataclass(frozen=True)
class Case:
    """A training: an exploration with its sensor, frames, and the share of the steps that is taken."""

    rung: Rung = CLEAN
    frames: int = FULL
    share: float = 1.0

    def mended(self, part: str) -> Case:
        """Return the same training with one part mended."""
        if part == "regime":
            return replace(self, rung=replace(CLEAN, sensor=self.rung.sensor))
        if part == "scene":
            return replace(self, rung=replace(self.rung, sensor=None))
        if part == "data":
            return replace(self, frames=FULL if self.frames < FULL else 2 * FULL)
        return replace(self, share=1.0 if self.share < 1.0 else 2.0)


@dataclass(frozen=True)
class Fault:
    """A planted fault; `name` has its severity."""

    part: str
    what: str
    severity: float

    @property
    def name(self) -> str:
        """What is written in a table."""
        return FAULTS[self.what].title.format(self.severity).replace("%", " %")

    def case(self) -> Case:
        """Return the training that has it and no other."""
        return FAULTS[self.what].case(self.severity)


@dataclass(frozen=True)
class Kind:
    """How a fault is named, how it is planted, and the range that severities are drawn from (of logarithms: `log`)."""

    part: str
    title: str
    case: Callable[[float], Case]
    low: float
    high: float
    log: bool = False

    def drawn(self, rng: np.random.Generator) -> float:
        """Return a severity to two significant digits."""
        ends = np.array([self.low, self.high])
        found = np.exp(rng.uniform(*np.log(ends))) if self.log else rng.uniform(*ends)
        return float(f"{found:.2g}")


def seen(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Noise:
    """Return a sensor that shows z2 changed."""
    return lambda x, z, rng: WORLDS[WORLD]().observe(np.stack([z[:, 0], change(z[:, 1], rng)], 1).astype(np.float32))


def in_some(share: float, change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Case:
    """Return a training whose sensor shows z2 changed in a share of the frames."""
    sensor = seen(lambda z, rng: np.where(rng.random(len(z)) < share, change(z, rng), z))
    return Case(replace(CLEAN, sensor=sensor))


def heavy(alpha: float) -> Case:
    """Return a training whose exploration has a heavy-tailed marginal of this shape; 2 is Gaussian."""
    return Case(explored("generalised-normal", alpha=alpha, rho=RHO, pairing="siblings"))


FAULTS = {
    "marginal": Kind("regime", "marginal of shape {:g}", heavy, 0.35, 1.0),
    "noise": Kind("scene", "noise of {:g} sd", lambda s: Case(replace(CLEAN, sensor=noisy(s))), 0.2, 1.0),
    "replaced": Kind(
        "scene", "z2 replaced in {:.0%}", lambda s: in_some(s, lambda z, rng: rng.standard_normal(len(z))), 0.1, 0.6
    ),
    "unsigned": Kind("scene", "sign of z2 unseen in {:.0%}", lambda s: in_some(s, lambda z, rng: np.abs(z)), 0.2, 1.0),
    "frames": Kind("data", "{:.0f} frames", lambda s: Case(frames=4 * round(s / 4)), 80, 800, log=True),
    "steps": Kind("optimisation", "1/{:.0f} of the steps", lambda s: Case(share=1 / s), 8, 150, log=True),
}


CHOSEN = [
    *(Fault("regime", "marginal", alpha) for alpha in (0.7, 0.5, 0.35)),
    *(Fault("scene", what, severity) for what, severity in (("noise", 0.5), ("replaced", 0.25), ("unsigned", 1.0))),
    *(Fault("data", "frames", frames) for frames in (100, 200, 400)),
    *(Fault("optimisation", "steps", steps) for steps in (100, 25, 10)),
]
"""Twelve faults chosen by hand after a trial of one seed, and not blindly."""


def drawn_faults(rng: np.random.Generator, answered: Callable[[Fault], bool]) -> tuple[list[Fault], list[Fault]]:
    """Return three faults of each kind, and those that were drawn but not `answered`.

    A heavy-tailed exploration is only a case where its prediction is known closely; nothing is trained to find out.
    """
    found: list[Fault] = []
    passed: list[Fault] = []
    for part in PARTS:
        kinds = [what for what, kind in FAULTS.items() if kind.part == part]
        for place in range(EACH):
            what = kinds[place % len(kinds)]
            fault = Fault(part, what, FAULTS[what].drawn(rng))
            while not answered(fault):
                passed.append(fault)
                fault = Fault(part, what, FAULTS[what].drawn(rng))
            found.append(fault)
    return found, passed
