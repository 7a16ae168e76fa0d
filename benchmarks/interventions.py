"""The decomposition of missing R^2, checked by intervention: is mending the part that it names worth what it says?

    python benchmarks/interventions.py [--steps 800] [--seeds 3] [--kept FOLDER]

Twelve trainings in a cheap world have one planted fault each. The largest part of 1 - R^2 is what the decomposition
names. Then every part is mended by itself: a Gaussian exploration, a sensor without fault, more frames (20,000, or
twice as many if there are so many), more steps (all, or twice as many). The check holds where mending what was
named adds to R^2 what the decomposition said, within .05, and no other adds more than .05: results/interventions.json.

A planted fault must be the only one. The training without a fault converges; a heavy-tailed exploration is one whose
prediction has a 95 % interval narrower than .1; a sensor leaves embeddings that can be Gaussian. A sensor that
saturates does not, because a value that many frames share has no Gaussian map: it breaks two assumptions, and is not
among the cases.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ladder import CLEAN, CONTROLS, FRESH, LAMBDA, RHO, WORLD, Noise, Rung, drawn, explored, noisy
from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import rounded
from worldprobe import decompose
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.measures.probes import fit_probe
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.results.summary import student
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, StackMember, TrainingSettings, embed, train_stack
from worldprobe.world.world import WORLDS

FULL = 20_000
PARTS = ("regime", "scene", "data", "optimisation")
WITHIN = 0.05
NAMES = [control.name for control in CONTROLS]


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


def replaced(share: float) -> Noise:
    """Return a sensor that shows an independent draw in the place of z2 in a share of the frames."""

    def sensed(x: np.ndarray, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        other = np.where(rng.random(len(z)) < share, rng.standard_normal(len(z)), z[:, 1])
        return WORLDS[WORLD]().observe(np.stack([z[:, 0], other], axis=1).astype(np.float32))

    return sensed


def unsigned(x: np.ndarray, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Show the absolute value of z2."""
    return WORLDS[WORLD]().observe(np.stack([z[:, 0], np.abs(z[:, 1])], axis=1).astype(np.float32))


HEAVY = {alpha: explored("generalised-normal", alpha=alpha, rho=RHO, pairing="siblings") for alpha in (0.7, 0.5, 0.35)}
SENSORS = {"noise of 0.5 sd": noisy(0.5), "z2 replaced in 25 %": replaced(0.25), "sign of z2 unseen": unsigned}

CASES: dict[str, tuple[str, Case]] = {
    **{f"marginal of shape {alpha:g}": ("regime", Case(rung)) for alpha, rung in HEAVY.items()},
    **{name: ("scene", Case(replace(CLEAN, sensor=sensor))) for name, sensor in SENSORS.items()},
    **{f"{frames} frames": ("data", Case(frames=frames)) for frames in (100, 200, 400)},
    **{f"1/{share} of the steps": ("optimisation", Case(share=1 / share)) for share in (100, 25, 10)},
}


@dataclass(frozen=True)
class Outcome:
    """What one training ended with."""

    r2: np.ndarray
    train: float
    heldout: float
    off_white: float


