"""The decomposition of missing R^2, checked by intervention: is mending the part that it names worth what it says?

    python benchmarks/interventions.py [--jobs 2] [--kept FOLDER]    # interventions_drawn.json
    python benchmarks/interventions.py --chosen --seeds 3            # interventions.json

Twelve trainings in a cheap world have one planted fault each, three of every kind; the severities are drawn from a
seed that was used once, or chosen. The largest part of 1 - R^2 is what the decomposition names. Then every part is
mended by itself: a Gaussian exploration, a sensor without fault, more frames (20,000, or twice as many if there are so
many), more steps (all, or twice as many). In one training the check holds where the planted part is named, mending it
adds to R^2 what the decomposition said, within .05, and no other adds more than .05; over the trainings of a case where
the same is true of their means. The difference between what was said and what was added has a t-interval.

The training without a fault converges. A heavy-tailed exploration whose prediction has a 95 % interval wider than .1 is
drawn again: the decomposition then has no regime's part to be checked. A sensor that saturates is not among the kinds:
a value that many frames share has no Gaussian map, which breaks two assumptions at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kept_rows import Row, kept_rows
from ladder import CONTROLS, FRESH, LAMBDA, RHO, drawn
from machine import RESULTS, described
from planted_faults import CHOSEN, FULL, PARTS, Case, Fault, drawn_faults
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

WITHIN = 0.05
WIDEST = 0.1
"""Width of a prediction's 95 % interval above which an exploration is no case."""
NAMES = [control.name for control in CONTROLS]


@dataclass(frozen=True)
class Outcome:
    """What one training ended with."""

    r2: np.ndarray
    train: float
    heldout: float
    off_white: float


def trainings(faults: Sequence[Fault], objective: str) -> list[Case]:
    """Return what is trained for some faults: every case with every part mended; supervised, every sensor once."""
    cases = [fault.case() for fault in faults]
    if objective == "supervised":
        return [Case(case.rung) for case in cases]
    return [one for case in cases for one in (case, *(case.mended(part) for part in PARTS))]


