"""Dependence between controls: linear, where one follows from others, and nonlinear."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.sampling_bounds import SIGMAS
from worldprobe.audits.trajectory import Log
from worldprobe.stats.dependence import distance_correlation
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.stats.whitening import whitened

CORRELATED = check(
    "correlated-controls",
    "Can a control be predicted linearly from the others?",
    because="Assumption (i), independent coordinates. A linear mixture is still recovered linearly, but weakly "
    "where two controls nearly always go together.",
    past="above",
    warn=0.3,
    fail=0.9,
    calibration="R^2 of a control regressed on the others. Two controls with correlation .55 give .3; at .9 a tenth "
    "of the control's variance is its own.",
)
PART, GROUP_NAMED = 0.1, 3
"""Squared loading from which a control takes part in a direction; names of a group that are its gate's subject."""

INDEPENDENT = check(
    "independent-controls",
    "Do controls depend on each other beyond correlation?",
    because="Assumption (i), independent coordinates.",
    past="above",
    warn=0.02,
    fail=0.1,
    calibration="Squared distance correlation with the most dependent other control, after linear correlations are "
    "taken out. Points on a circle .038, y + .3 x^2 .025, y + .5 x^2 .04, y = x^2 .29. Of M independent draws, M "
    "times it stays below 20 (largest of 100,000: 15.7).",
)
DEPENDENCE_FRAMES, DEPENDENCE_FEWEST, DEPENDENCE_CHANCE = 1000, 16, 20.0


def dependence(log: Log) -> list[Gate]:
    """Return the gates on dependence between the controls that move; none where there is only one."""
    log = log.moving
    return _correlated(log) + _independent(log) if len(log.names) > 1 else []


def _correlated(log: Log) -> list[Gate]:
    """Judge every control that does not follow from others, and every group of those that follow from one another."""
    correlation = np.corrcoef(log.x, rowvar=False)
    own = np.diag(np.linalg.pinv(correlation, rcond=1e-9, hermitian=True))
    r2 = 1.0 - 1.0 / np.maximum(own, 1.0)
    others = len(log.names) - 1
    gates = []
    for group in collinear_groups(correlation, r2 > CORRELATED.limit.warn):
        worst = max(group, key=lambda i: r2[i])
        names = [log.names[i] for i in group]
        partner = int(np.argmax(np.abs(correlation[worst]) * (np.arange(others + 1) != worst)))
        advice = (
            f"{r2[worst]:.0%} of {log.names[worst]}'s variance follows from the other controls, mostly from "
            f"{log.names[partner]} (correlation {correlation[worst, partner]:.2f}). Move them independently, or the "
            "weaker one is learned last."
        )
        if len(group) > 1:
            advice += f" These {len(group)} follow from one another: {', '.join(names)}."
        noise = (others + SIGMAS * np.sqrt(2.0 * others)) / log.effective[worst]
        evidence = {"R^2 from the others": {name: float(r2[i]) for name, i in zip(names, group, strict=True)}}
        more = len(names) - GROUP_NAMED
        subject = ", ".join(names[:GROUP_NAMED]) + (f" and {more} more" if more > 0 else "")
        gates.append(CORRELATED.judge(subject, float(r2[worst]), advice, noise=float(noise), evidence=evidence))
    return gates


def collinear_groups(correlation: Float[np.ndarray, "n n"], follows: Bool[np.ndarray, " n"]) -> list[list[int]]:
    """Return the controls in groups: those that follow from others with what they follow from, each other one alone.

    Two belong together where one has a large part in a direction of small variance in which the other has one too.
    """
    variance, axes = np.linalg.eigh(correlation)
    group = np.arange(len(correlation))
    for axis in axes[:, variance < 1.0].T:
        part = np.flatnonzero(follows & (axis**2 > PART))
        for other in part[1:]:
            group[group == group[other]] = group[part[0]]
    return [np.flatnonzero(group == label).tolist() for label in dict.fromkeys(group.tolist())]


def _independent(log: Log) -> list[Gate]:
    draws = int(min(DEPENDENCE_FRAMES, log.effective.min()))
    rows = evenly_spaced(len(log.x), max(draws, DEPENDENCE_FEWEST))
    found = distance_correlation(whitened(log.x)[rows])
    np.fill_diagonal(found, -1.0)
    gates = []
    for i, name in enumerate(log.names):
        partner = int(found[i].argmax())
        advice = (
            f"{name} and {log.names[partner]} depend on each other nonlinearly, which no rotation removes. Find the "
            "constraint between them (a wall, a target that is kept in view) and explore beyond it."
        )
        noise = DEPENDENCE_CHANCE / max(draws, 1)
        evidence = {"with": log.names[partner]}
        gates.append(INDEPENDENT.judge(name, float(found[i, partner]), advice, noise=noise, evidence=evidence))
    return gates
