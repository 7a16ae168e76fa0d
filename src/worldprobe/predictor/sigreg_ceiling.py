"""The ceiling under SIGReg: linear R^2 of the best aligned map that makes the controls N(0, I_d).

The plain map (Gaussian coordinates, decorrelated, made jointly Gaussian) is measured first. Where every whitened map
that is aligned as well has the same R^2, that settles it; else a search looks for better maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe.predictor import refusals
from worldprobe.predictor.certificate import r2_given_alignment
from worldprobe.predictor.dependent_controls import dependent_controls
from worldprobe.predictor.edmd import eigenfunctions
from worldprobe.predictor.gaussian_maps import Plain, fit_plain
from worldprobe.predictor.ladder import Evidence, Level
from worldprobe.predictor.prediction import Embedding, IdealEncoder
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.predictor.refusals import Refusal
from worldprobe.predictor.search import (
    BETTER,
    NOT_GAUSSIAN,
    Candidate,
    CrossFit,
    cross_fit,
    measure,
    sampling_error,
    search,
)
from worldprobe.predictor.whitening_ceiling import replicated, spectrum
from worldprobe.results.predicted import BasisStep
from worldprobe.stats.jackknife import STUDENT_95, PairSample

PROVEN = 0.02
"""Where the R^2 of every map aligned as well as this one lies so near to its, it does not matter which is best."""

LUMP = 0.05
"""Share of the frames with one and the same value beyond which a control cannot be made Gaussian."""

MOST_SEARCHED = 4
"""Largest number of moving controls for which a search is trusted: with six, its answer varies with the sample."""

PARTLY, MOSTLY = 0.65, 0.75
"""Shares of the best map's gain over the plain one from which another map counts in part, and in full."""

BOUGHT = 0.45
"""Share of S that a map gains per unit of its root mean squared distance from N(0, I), to first order: .01 at 5e-4.

Measured between reflecting walls. A sample does not resolve smaller distances than its own from N(0, I).
"""

PLAIN = "plain map"
"""What the map is called that makes each control Gaussian by itself."""

FITTED = 20_000
"""Pairs that the plain map is fitted to."""


@dataclass(frozen=True)
class SearchOutcome:
    """The best map and the pairs that it was evaluated on; the maps that may be aligned as well, each with how much of
    its answer's difference counts; every map that was tried; the answer on the last rungs.
    """

    best: Candidate
    on: PairSample
    ties: Sequence[tuple[Candidate, Float[np.ndarray, " numbers"]]]
    tried: Sequence[Candidate]
    steps: list[BasisStep]


def sigreg_ceiling(
    evidence: Evidence, levels: list[Level], rng: np.random.Generator, advance: Advance = unseen
) -> IdealEncoder:
    """Predict SIGReg's optimum."""
    d, pairs = min(evidence.d, int(evidence.moving.sum())), len(evidence.z)
    levels, (correlation, noise, _) = _supported(levels, rng)
    refused = _lump(evidence) or refusals.nothing_shared(1, correlation, noise, pairs)
    if refused is None:
        dependences = dependent_controls(evidence.z, mixed=evidence.marginals.axes is not None)
        refused = refusals.dependent(d, len(evidence.joints), dependences.following, evidence.names)
    if refused:
        return refusals.refused("sigreg", evidence.d, pairs, refused)
    place, fitted = cross_fit(evidence, rng), rng.permutation(pairs)[:FITTED]
    first, second = (evidence.marginals(member[fitted]) for member in (evidence.z.first, evidence.z.second))
    plain = fit_plain(first, second, d, rng)
    if plain.turned.shape[1] < d:
        rank = refusals.linearly_dependent(d, plain.turned.shape[1])
        return refusals.refused("sigreg", evidence.d, pairs, rank)
    held = place.trial(PLAIN, plain, rng)
    advance(1, "first map")
    outcome = _settled_at_once(evidence, levels, plain, d, rng)
    outcome = outcome or _compete(place, levels, plain, held, d, rng, advance)
    if outcome is None:
        return refusals.refused("sigreg", evidence.d, pairs, refusals.none_gaussian(held.gaussian))
    late = refusals.found_late(dependences, evidence.names)
    return _prediction(evidence, outcome, _bracket(levels, outcome.best, d), late)


def _supported(levels: list[Level], rng: np.random.Generator) -> tuple[list[Level], tuple[float, float, float]]:
    """Return the rungs up to the last, of two or more, whose leading feature exceeds sampling error; and it."""
    found = replicated(levels[-1], 1, rng)
    while len(levels) > 2 and found[0] <= found[1]:
        levels = levels[:-1]
        found = replicated(levels[-1], 1, rng)
    return levels, found


