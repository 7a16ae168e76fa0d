"""The prediction for a log: the full one where the sample supports it, else an approximate one of wider interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits

from worldprobe._util.progress import Advance
from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs
from worldprobe.predictor import refusals
from worldprobe.predictor.approximate_prediction import approximate
from worldprobe.predictor.decorrelation import FEWEST_GROUPS, Decorrelated, decorrelated
from worldprobe.predictor.gaussian_coordinates import STILL
from worldprobe.predictor.predict import AT_MOST, predict
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.stats.jackknife import sample_pairs

PAIRS_OF_MANY = 100_000
"""Pairs of more states than that which an approximate prediction is made from."""

MOST_STATES = 8
"""With more states the full prediction is not tried: its bases hold too few products of so many."""


def predict_log(
    pairs: Pairs,
    names: Sequence[str],
    objective: str = "sigreg",
    *,
    d: int | None = None,
    seed: int = 0,
    at_most: int = AT_MOST,
    advance: Advance = unseen,
) -> IdealEncoder:
    """Return what an objective's ideal encoder recovers of a log's states; its interval is as wide as the log makes it.

    The encoder has d dimensions, as many as states where none is given. Chains of pairs that are too few to be groups
    are cut by their decorrelation time. Refused only where no state moves, where the members of a pair share nothing
    that exceeds sampling error, where SIGReg is asked for more dimensions than states, and, under whitening, where the
    full prediction is: the approximate one is SIGReg's. Raises InvalidValue where a number is not finite. `advance` is
    called as the work goes on, `STEPS` times at most.
    """
    first, second, chains = pairs.first, pairs.second, pairs.chains
    return predict_chains(first, second, chains, names, objective, d=d, seed=seed, at_most=at_most, advance=advance)


def predict_chains(
    first: Float[np.ndarray, "pairs n"],
    second: Float[np.ndarray, "pairs n"],
    chains: Int[np.ndarray, " pairs"],
    names: Sequence[str],
    objective: str = "sigreg",
    *,
    d: int | None = None,
    seed: int = 0,
    at_most: int = AT_MOST,
    advance: Advance = unseen,
) -> IdealEncoder:
    """Return the same of the pairs' first and second members, in order of time within their chains."""
    n = first.shape[1]
    size = n if d is None else d
    varies = any(column.std(dtype=np.float64) > STILL for column in (*first.T, *second.T))
    if not varies and np.array_equal(first[0], second[0]):
        return refusals.refused(objective, size, len(first), refusals.NOTHING_MOVES)
    if objective == "sigreg" and size > n:
        return refusals.refused(objective, size, len(first), refusals.wider_than_the_state(size, n))
    cut = decorrelated(first, chains)
    rng = stream(seed, "prediction", objective)
    few = len(np.unique(chains)) < FEWEST_GROUPS
    groups = cut.labels if few else chains
    full = _full(first, second, objective, size, groups, names, at_most, rng, advance)
    if full.refused is None:
        return _widened(full, cut) if few else full
    if objective != "sigreg" or refusals.says_dependent(full.refused_briefly):
        return full
    at_most = at_most if n <= MOST_STATES else min(at_most, PAIRS_OF_MANY)
    z = sample_pairs(first, second, cut.labels, at_most, stream(seed, "prediction", objective))
    rng = stream(seed, "approximate prediction", objective)
    try:
        with threadpool_limits(1):
            found = approximate(z, names, objective, size, cut, full, rng)
    except (ArithmeticError, LookupError, ValueError) as fault:
        found = refusals.refused(objective, size, len(first), refusals.broke_off(fault))
    return found if few or n > MOST_STATES else found.instead_of(full)


def _full(
    first: np.ndarray,
    second: np.ndarray,
    objective: str,
    d: int,
    groups: np.ndarray,
    names: Sequence[str],
    at_most: int,
    rng: np.random.Generator,
    advance: Advance,
) -> IdealEncoder:
    n = first.shape[1]
    if n > MOST_STATES:
        why = refusals.Refusal("more than 8 states", f"The full prediction is made for up to {MOST_STATES} states.")
        return refusals.refused(objective, d, len(first), why)
    try:
        one, two = first.astype(np.float64), second.astype(np.float64)
        return predict(one, two, objective, rng=rng, d=d, groups=groups, at_most=at_most, advance=advance, names=names)
    except InvalidValue:
        raise
    except (ArithmeticError, LookupError, ValueError) as fault:
        return refusals.refused(objective, d, len(first), refusals.broke_off(fault))


def _widened(full: IdealEncoder, cut: Decorrelated) -> IdealEncoder:
    """Return a full prediction of one long chain, its error bars as wide as its few independent draws make them."""

    def wide(value: float, ends: tuple[float, float]) -> tuple[float, float]:
        low, high = (value + cut.inflation * (end - value) for end in ends)
        return max(low - 1.0 / cut.draws, 0.0), min(high + 1.0 / cut.draws, 1.0)

    each, ends = full.r2_per_control or {}, full.r2_per_control_ci95 or {}
    note = f"One chain of pairs was cut into runs of {cut.rows:,.0f} rows or more, its decorrelation time."
    changed: dict[str, Any] = {
        "draws": cut.draws,
        "ci95": None if full.ci95 is None or full.r2 is None else wide(full.r2, full.ci95),
        "r2_per_control_ci95": {name: wide(each[name], ends[name]) for name in each},
        "notes": [*full.notes, note],
    }
    return full.changed(**changed)
