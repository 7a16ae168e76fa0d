"""The answer for a log: what an ideal encoder recovers, what limits it first, what to record next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldprobe._util.seeds import stream
from worldprobe.audits.limits.answer_sentences import limits, record_next, recovers
from worldprobe.audits.limits.limiting_causes import limiting_causes
from worldprobe.audits.limits.mended_pairs import StatePairs
from worldprobe.audits.limits.quick_prediction import quick
from worldprobe.audits.limits.stride_advice import stride_advice
from worldprobe.explore import Pairs
from worldprobe.predictor.decorrelation import decorrelated
from worldprobe.predictor.few_draws import SampleSize
from worldprobe.predictor.refusals import BROKE_OFF
from worldprobe.results import LimitingCause, LogAnswer, Prediction

MOST_PAIRS, FEW_STATES = 20_000, 8
"""Pairs that the comparisons are made on, spread evenly over the log; fewer where there are more states."""

WANTED = 0.98
"""The share of the ideal R^2 that the number of further episodes is for."""

WEAK = 0.95
"""A state that is recovered to more than this needs no exploration of its own."""


def answered(
    pairs: Pairs, names: Sequence[str], predicted: Prediction, *, seed: int = 0, besides: Sequence[LimitingCause] = ()
) -> tuple[LogAnswer | None, list[str]]:
    """Return the answer, and what of prediction and answer could not be made, and why."""
    not_made = [str(predicted.refused)] if predicted.refused_briefly == BROKE_OFF else []
    try:
        return log_answer(pairs, names, predicted, seed=seed, besides=besides), not_made
    except (ArithmeticError, LookupError, ValueError) as fault:
        why = (
            f"What limits the log could not be found ({type(fault).__name__}: {fault}). The gates do not depend on it."
        )
        return None, [*not_made, why]


def log_answer(
    pairs: Pairs, names: Sequence[str], predicted: Prediction, *, seed: int = 0, besides: Sequence[LimitingCause] = ()
) -> LogAnswer | None:
    """Return the answer for an exploration's pairs and its prediction; None where the prediction has no numbers.

    `besides` are causes that pairs do not show, already taken off the prediction.

    The prediction is of the ideal encoder, which knows the distribution; the answer takes off what is lost by fitting
    to so few pairs. Gains are differences of quick predictions, made in one way with and without a fault.
    """
    if predicted.r2_per_control is None or predicted.r2_per_control_ci95 is None:
        return None
    cut = decorrelated(pairs.first, pairs.chains)
    every = -(-len(pairs.index) * max(len(names), FEW_STATES) // (MOST_PAIRS * FEW_STATES))
    one, two = (pairs.controls[pairs.index[::every, member]].astype(np.float64) for member in (0, 1))
    some = StatePairs(one, two)
    rng = stream(seed, "log answer")
    thin = quick(some, cut, rng)
    size = SampleSize(len(pairs.index), cut.draws, thin.size.states, thin.size.rho)
    now = quick(some, cut, rng, size)
    r2 = {name: value * size.kept for name, value in predicted.r2_per_control.items()}
    worse, better = size.times(1.0 / 1.5).kept, size.times(1.5).kept
    ends = {name: (low * worse, min(high * better, 1.0)) for name, (low, high) in predicted.r2_per_control_ci95.items()}
    whole = predicted.ci95 or (0.0, 1.0)
    mean = float(np.mean(list(r2.values())))
    causes = [*limiting_causes(some, names, cut, now, rng, 1.0 - mean), *besides]
    causes.sort(key=lambda cause: -cause.gain)
    episodes = int(np.unique(pairs.chains).size)
    weakest = sorted((name for name in names if r2[name] < WEAK), key=lambda name: r2[name])[:3]
    more = _more(size, episodes)
    stride = stride_advice(pairs, rng)
    noun = "episodes" if 2 * episodes <= len(pairs.index) else "independent pairs"
    interval = (whole[0] * worse, min(whole[1] * better, 1.0))
    return LogAnswer(
        recovers=recovers(mean, interval, r2, ends),
        limits=limits(causes),
        record_next=record_next(weakest, more, episodes, noun, stride),
        r2=mean,
        ci95=interval,
        r2_per_state=r2,
        r2_per_state_ci95=ends,
        approximate=predicted.approximate,
        draws=cut.draws,
        draws_ci95=(cut.draws / 1.5, cut.draws * 1.5),
        causes=causes,
        weakest=weakest,
        more_episodes=more,
        stride=stride,
    )


def _more(size: SampleSize, episodes: int) -> tuple[float, float, float] | None:
    """Return how many more episodes keep the wanted share, with the draws' uncertainty; None where none are needed."""
    if size.kept >= WANTED:
        return None
    least, most = size.times(1.5).growth_to(WANTED) * 1.5, size.times(1 / 1.5).growth_to(WANTED) / 1.5
    best = size.growth_to(WANTED)
    low, high = min(least, most, best / 1.5), max(least, most, best * 1.5)
    return episodes * (best - 1.0), max(episodes * (low - 1.0), 0.0), episodes * (high - 1.0)