def outcomes(faults: Sequence[Fault], objective: str, steps: int, seed: int) -> Row:
    """Train all that is trained with one seed; those of one number of frames and of steps as a stack."""
    cases = trainings(faults, objective)
    groups: dict[tuple[int, float], list[Case]] = {}
    for case in dict.fromkeys(cases):
        groups.setdefault((case.frames, case.share), []).append(case)
    found: dict[Case, Outcome] = {}
    for (frames, share), members in groups.items():
        stack = [_member(case, seed, objective) for case in members]
        batch = min(128, frames // 4)
        train_stack(stack, TrainingSettings(steps=max(round(steps * share), 1), batch=batch, lr=5e-3))
        found |= {case: _outcome(case, one, seed) for case, one in zip(members, stack, strict=True)}
        print(f"  {objective}, seed {seed}: {len(members)} with {frames} frames, {share:.3g} of the steps", flush=True)
    return {"outcomes": [vars(found[case]) | {"r2": found[case].r2.tolist()} for case in cases]}


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


def prediction(fault: Fault) -> Row:
    """Return the predicted R^2 of a fault's exploration."""
    found = predict_log(fault.case().rung.pairs(stream(0, "train"), FULL), NAMES)
    return {"r2": found.r2, "ci95": found.ci95, "r2 per control": list((found.r2_per_control or {}).values())}


class Predictions:
    """The predictions of faults' explorations, each made once."""

    def __init__(self, kept: Path | None) -> None:
        self._kept = kept
        self._found: dict[str, Row] = {}

    def of(self, fault: Fault) -> Row:
        """Return the prediction; all faults but heavy tails have one exploration."""
        name = f"prediction of {fault.name if fault.what == 'marginal' else 'Gaussian pairs'}"
        if name not in self._found:
            (self._found[name],) = kept_rows(self._kept, 1, {name: partial(prediction, fault)})
        return self._found[name]

    def close(self, fault: Fault) -> bool:
        """Whether the prediction is known within WIDEST."""
        ends = self.of(fault)["ci95"]
        return ends is not None and bool(ends[1] - ends[0] <= WIDEST)


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


def holds(planted: str, said: dict[str, float], gained: dict[str, float]) -> bool:
    """Whether the planted part is the largest, worth what was said of it, and no other worth anything."""
    others = max(gained[part] for part in PARTS if part != planted)
    return _named(said) == planted and abs(gained[planted] - said[planted]) <= WITHIN and others <= WITHIN


def _named(said: dict[str, float]) -> str:
    return max(PARTS, key=lambda part: said[part])


def row_of(fault: Fault, predicted: Row, runs: list[list[Outcome]], references: list[Outcome]) -> dict[str, Any]:
    """Return what a case's largest part is and what mending each part added, by training and over trainings.

    `runs` are, of each seed, the case and the case with every part mended.
    """
    ceiling = np.array(predicted["r2 per control"])
    said = [parts(run[0], ceiling, reference) for run, reference in zip(runs, references, strict=True)]
    gained = [
        {part: float(mended.r2.mean() - run[0].r2.mean()) for part, mended in zip(PARTS, run[1:], strict=True)}
        for run in runs
    ]
    mean = {part: float(np.mean([one[part] for one in said])) for part in said[0]}
    added = {part: float(np.mean([one[part] for one in gained])) for part in PARTS}
    apart = [more[fault.part] - one[fault.part] for one, more in zip(said, gained, strict=True)]
    return {
        "case": fault.name,
        "planted": fault.part,
        "named": _named(mean),
        "holds": holds(fault.part, mean, added),
        "named in": sum(_named(one) == fault.part for one in said),
        "holds in": sum(holds(fault.part, one, more) for one, more in zip(said, gained, strict=True)),
        "r2": rounded(float(np.mean([run[0].r2.mean() for run in runs]))),
        "r2 per seed": rounded([float(run[0].r2.mean()) for run in runs]),
        "predicted": rounded(predicted["r2"]),
        "predicted ci95": rounded(predicted["ci95"]),
        "parts": {part: rounded(value) for part, value in mean.items()},
        "parts ci95": {part: _interval([one[part] for one in said]) for part in mean},
        "gained": {part: rounded(value) for part, value in added.items()},
        "gained ci95": {part: _interval([one[part] for one in gained]) for part in added},
        "gained less said": rounded(float(np.mean(apart))),
        "gained less said ci95": _interval(apart),
        "gained less said per seed": rounded(apart),
    }


def _interval(values: list[float]) -> list[float] | None:
    """Return the 95 % interval of the mean by Student's t over the seeds."""
    found = student(values) if len(values) > 1 else None
    return None if found is None else rounded(found.ci95)


def main() -> None:
    """Draw the faults, train, decompose, mend, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--chosen", action="store_true", help="the faults that were chosen, not drawn ones")
    parser.add_argument("--jobs", type=int, default=1, help="processes, one seed of one objective each")
    parser.add_argument("--kept", type=Path, help="a folder for finished seeds, so that an interrupted run goes on")
    parser.add_argument("--dry", action="store_true", help="print the rows, write nothing")
    given = parser.parse_args()
    predictions = Predictions(given.kept)
    passed: list[Fault] = []
    faults = CHOSEN
    if not given.chosen:
        faults, passed = drawn_faults(stream(0, "planted faults"), predictions.close)
    print("planted:", ", ".join(fault.name for fault in faults), flush=True)
    wanted = {
        f"{objective}, {given.steps} steps, {'chosen' if given.chosen else 'drawn'}, seed {seed}": partial(
            outcomes, faults, objective, given.steps, seed
        )
        for seed in range(given.seeds)
        for objective in ("lejepa", "supervised")
    }
    made = [
        [Outcome(np.array(one["r2"]), *(one[name] for name in ("train", "heldout", "off_white"))) for one in outcome]
        for outcome in (row["outcomes"] for row in kept_rows(given.kept, given.jobs, wanted))
    ]
    rows, each = [], 1 + len(PARTS)
    for place, fault in enumerate(faults):
        runs = [run[each * place : each * (place + 1)] for run in made[::2]]
        rows.append(row_of(fault, predictions.of(fault), runs, [run[place] for run in made[1::2]]))
        print(rows[-1], flush=True)
    document = {
        "what": "What mending each part added to R^2, compared with what the decomposition said it would",
        "settings": {"steps": given.steps, "seeds": given.seeds, "within": WITHIN, "lambda": LAMBDA, "rho": RHO},
        "machine": described(),
        "drawn again": [fault.name for fault in passed],
        "named": sum(row["named"] == row["planted"] for row in rows),
        "holds": sum(row["holds"] for row in rows),
        "trainings": len(rows) * given.seeds,
        "named in": sum(row["named in"] for row in rows),
        "holds in": sum(row["holds in"] for row in rows),
        "rows": rows,
    }
    said = "{named} of 12 named, {holds} hold; by training {named in} named, {holds in} hold of {trainings}"
    print(said.format(**document))
    if not given.dry:
        write_json(RESULTS / f"interventions{'' if given.chosen else '_drawn'}.json", document)
        rewrite()


if __name__ == "__main__":
    main()