def _lump(evidence: Evidence) -> Refusal | None:
    atoms = np.array([own.atom for own in evidence.marginals.maps])
    if evidence.marginals.axes is not None:  # controls with equal values are not unmixed
        return None
    worst = int(np.argmax(atoms))
    name = evidence.names[np.flatnonzero(evidence.moving)[worst]]
    return refusals.lumped(name, atoms[worst]) if atoms[worst] > LUMP else None


def _bracket(levels: Sequence[Level], trial: Candidate, d: int) -> tuple[float, float]:
    """Return the mean R^2 that a whitened map aligned as well as this one can have, by T on the last rungs."""
    low, high = zip(*(_bracket_on(level, trial, d) for level in levels[-2:]), strict=True)
    return min(*low, trial.r2), max(*high, trial.r2)


def _bracket_on(level: Level, trial: Candidate, d: int) -> tuple[float, float]:
    found = level.moments.all()
    own = eigenfunctions(found)
    moves = found.variance > 0.0
    reads = (own.weights.T @ found.read)[:, moves] / np.sqrt(found.variance[moves])
    # Fitted eigenvalues are too large by what the jackknife takes away; the map's total is raised to match.
    excess = float(own.correlations[:d].sum() - spectrum(level, d).correlations.value[:d].sum())
    low, high = r2_given_alignment(own.correlations, reads, d, trial.total + excess)
    return low * float(np.mean(moves)), high * float(np.mean(moves))


def _decides(bracket: tuple[float, float], r2: float) -> bool:
    return max(r2 - bracket[0], bracket[1] - r2) <= PROVEN


def _everywhere(evidence: Evidence, plain: Plain, rng: np.random.Generator) -> Candidate:
    return measure(PLAIN, plain, evidence.marginals, evidence.z, rng)


def _settled_at_once(
    evidence: Evidence, levels: Sequence[Level], plain: Plain, d: int, rng: np.random.Generator
) -> SearchOutcome | None:
    """Answer with the plain map, on all pairs, where no whitened map that is aligned as well has another R^2."""
    if plain.rounds is not None:
        return None
    trial = _everywhere(evidence, plain, rng)
    if trial.gaussian > NOT_GAUSSIAN or not _decides(_bracket(levels, trial, d), trial.r2):
        return None
    steps = [BasisStep(functions=len(level.basis), r2=trial.r2) for level in levels[-2:]]
    return SearchOutcome(trial, evidence.z, [], [trial], steps)


def _compete(
    place: CrossFit,
    levels: Sequence[Level],
    plain: Plain,
    held: Candidate,
    d: int,
    rng: np.random.Generator,
    advance: Advance,
) -> SearchOutcome | None:
    """Search for maps that are better aligned than the plain one, on pairs that none was fitted to."""
    unmoved = [held] if held.gaussian <= NOT_GAUSSIAN else []
    first, second = search(place, levels, plain, held, d, rng, advance)
    trials = [*unmoved, *first, *second]
    if not trials:
        return None
    before, best = _best([*unmoved, *first], held, d), _best(trials, held, d)
    ties = [
        (trial, share * (trial.numbers.value[1:] - best.numbers.value[1:]))
        for trial in trials
        if trial is not best and (share := max(_tied(trial, best, d), _nearly(trial, best, held, d))) > 0.0
    ]
    change = before.r2 - best.r2
    # The plain map's R^2 is known from more pairs than those that the maps were compared on, where it is linear.
    if best is held and plain.rounds is None:
        best, on = _everywhere(place.evidence, plain, rng), place.evidence.z
    else:
        on = place.z
    steps = [
        BasisStep(functions=len(level.basis), r2=r2)
        for level, r2 in zip(levels[-2:], (best.r2 + change, best.r2), strict=True)
    ]
    return SearchOutcome(best, on, ties, trials, steps)


def _best(trials: Sequence[Candidate], plain: Candidate, d: int) -> Candidate:
    """Return the best aligned map: the plain one unless another is better beyond doubt."""
    best = max(trials, key=lambda trial: trial.total)
    return best if plain not in trials or _better(best, plain, d, errors=3.0) else plain


def _better(one: Candidate, other: Candidate, d: int, errors: float) -> bool:
    """Whether a map is better aligned by more than sampling and its distance from N(0, I) account for."""
    return _advantage(one, other, d, errors) > 1.0


