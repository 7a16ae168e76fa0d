"""One assumption broken at a time in the room, from frames: trained recovery, prediction and what the audit says.

    python benchmarks/ladder_room.py [--seeds 3] [--jobs 2] [--kept FOLDER]

The furnished room at 32 px with six camera controls of pair correlation .5; 50,000 frames, LeJEPA with the weight that
the room's window has its best at (docs/studies/lambda.md), 600 steps. The violations of `ladder.py` that a room can
have, each at the end of its scale: results/ladder_room.json. R^2 is that of fresh pairs of the same exploration,
"canonical" that of independent N(0, I) controls. Two quiet cores with --jobs 2 take about 25 minutes.
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


@dataclass(frozen=True)
class Rung:
    """An exploration, noise in grey levels, and the share of the steps that is taken."""

    title: str
    draw: Draw
    noise: float = 0.0
    share_of_steps: float = 1.0


def explored(name: str, controls: Sequence[Control], rng: np.random.Generator, frames: int, **settings: Any) -> Pairs:
    """Return pairs of a regime."""
    return REGIMES[name](**settings).sample(frames, controls, rng)


def unequal(controls: Sequence[Control], rng: np.random.Generator, frames: int) -> Pairs:
    """Return Gaussian pairs in which the camera turns slowly and moves fast."""
    rho = {control.name: RHO if control.name in SLOWEST else 0.1 for control in controls}
    return REGIMES["gaussian"](rho=rho).sample(frames, controls, rng)


def truncated(controls: Sequence[Control], rng: np.random.Generator, frames: int) -> Pairs:
    """Return Gaussian pairs of which, control by control, those with both members within 1 sd are kept."""
    columns = []
    for control in controls:
        kept = np.empty((0, 2), dtype=np.float32)
        while len(kept) < frames // 2:
            z = REGIMES["gaussian"](rho=RHO).sample(4 * frames, [control], rng).controls.reshape(-1, 2)
            kept = np.concatenate([kept, z[(np.abs(z) < 1.0).all(axis=1)]])
        columns.append(kept[: frames // 2])
    return Pairs(np.stack(columns, axis=2).reshape(-1, len(columns)), np.arange(frames).reshape(-1, 2))


def regime(name: str, **settings: Any) -> Draw:
    """Return how pairs of a regime are drawn."""
    return partial(explored, name, **settings)


CLEAN = regime("gaussian", rho=RHO)
RUNGS = {
    "none": Rung("", CLEAN),
    "non-Gaussian marginal": Rung(
        "shape alpha 0.5", regime("generalised-normal", alpha=0.5, rho=RHO, pairing="siblings")
    ),
    "drift": Rung("centre moves by 2 sd", regime("drift", amount=2.0, rho=RHO)),
    "unequal rho": Rung("rho 0.5 of three controls, 0.1 of three", unequal),
    "truncation": Rung("range +-1 sd", truncated),
    "low rho": Rung("rho 0.17, which truncation leaves", regime("gaussian", rho=0.17)),
    "correlated controls": Rung("correlation 0.98", regime("correlated", correlation=0.98, rho=RHO)),
    "jumps": Rung("share of steps 0.9", regime("jumps", p=0.9, rho=RHO)),
    "early stop": Rung("1/16 of the steps", CLEAN, share_of_steps=1 / 16),
    "sensor noise": Rung("64 grey levels", CLEAN, noise=64.0),
}


def drawn(world: Any, rung: Rung, frames: int, seed: int, kind: str) -> tuple[Pairs, np.ndarray]:
    """Return pairs of controls and their frames, with the sensor's noise."""
    pairs = rung.draw(world.controls, stream(seed, kind), frames)
    rng, x = stream(seed, kind, "sensor"), np.empty((len(pairs.controls), *world.observation_shape), dtype=np.uint8)
    for start in range(0, len(x), AT_ONCE):
        seen = world.observe(pairs.controls[start : start + AT_ONCE])
        if rung.noise:
            seen = (seen + rung.noise * rng.standard_normal(seen.shape)).round().clip(0, 255)
        x[start : start + AT_ONCE] = seen
    return pairs, x


def trained(name: str, steps: int, frames: int, seed: int) -> Row:
    """Train on one rung with one seed; return R^2 per control within the exploration and on canonical points."""
    rung, unpaired = RUNGS[name], regime("gaussian", rho=0.0)
    with WORLDS["room"](size=32) as world:  # type: ignore[call-arg]
        pairs, x = drawn(world, rung, frames, seed, "train")
        encoder = ENCODERS["patchify"]().build(world.observation_shape, len(world.controls), seed)
        settings = TrainingSettings(steps=max(round(steps * rung.share_of_steps), 1), batch=256, lr=3e-3)
        train(encoder, OBJECTIVES["lejepa"](**{"lambda": LAMBDA}), PairData(x, pairs.index), settings, seed)
        found = {}
        for what, draw in (("own", rung.draw), ("canonical", unpaired)):
            seen = Rung("", draw, noise=rung.noise)
            fresh, frames_of_it = drawn(world, seen, 2 * FRESH, seed, "fresh")
            order = stream(seed, "halves").permutation(2 * FRESH)  # where the centre drifts, halves in time differ
            h, z = embed(encoder, frames_of_it)[order], fresh.controls.astype(np.float64)[order]
            found[what] = r2_per_column(z[FRESH:], fit_probe(h[:FRESH], z[:FRESH])(h[FRESH:])).tolist()
    print(name, seed, {what: round(float(np.mean(r2)), 3) for what, r2 in found.items()}, flush=True)
    return found


def audited(name: str) -> Row:
    """Return the prediction and the audit of one rung's controls."""
    controls = WORLDS["room"](size=32).controls  # type: ignore[call-arg]
    names = tuple(control.name for control in controls)
    draw = RUNGS[name].draw
    return said(lambda rng, frames: draw(controls, rng, frames), len(names), names, RHO - RHO**2)


def main() -> None:
    """Train, predict, audit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="processes, one training each")
    parser.add_argument("--kept", type=Path, help="a folder for finished trainings, so that an interrupted run goes on")
    parser.add_argument("--only", nargs="+", choices=RUNGS, help="print these, write nothing")
    given = parser.parse_args()
    names = given.only or list(RUNGS)
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
        row = {"violation": name, "severity": 0.0 if name == "none" else 1.0, "scale": RUNGS[name].title}
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
