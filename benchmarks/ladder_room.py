"""One assumption broken at a time in the room, from frames: trained recovery, prediction and what the audit says.

    python benchmarks/ladder_room.py [--seeds 3] [--jobs 2] [--kept FOLDER]

The furnished room at 32 px with six camera controls of pair correlation .5; 50,000 frames, LeJEPA with the weight that
the room's window has its best at (docs/studies/lambda.md), 600 steps. The violations of `ladder.py`: most of them at
half of their scale and at its end, some at its end alone. results/ladder_room.json. R^2 is that of fresh pairs of the
same exploration, "canonical" that of independent N(0, I) controls. Two quiet cores with --jobs 2 take about 35 minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kept_rows import Row, kept_rows
from ladder import said, shown
from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import rounded
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import REGIMES, Pairs
from worldprobe.measures.probes import fit_probe
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, embed, train
from worldprobe.train.training_settings import TrainingSettings
from worldprobe.world import Control
from worldprobe.world.world import WORLDS

RHO, FRAMES, FRESH, LAMBDA = 0.5, 50_000, 5000, 0.005
AT_ONCE = 4096
"""Frames that are drawn at once."""
SLOWEST = {"yaw", "pitch", "roll"}
"""Controls that keep their correlation where the others' falls."""

Draw = Callable[[Sequence[Control], np.random.Generator, int], Pairs]

Sensor = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""From frames, of which pairs are consecutive, to what the sensor makes of them."""


@dataclass(frozen=True)
class Rung:
    """An exploration, a sensor, the embedding's dimensions (None: as many as controls), and the share of the steps."""

    draw: Draw
    sensor: Sensor | None = None
    d: int | None = None
    share_of_steps: float = 1.0


def explored(name: str, controls: Sequence[Control], rng: np.random.Generator, frames: int, **settings: Any) -> Pairs:
    """Return pairs of a regime."""
    return REGIMES[name](**settings).sample(frames, controls, rng)


def unequal(fast: float, controls: Sequence[Control], rng: np.random.Generator, frames: int) -> Pairs:
    """Return Gaussian pairs in which the camera turns slowly and moves fast."""
    rho = {control.name: RHO if control.name in SLOWEST else fast for control in controls}
    return REGIMES["gaussian"](rho=rho).sample(frames, controls, rng)