def _advantage(one: Candidate, other: Candidate, d: int, errors: float) -> float:
    """Return how much better aligned a map is than its distance from N(0, I) accounts for, over what counts at all.

    In one dimension maps differ in that distance by more than its own error, and what the other's has bought counts
    against the other; in several dimensions rounds make all of them about equally Gaussian.
    """
    gain = one.gain(other)
    further = np.sqrt(max(one.gaussian, 0.0)) - (np.sqrt(max(other.gaussian, 0.0)) if d == 1 else 0.0)
    bought = BOUGHT * abs(one.total) * max(further, 0.0)
    return float((gain.value - bought) / max(errors * float(gain.error), BETTER * d))


def _tied(trial: Candidate, best: Candidate, d: int) -> float:
    """Return how much a map counts as one that is aligned as well: in full up to two errors, not at all beyond three.

    In between it counts in part: where a map counted in full or not at all, rounding errors could decide the answer.
    """
    return float(np.clip(3.0 - 2.0 * _advantage(best, trial, d, errors=2.0), 0.0, 1.0))


def _nearly(trial: Candidate, best: Candidate, plain: Candidate, d: int) -> float:
    """Return how much a map counts as one that a search is not trusted to part from the best one.

    In full where it has three quarters of the best one's gain over the plain map, not at all with less than `PARTLY`;
    with many controls, any gain counts in full.
    """
    if best is plain or trial.total <= plain.total:
        return 0.0
    if d > MOST_SEARCHED:
        return 1.0
    share = (trial.total - plain.total) / (best.total - plain.total)
    return float(np.clip((share - PARTLY) / (MOSTLY - PARTLY), 0.0, 1.0))


def _prediction(
    evidence: Evidence, outcome: SearchOutcome, bracket: tuple[float, float], late: list[str]
) -> IdealEncoder:
    best, pairs = outcome.best, len(evidence.z)
    half = STUDENT_95 * sampling_error(best.map, evidence.marginals, outcome.on)
    answers = best.numbers.value[1:] + np.stack([np.zeros(len(half)), *(change for _, change in outcome.ties)])
    low, high = (answers.min(axis=0) - half).clip(0.0, 1.0), (answers.max(axis=0) + half).clip(0.0, 1.0)
    named = [
        (best.name, best.r2),
        *((trial.name, best.r2 + float(change[0])) for trial, change in outcome.ties),
    ]
    refused = refusals.undecided(float(low[0]), float(high[0]), named, pairs)
    if refused is None and best.name != PLAIN and len(best.pair_correlations) > MOST_SEARCHED:
        refused = refusals.unsearchable(len(best.pair_correlations), MOST_SEARCHED, named)
    tried = [found for trial in outcome.tried if (found := trial.summary()) is not None]
    alignment = 2.0 * (1.0 - best.total / len(best.pair_correlations))
    known: dict[str, Any] = {"alignment": alignment, "convergence": outcome.steps, "tried": tried}
    if refused:
        maps = (best, *(trial for trial, _ in outcome.ties))
        embeddings = [Embedding(evidence.marginals, trial.map) for trial in maps]
        return refusals.refused("sigreg", evidence.d, pairs, refused, embeddings, evidence.names, **known)
    intervals = zip(low[1:].tolist(), high[1:].tolist(), strict=True)
    return IdealEncoder.of(
        evidence.names,
        Embedding(evidence.marginals, best.map),
        objective="sigreg",
        d=evidence.d,
        pairs=pairs,
        r2=best.r2,
        r2_per_control=dict(zip(evidence.names, best.numbers.value[2:].clip(0.0, 1.0).tolist(), strict=True)),
        ci95=(float(low[0]), float(high[0])),
        r2_per_control_ci95=dict(zip(evidence.names, intervals, strict=True)),
        pair_correlations=best.pair_correlations.tolist(),
        proven=_decides(bracket, best.r2),
        bracket=bracket,
        notes=_notes(evidence, best, outcome.tried) + late,
        **known,
    )


def _notes(evidence: Evidence, best: Candidate, tried: Sequence[Candidate]) -> list[str]:
    moving = int(evidence.moving.sum())
    notes = []
    if evidence.d > moving:
        notes.append(
            f"Controls that move: {moving}. No continuous map makes them N(0, I_{evidence.d}); the prediction is for "
            "as many dimensions, and takes the others to be noise."
        )
    plain = next((trial for trial in tried if trial.name == PLAIN), None)
    if plain is not None and best.name != PLAIN:
        notes.append(
            f"Making each control Gaussian by itself (R^2 {plain.r2:.2f}) is not SIGReg's optimum: another map, found "
            f"by a {best.name}, is better aligned. Both can be local optima of the loss: training with a small weight "
            "of SIGReg (0.025) finds the latter, with a large one (0.2) it can stay at the former."
        )
    return notes
