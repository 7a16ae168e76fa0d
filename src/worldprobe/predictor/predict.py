"""The predictor: from pairs of controls to the linear R^2 that the ideal encoder reaches, without training anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from worldprobe._util.progress import Advance
from worldprobe.errors import InvalidValue
from worldprobe.predictor import refusals
from worldprobe.predictor.gaussian_coordinates import fit_marginals
from worldprobe.predictor.ladder import Evidence, Level, climb, evidence, pairs_for
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.predictor.sigreg_ceiling import sigreg_ceiling
from worldprobe.predictor.unmixing import unmixed
from worldprobe.predictor.whitening_ceiling import whitening_ceiling
from worldprobe.stats.jackknife import BLOCKS, Groups, sample_pairs
from worldprobe.stats.standardise import safe_scale

CEILINGS: dict[str, Callable[[Evidence, list[Level], np.random.Generator, Advance], IdealEncoder]] = {
    "sigreg": sigreg_ceiling,
    "whitening": whitening_ceiling,
}

AT_MOST = 250_000


def predict(
    first: Float[np.ndarray, "pairs n"],
    second: Float[np.ndarray, "as_many as_wide"],
    objective: str = "sigreg",
    *,
    rng: np.random.Generator,
    d: int | None = None,
    groups: Groups = None,
    at_most: int = AT_MOST,
    advance: Advance = unseen,
    names: Sequence[str] | None = None,
) -> IdealEncoder:
    """Predict the linear R^2 (h -> z) of the ideal encoder with d dimensions (n by default) of these pairs (z, z').

    The ideal encoder inverts the world and has found its objective's optimum: T's leading eigenfunctions under
    "whitening", the best aligned map onto N(0, I_d) under "sigreg" (docs/predictor.md). `groups` says which pairs
    depend on one another (a label each, or how many consecutive ones): clips, shots, episodes. At most about `at_most`
    pairs are used, whole groups drawn at random. `advance` is called as the work goes on, `STEPS` times at most.
    `names` are the controls': z1, z2 ... where they are not given.

    Raises InvalidValue for arrays that do not match, numbers that are not finite, a d below 1, or an objective without
    a prediction. A prediction that the sample does not support is refused, with the reason in the result.

    Runs on one thread of the BLAS: sums over another number of threads have other last bits.
    """
    with threadpool_limits(1):
        return _predict(first, second, objective, rng, d, groups, at_most, advance, names)


def _predict(
    first: Float[np.ndarray, "pairs n"],
    second: Float[np.ndarray, "as_many as_wide"],
    objective: str,
    rng: np.random.Generator,
    d: int | None,
    groups: Groups,
    at_most: int,
    advance: Advance,
    names: Sequence[str] | None,
) -> IdealEncoder:
    if objective not in CEILINGS:
        raise InvalidValue("objective", objective, " or ".join(CEILINGS), _WITHOUT)
    size = first.shape[1] if d is None else d
    if size < 1 or first.shape[1] < 1:
        raise InvalidValue("d", size, "1 or more, with one control or more")
    called = tuple(names or (f"z{i + 1}" for i in range(first.shape[1])))
    if len(called) != first.shape[1]:
        raise InvalidValue("names", len(called), f"{first.shape[1]}, one for every control")
    if objective == "sigreg" and size > first.shape[1]:
        return refusals.refused(objective, size, len(first), refusals.wider_than_the_state(size, first.shape[1]))
    first, second = _in_safe_units(first, second)
    z = sample_pairs(first, second, groups, at_most, rng)
    small = refusals.too_small(len(z), z.groups, pairs_for(1), 2 * BLOCKS)
    if small:
        return refusals.refused(objective, size, len(z), small)
    marginals = fit_marginals(z.pooled)
    if not marginals.moving.any():
        return refusals.refused(objective, size, len(z), refusals.NOTHING_MOVES)
    if objective == "sigreg":
        marginals = unmixed(marginals, z.pooled, rng.spawn(1)[0])
    found = evidence(z, marginals, size, called)
    advance(1, "coordinates")
    levels = climb(found, advance)
    if len(levels) < 2:
        return refusals.refused(objective, size, len(z), refusals.too_few_functions(size, len(levels)))
    return CEILINGS[objective](found, levels, rng, advance)


def _in_safe_units(
    first: Float[np.ndarray, "pairs n"], second: Float[np.ndarray, "as_many as_wide"]
) -> tuple[Float[np.ndarray, "pairs n"], Float[np.ndarray, "as_many as_wide"]]:
    """Return the controls in units in which their fourth powers are finite; R^2 does not depend on units."""
    if first.shape != second.shape or not len(first):
        return first, second
    scale = safe_scale(np.stack([np.abs(first).max(axis=0), np.abs(second).max(axis=0)]))
    return (first, second) if (scale == 1.0).all() else (first / scale, second / scale)


_WITHOUT = (
    "InfoNCE with a Gaussian similarity has no prediction: even for Gaussian pairs no embedding attains its bound, "
    "because log p(z'|z) / p(z') is not -|h - h'|^2 up to terms of z alone. The supervised ceiling is 1 by definition."
)
