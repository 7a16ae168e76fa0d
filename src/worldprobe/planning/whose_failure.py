"""Whose fault a goal is that was not reached: the search's, the transition's, the encoder's or the predictor's."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.stats import rankdata

from worldprobe.planning.cem import CEM
from worldprobe.planning.displacements import Displacements, Tasks
from worldprobe.planning.reaching import PlannedDistance
from worldprobe.planning.transition import Moves, TrueTransition
from worldprobe.results import CostAgreement, FailureSplit


def split_failures(
    search: Bool[np.ndarray, " N"],
    transition: Bool[np.ndarray, " N"],
    encoder: Bool[np.ndarray, " N"],
    predictor: Bool[np.ndarray, " N"] | None = None,
) -> FailureSplit:
    """Attribute the failures of a planner with an encoder, task by task.

    `search` says which tasks succeed with the true state and the true transition, `transition` which with the true
    state and a learned one, `encoder` which with the encoder and a learned one. Where `predictor` is given, the
    failures are its own: it says which tasks succeed with the encoder and the predictor that was trained with it.
    """
    failed = ~encoder if predictor is None else ~predictor
    others = failed & search & transition & encoder
    return FailureSplit(
        reached=int((~failed).sum()),
        search=int((failed & ~search).sum()),
        transition=int((failed & search & ~transition).sum()),
        encoder=int((failed & search & transition & ~encoder).sum()),
        predictor=None if predictor is None else int(others.sum()),
    )


def agreement_of_costs(
    tasks: Tasks,
    h: Float[np.ndarray, "N d"],
    aims: Float[np.ndarray, "N d"],
    transition: Moves,
    motion: Displacements,
    planner: CEM,
    rng: np.random.Generator,
) -> CostAgreement:
    """Return how planned costs rank the plans that a search draws, against what the plans cost in true controls.

    `h` and `aims` are the embeddings of the tasks' starts and goals. Costs are summed distances to the goal.
    """
    true = PlannedDistance(TrueTransition(motion), tasks.starts, tasks.goals)
    found: list[float | None] = []

    def watch(plans: Float[np.ndarray, "N P horizon n"], costs: Float[np.ndarray, "N P"]) -> None:
        found.append(_mean_rank_correlation(costs, true(plans)))

    before = np.zeros((len(h), planner.horizon, tasks.starts.shape[1]))
    planner.plan(PlannedDistance(transition, h, aims), before, motion, rng, watch)
    return CostAgreement(random=found[0], middle=found[len(found) // 2], elite=found[-1])


def _mean_rank_correlation(x: Float[np.ndarray, "N P"], y: Float[np.ndarray, "N P"]) -> float | None:
    """Return Spearman's rank correlation within every row, the mean over rows in which neither is constant."""
    a, b = (_centred(rankdata(values, axis=1)) for values in (x, y))
    sizes = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    known = sizes > 0.0
    return float(((a * b).sum(axis=1)[known] / sizes[known]).mean()) if known.any() else None


def _centred(ranks: Float64[np.ndarray, "N P"]) -> Float64[np.ndarray, "N P"]:
    found: np.ndarray = ranks - ranks.mean(axis=1, keepdims=True)
    return found