def trained(cases: list[Case], steps: int, seed: int, objective: str = "lejepa") -> dict[Case, Outcome]:
    """Train every case; those of one number of frames and of steps as a stack."""
    groups: dict[tuple[int, float], list[Case]] = {}
    for case in dict.fromkeys(cases):
        groups.setdefault((case.frames, case.share), []).append(case)
    found = {}
    for (frames, share), members in groups.items():
        stack = [_member(case, seed, objective) for case in members]
        batch = min(128, frames // 4)
        train_stack(stack, TrainingSettings(steps=max(round(steps * share), 1), batch=batch, lr=5e-3))
        found |= {case: _outcome(case, one, seed) for case, one in zip(members, stack, strict=True)}
        print(f"  {objective}, seed {seed}: {len(members)} with {frames} frames, {share:.3g} of the steps", flush=True)
    return found


def _member(case: Case, seed: int, objective: str) -> StackMember:
    pairs, x = drawn(case.rung, case.frames, seed, "train")
    encoder = ENCODERS["mlp"](width=32, depth=3).build((2,), len(CONTROLS), seed)
    settings = {"lambda": LAMBDA, "slices": 64} if objective == "lejepa" else {}
    data = PairData(x, pairs.index, controls=pairs.controls if objective == "supervised" else None)
    return StackMember(encoder, OBJECTIVES[objective](**settings), data, seed)


def _outcome(case: Case, member: StackMember, seed: int) -> Outcome:
    pairs, x = drawn(case.rung, 2 * FRESH, seed, "fresh")
    h, z = embed(member.encoder, x).astype(np.float64), pairs.controls.astype(np.float64)
    own = drawn(case.rung, case.frames, seed, "train")[1]
    covariance = np.cov(h, rowvar=False)
    scaled = h / h.std(axis=0) if member.objective.uses_controls else h  # a reading's scale is that of what it explains
    return Outcome(
        r2=r2_per_column(z[FRESH:], fit_probe(h[:FRESH], z[:FRESH])(h[FRESH:])),
        train=_alignment(embed(member.encoder, own).astype(np.float64)),
        heldout=_alignment(scaled),
        off_white=float(((covariance - np.eye(len(covariance))) ** 2).sum() / len(covariance)),
    )


def _alignment(h: np.ndarray) -> float:
    """Return E|h - h'|^2 per dimension over the mean variance; pairs are consecutive rows."""
    return float(((h[::2] - h[1::2]) ** 2).mean() / h.var(axis=0).mean())


def parts(outcome: Outcome, ceiling: np.ndarray, reference: Outcome) -> dict[str, float]:
    """Return the mean over controls of every part of what is missing; `reference` is the supervised encoder."""
    found = decompose(
        np.clip(outcome.r2, 0.0, 1.0),
        ceiling=ceiling,
        supervised=np.clip(reference.r2, 0.0, 1.0),
        train=outcome.train,
        heldout=outcome.heldout,
        supervised_alignment=reference.heldout,
        rho=RHO,
        off_white=outcome.off_white,
    )
    names = (*PARTS, "unexplained")
    return {part: float(np.mean([getattr(each, part) or 0.0 for each in found.values()])) for part in names}


def rows(
    runs: list[dict[Case, Outcome]], references: list[dict[Case, Outcome]], ideal: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return what every case's largest part is, and what mending each part added."""
    found = []
    for name, (planted, case) in CASES.items():
        shown, predicted = Case(case.rung), ideal[name]
        ceiling = np.array(predicted["r2 per control"])
        each = [parts(run[case], ceiling, own[shown]) for run, own in zip(runs, references, strict=True)]
        gains = [{part: run[case.mended(part)].r2.mean() - run[case].r2.mean() for part in PARTS} for run in runs]
        mean = {part: float(np.mean([one[part] for one in each])) for part in each[0]}
        gained = {part: float(np.mean([one[part] for one in gains])) for part in PARTS}
        named = max(PARTS, key=lambda part: mean[part])
        others = max(gained[part] for part in PARTS if part != named)
        holds = abs(gained[named] - mean[named]) <= WITHIN and others <= WITHIN
        row: dict[str, Any] = {"case": name, "planted": planted, "named": named, "holds": bool(holds)}
        row |= {"r2": rounded(np.mean([run[case].r2.mean() for run in runs]))}
        row |= {"predicted": rounded(predicted["r2"]), "predicted ci95": rounded(predicted["ci95"])}
        row |= {"parts": {part: rounded(value) for part, value in mean.items()}}
        row |= {"parts ci95": {part: _interval([one[part] for one in each]) for part in mean}}
        row |= {"gained": {part: rounded(value) for part, value in gained.items()}}
        row |= {"gained ci95": {part: _interval([one[part] for one in gains]) for part in gained}}
        found.append(row)
        print(row, flush=True)
    return found


def predictions(folder: Path | None) -> dict[str, dict[str, Any]]:
    """Return the predicted R^2 of every case's exploration, from the folder where it is known."""
    file = None if folder is None else folder / "predictions.json"
    if file is not None and file.exists():
        known: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf8"))
        return known
    explorations = dict.fromkeys(case.rung.pairs for _, case in CASES.values())
    ideal = {pairs: predict_log(pairs(stream(0, "train"), FULL), NAMES) for pairs in explorations}
    found = {}
    for name, (_, case) in CASES.items():
        own = ideal[case.rung.pairs]
        each = list((own.r2_per_control or {}).values())
        found[name] = {"r2": own.r2, "ci95": own.ci95, "r2 per control": each}
    if file is not None:
        write_json(file, found)
    return found


def _interval(values: list[float]) -> list[float] | None:
    """Return the 95 % interval of the mean by Student's t over the seeds."""
    found = student(values) if len(values) > 1 else None
    return None if found is None else rounded(found.ci95)


def main() -> None:
    """Train, decompose, mend, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kept", type=Path, help="a folder for finished seeds, so that an interrupted run goes on")
    given = parser.parse_args()
    cases = [case for _, case in CASES.values()]
    every = [*cases, *(case.mended(part) for case in cases for part in PARTS)]
    shown = list(dict.fromkeys(Case(case.rung) for case in cases))
    runs, references = [], []
    for seed in range(given.seeds):
        runs.append(_kept(given.kept, "lejepa", every, given.steps, seed))
        references.append(_kept(given.kept, "supervised", shown, given.steps, seed))
    found = rows(runs, references, predictions(given.kept))
    document = {
        "what": "What mending each part added to R^2, compared with what the decomposition said it would",
        "settings": {"steps": given.steps, "seeds": given.seeds, "within": WITHIN, "lambda": LAMBDA, "rho": RHO},
        "machine": described(),
        "named": sum(row["named"] == row["planted"] for row in found),
        "holds": sum(row["holds"] for row in found),
        "rows": found,
    }
    write_json(RESULTS / "interventions.json", document)
    rewrite()
    print(f"{document['named']} of {len(found)} named, {document['holds']} hold")


def _kept(folder: Path | None, objective: str, cases: list[Case], steps: int, seed: int) -> dict[Case, Outcome]:
    """Return what the cases' trainings ended with, from the folder where they are finished."""
    cases = list(dict.fromkeys(cases))
    file = None if folder is None else folder / f"{objective}-{steps}-{seed}.json"
    if file is not None and file.exists():
        outcomes = [Outcome(np.array(one.pop("r2")), **one) for one in json.loads(file.read_text(encoding="utf8"))]
        return dict(zip(cases, outcomes, strict=True))
    found = trained(cases, steps, seed, objective)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, [vars(found[case]) | {"r2": found[case].r2.tolist()} for case in cases])
    return found


if __name__ == "__main__":
    main()