def truncated(reach: float, controls: Sequence[Control], rng: np.random.Generator, frames: int) -> Pairs:
    """Return Gaussian pairs of which, control by control, those with both members within reach are kept."""
    columns = []
    for control in controls:
        kept = np.empty((0, 2), dtype=np.float32)
        while len(kept) < frames // 2:
            z = REGIMES["gaussian"](rho=RHO).sample(4 * frames, [control], rng).controls.reshape(-1, 2)
            kept = np.concatenate([kept, z[(np.abs(z) < reach).all(axis=1)]])
        columns.append(kept[: frames // 2])
    return Pairs(np.stack(columns, axis=2).reshape(-1, len(columns)), np.arange(frames).reshape(-1, 2))


def regime(name: str, **settings: Any) -> Draw:
    """Return how pairs of a regime are drawn."""
    return partial(explored, name, **settings)


def noisy(levels: float) -> Sensor:
    """Return a sensor with noise of so many grey levels in every frame."""
    return lambda x, rng: x + levels * rng.standard_normal(x.shape)


def brightened(sd: float) -> Sensor:
    """Return a sensor whose brightness is drawn anew for each pair, the same for both members."""
    return lambda x, rng: x * np.repeat(1.0 + sd * rng.standard_normal(len(x) // 2), 2)[:, None, None, None]


def covered(side: int) -> Sensor:
    """Return a sensor that sees a grey square at a random place of every frame."""

    def sense(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x, high = x.copy(), x.shape[1] - side + 1
        for frame, (row, column) in zip(x, rng.integers(0, high, (len(x), 2)), strict=True):
            frame[row : row + side, column : column + side] = 128
        return x

    return sense


CLEAN = regime("gaussian", rho=RHO)
VIOLATIONS: dict[str, tuple[str, Callable[[float], Rung], tuple[float, ...]]] = {
    "non-Gaussian marginal": (
        "shape alpha 2 to 0.5",
        lambda s: Rung(regime("generalised-normal", alpha=2.0 * 0.25**s, rho=RHO, pairing="siblings")),
        (0.5, 1.0),
    ),
    "drift": (
        "centre moves by 0 to 2 sd",
        lambda s: Rung(regime("drift", amount=2.0 * s, rho=RHO)),
        (0.5, 1.0),
    ),
    "state-dependent noise": ("amount 0 to 1", lambda s: Rung(regime("state-noise", amount=s, rho=RHO)), (1.0,)),
    "unequal rho": (
        "rho of three controls 0.5 to 0.1, of three 0.5",
        lambda s: Rung(partial(unequal, round(RHO - 0.4 * s, 3))),
        (0.5, 1.0),
    ),
    "truncation": ("range +-4 to +-1 sd", lambda s: Rung(partial(truncated, 4.0 * 0.25**s)), (0.5, 1.0)),
    "low rho": ("rho 0.5 to 0.17, which truncation leaves", lambda s: Rung(regime("gaussian", rho=0.17)), (1.0,)),
    "correlated controls": (
        "correlation 0 to 0.98",
        lambda s: Rung(regime("correlated", correlation=0.98 * s, rho=RHO)),
        (0.5, 1.0),
    ),
    "jumps": ("share of steps 0 to 0.9", lambda s: Rung(regime("jumps", p=0.9 * s, rho=RHO)), (0.5, 1.0)),
    "occlusion": (
        "a grey square, up to 3/4 of the side",
        lambda s: Rung(CLEAN, sensor=covered(round(24 * s))),
        (1.0,),
    ),
    "nuisance per pair": ("brightness, sd 0 to 50 %", lambda s: Rung(CLEAN, sensor=brightened(0.5 * s)), (1.0,)),
    "sensor noise": ("0 to 64 grey levels", lambda s: Rung(CLEAN, sensor=noisy(64.0 * s)), (0.5, 1.0)),
    "wrong width": ("d 6 to 12", lambda s: Rung(CLEAN, d=round(6 + 6 * s)), (1.0,)),
    "early stop": (
        "all to 1/16 of the steps",
        lambda s: Rung(CLEAN, share_of_steps=16.0**-s),
        (0.5, 1.0),
    ),
}
"""The scale of each, from severity to a rung, and the severities that are made."""

PLACES: dict[str, tuple[str, float]] = {"none": ("none", 0.0)} | {
    violation if severity == 1.0 else f"{violation} {severity:g}": (violation, severity)
    for violation, (*_, severities) in VIOLATIONS.items()
    for severity in severities
}
"""Of every rung by its name: which violation, and how severe."""


def rung_of(name: str) -> Rung:
    """Return a rung by its name."""
    violation, severity = PLACES[name]
    return VIOLATIONS[violation][1](severity) if severity else Rung(CLEAN)


def drawn(world: Any, rung: Rung, frames: int, seed: int, kind: str) -> tuple[Pairs, np.ndarray]:
    """Return pairs of controls and their frames, with the sensor's noise."""
    pairs = rung.draw(world.controls, stream(seed, kind), frames)
    rng, x = stream(seed, kind, "sensor"), np.empty((len(pairs.controls), *world.observation_shape), dtype=np.uint8)
    for start in range(0, len(x), AT_ONCE):
        seen = world.observe(pairs.controls[start : start + AT_ONCE])
        if rung.sensor is not None:
            seen = rung.sensor(seen.astype(np.float64), rng).round().clip(0, 255)
        x[start : start + AT_ONCE] = seen
    return pairs, x


def trained(name: str, steps: int, frames: int, seed: int) -> Row:
    """Train on one rung with one seed; return R^2 per control within the exploration and on canonical points."""
    rung, unpaired = rung_of(name), regime("gaussian", rho=0.0)
    with WORLDS["room"](size=32) as world:  # type: ignore[call-arg]
        pairs, x = drawn(world, rung, frames, seed, "train")
        encoder = ENCODERS["patchify"]().build(world.observation_shape, rung.d or len(world.controls), seed)
        settings = TrainingSettings(steps=max(round(steps * rung.share_of_steps), 1), batch=256, lr=3e-3)
        train(encoder, OBJECTIVES["lejepa"](**{"lambda": LAMBDA}), PairData(x, pairs.index), settings, seed)
        found = {}
        for what, draw in (("own", rung.draw), ("canonical", unpaired)):
            fresh, frames_of_it = drawn(world, Rung(draw, sensor=rung.sensor), 2 * FRESH, seed, "fresh")
            order = stream(seed, "halves").permutation(2 * FRESH)  # where the centre drifts, halves in time differ
            h, z = embed(encoder, frames_of_it)[order], fresh.controls.astype(np.float64)[order]
            found[what] = r2_per_column(z[FRESH:], fit_probe(h[:FRESH], z[:FRESH])(h[FRESH:])).tolist()
    print(name, seed, {what: round(float(np.mean(r2)), 3) for what, r2 in found.items()}, flush=True)
    return found


def audited(name: str) -> Row:
    """Return the prediction and the audit of one rung's controls."""
    controls = WORLDS["room"](size=32).controls  # type: ignore[call-arg]
    names = tuple(control.name for control in controls)
    rung = rung_of(name)
    return said(lambda rng, frames: rung.draw(controls, rng, frames), rung.d or len(names), names, RHO - RHO**2)


def main() -> None:
    """Train, predict, audit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="processes, one training each")
    parser.add_argument("--kept", type=Path, help="a folder for finished trainings, so that an interrupted run goes on")
    parser.add_argument("--only", nargs="+", choices=PLACES, help="print these, write nothing")
    given = parser.parse_args()
    names = given.only or list(PLACES)
    wanted: dict[str, Callable[[], Row]] = {f"audit of {name}": partial(audited, name) for name in names}
    wanted |= {
        f"{name}, {given.steps} steps, {given.frames} frames, seed {seed}": partial(
            trained, name, given.steps, given.frames, seed
        )
        for name in names
        for seed in range(given.seeds)
    }
    made = kept_rows(given.kept, given.jobs, wanted)
    rows = []
    for place, name in enumerate(names):
        runs = made[len(names) + place * given.seeds :][: given.seeds]
        own, canonical = (np.array([run[what] for run in runs]) for what in ("own", "canonical"))
        violation, severity = PLACES[name]
        scale = VIOLATIONS[violation][0] if severity else ""
        row: dict[str, Any] = {"violation": violation, "severity": severity, "scale": scale}
        row |= {"trained": rounded(list(own.mean(axis=1))), "trained per control": rounded(own.mean(axis=0))}
        rows.append(row | {"canonical": rounded(list(canonical.mean(axis=1)))} | made[place])
        print(rows[-1], flush=True)
    if given.only:
        return
    settings = {"steps": given.steps, "frames": given.frames, "seeds": given.seeds, "rho": RHO, "lambda": LAMBDA}
    document = {
        "what": "One assumption broken at a time in the furnished room: trained recovery, prediction, the audit",
        "settings": settings,
        "machine": described(),
        "rows": shown(rows),
    }
    write_json(RESULTS / "ladder_room.json", document)
    rewrite()


if __name__ == "__main__":
    main()
