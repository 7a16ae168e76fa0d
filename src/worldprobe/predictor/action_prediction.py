"""What the ideal encoder of an action-conditioned world model recovers: closed forms, and the prediction for a log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs
from worldprobe.predictor import refusals
from worldprobe.predictor.decorrelation import FEWEST_GROUPS, decorrelated
from worldprobe.predictor.log_prediction import predict_chains
from worldprobe.predictor.outcomes import outcomes
from worldprobe.predictor.predict import AT_MOST, predict
from worldprobe.predictor.prediction import Embedding, IdealEncoder
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.predictor.unequal_correlations import sigreg_margin, whitening_margin
from worldprobe.stats.subsample import evenly_spaced

PREDICTIVE = "predictive"
"""What predictions and results call the ceiling of objectives that predict the next embedding."""

LINEAR = 0.9
"""R^2 below which the most predictable embedding is not linear: some control is lost or folded."""

JUDGED = 10_000
"""States at which maps that are aligned equally well are compared with `LINEAR`."""


def predictive_whitening_margin(rho: Float[np.ndarray, " n"]) -> float:
    """Return min rho^2 - max rho^4 of canonical correlations rho between (z, a) and z'.

    Positive iff every linear feature is more predictable than any nonlinear one: the least rho exceeds the product of
    the two largest features, which is the largest squared (Hermite degree 2 of that direction). The best whitened
    encoder of n dimensions is then linear, whatever the policy. Raises InvalidValue outside (-1, 1).
    """
    return whitening_margin(np.asarray(rho, dtype=np.float64) ** 2)


def predictive_sigreg_margin(rho: Float[np.ndarray, " n"], degree: int = 8) -> float:
    """Return minus the largest second variation of the predictable variance at the linear map, among Gaussian maps.

    That of `sigreg_margin` for pairs of outcomes, whose correlations are rho^2. Positive: the linear map is a strict
    local optimum of prediction with SIGReg. Raises InvalidValue outside (-1, 1).
    """
    return sigreg_margin(np.asarray(rho, dtype=np.float64) ** 2, degree)


def predict_actions(
    pairs: Pairs,
    names: Sequence[str],
    *,
    d: int | None = None,
    seed: int = 0,
    at_most: int = AT_MOST,
    advance: Advance = unseen,
) -> IdealEncoder:
    """Return what the ideal encoder of `lejepa-predictive` recovers, from pairs that carry actions.

    Its predictor is unrestricted, and the encoder's embedding says as much as the state. `pair_correlations` and
    `alignment` are those of two outcomes of one state and action: an error of prediction is half of such an alignment.
    Where the most predictable embedding is not linear the answer is refused, with what it and a linear one recover.
    Raises InvalidValue where the pairs carry no actions. What the sample does not support is refused.
    """
    first, second, actions, groups = _with_actions(pairs)
    n = first.shape[1] if d is None else d
    if _too_few(first, actions):
        return refusals.refused(PREDICTIVE, n, len(first), _too_few_actions(len(first)))
    try:
        made = outcomes(first, actions, second, groups, stream(seed, "prediction", "outcomes"))
        found = predict(
            made.seen,
            made.other,
            "sigreg",
            rng=stream(seed, "prediction", PREDICTIVE),
            d=d,
            groups=groups,
            at_most=at_most,
            advance=advance,
            names=names,
        )
    except (ArithmeticError, LookupError, ValueError) as fault:
        return refusals.refused(PREDICTIVE, n, len(first), refusals.broke_off(fault))
    return _concluded(found, names, made.degree, made.seen)


def predict_log_actions(
    pairs: Pairs, names: Sequence[str], *, seed: int = 0, at_most: int = AT_MOST, advance: Advance = unseen
) -> IdealEncoder:
    """Return the same of a log, whatever its size: its interval is as wide as the log makes it, as in `predict_log`.

    Raises InvalidValue where the pairs carry no actions. Refused where too few pairs have one, where no state moves,
    and where the most predictable embedding is not linear.
    """
    first, second, actions, chains = _with_actions(pairs)
    n = first.shape[1]
    if _too_few(first, actions):
        return refusals.refused(PREDICTIVE, n, len(first), _too_few_actions(len(first)))
    few = len(np.unique(chains)) < FEWEST_GROUPS
    groups = decorrelated(first, chains).labels if few else chains
    try:
        made = outcomes(first, actions, second, groups, stream(seed, "prediction", "outcomes"))
        found = predict_chains(made.seen, made.other, chains, names, seed=seed, at_most=at_most, advance=advance)
    except (ArithmeticError, LookupError, ValueError) as fault:
        return refusals.refused(PREDICTIVE, n, len(first), refusals.broke_off(fault))
    return _concluded(found, names, made.degree, made.seen)


def _with_actions(pairs: Pairs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the states before, those after, the actions and the chains of the pairs that have an action."""
    if pairs.actions is None:
        raise InvalidValue("actions", None, "pairs with actions", "Without actions predict under `sigreg`.")
    usable = np.isfinite(pairs.actions).all(axis=1)
    groups = np.unique(pairs.chains[usable], return_inverse=True)[1]
    return pairs.first[usable], pairs.second[usable], pairs.actions[usable], groups


def _too_few(first: np.ndarray, actions: np.ndarray) -> bool:
    return len(first) < 2 * (first.shape[1] + actions.shape[1] + 1)


def _too_few_actions(count: int) -> refusals.Refusal:
    return refusals.Refusal("too few actions", f"{count:,} pairs have an action: too few to fit a transition.")


def _concluded(found: IdealEncoder, names: Sequence[str], degree: int, states: np.ndarray) -> IdealEncoder:
    """Return the prediction for two outcomes as that of the objective; refused where it is not of a linear map."""
    highest = found.ci95[1] if found.approximate and found.ci95 is not None else found.r2
    if found.refused is None and highest is not None and highest < LINEAR:
        return _not_separated(found, names, found.r2 or 0.0, found.embedding)
    maps = found.equally_aligned
    some = states[evenly_spaced(len(states), JUDGED)]
    read = [float(own.r2_at(some).mean()) for own in maps]
    if maps and max(read) < LINEAR:
        # Several nonlinear maps are aligned as well: which of them is best does not matter here.
        return _not_separated(found, names, read[0], maps[0])
    changed: dict[str, Any] = {"objective": PREDICTIVE, "notes": [*found.notes, _note(degree)]}
    return found.changed(**changed)


def _not_separated(found: IdealEncoder, names: Sequence[str], r2: float, best: Embedding) -> IdealEncoder:
    """Refuse: a nonlinear map is the more predictable one from the state, but a predictor reads its embedding alone."""
    why = refusals.Refusal(
        "spectrum not separated",
        f"Were the state known, an embedding that reads R² {r2:.2f} of it would be more predictable than a "
        "linear one. A predictor knows the embedding alone, and what such an embedding drops it cannot use: either of "
        "the two may be what training finds. Make the least predictable control more predictable: more action noise "
        "in its direction, less noise elsewhere, rows further apart or nearer.",
    )
    linear = Embedding(best.marginals, lambda u: u)
    known = {"tried": found.tried, "pair_correlations": found.pair_correlations, "notes": found.notes}
    size, count = found.d or len(names), found.pairs or 0
    return refusals.refused(PREDICTIVE, size, count, why, (linear, best), names, **known)


def _note(degree: int) -> str:
    form = "linear" if degree == 1 else "of degree 2"
    return (
        f"Second outcomes of the same state and action are made from a transition {form} in both, its noise additive."
    )
