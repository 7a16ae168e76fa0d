"""What limits a log first: the prediction is made with one fault at a time taken away, and the gains are ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import t as student

from worldprobe.audits.limits.mended_pairs import (
    Mend,
    StatePairs,
    equal_correlations,
    gaussian_marginals,
    independent_states,
)
from worldprobe.audits.limits.quick_prediction import QuickPrediction, quick
from worldprobe.predictor.decorrelation import Decorrelated
from worldprobe.predictor.few_draws import SampleSize
from worldprobe.results import LimitingCause
from worldprobe.stats.mid_ranks import mid_ranks

PARTS = 4
"""Parts of the log in which every gain is estimated again, for its error."""

MENDS: dict[str, Mend] = {
    "marginals": gaussian_marginals,
    "unequal correlations": equal_correlations,
    "dependence": independent_states,
}


def limiting_causes(
    pairs: StatePairs,
    names: Sequence[str],
    cut: Decorrelated,
    now: QuickPrediction,
    rng: np.random.Generator,
    missing: float,
) -> list[LimitingCause]:
    """Return every fault with what mending it would buy in mean R^2, the largest first; at most what is `missing`."""
    stretches = _stretches(pairs, cut, now, rng)
    found = []
    for cause, (said, mend) in _words(pairs, names, now).items():
        gain, (low, high) = _gain(cause, pairs, now, stretches, rng)
        ends = (min(low, missing), min(high, missing))
        found.append(LimitingCause(cause=cause, found=said, mend=mend, gain=min(gain, missing), gain_ci95=ends))
    return sorted(found, key=lambda cause: -cause.gain)


@dataclass(frozen=True)
class _Stretch:
    """The log or a part of it, with its mean R^2 as it is; its size is taken to be the log's."""

    pairs: StatePairs
    cut: Decorrelated
    size: SampleSize
    r2: float

    def gain(self, mend: Mend, rng: np.random.Generator) -> float:
        """Return what mending adds to mean R^2."""
        return float(quick(mend(self.pairs, rng), self.cut, rng, self.size).r2.mean()) - self.r2


def _stretches(pairs: StatePairs, cut: Decorrelated, now: QuickPrediction, rng: np.random.Generator) -> list[_Stretch]:
    """Return the log, then its parts; nothing where no state moves."""
    if not _moves(pairs).any():
        return []
    found = [_Stretch(pairs, cut, now.size, float(now.r2.mean()))]
    ends = np.linspace(0, len(pairs.first), PARTS + 1).astype(int)
    for a, b in pairwise(ends):
        own = pairs.chosen(slice(a, b))
        if b - a >= 2 * PARTS and _moves(own).any():
            shorter = replace(cut, draws=max(cut.draws / PARTS, 1.0))
            found.append(_Stretch(own, shorter, now.size, float(quick(own, shorter, rng, now.size).r2.mean())))
    return found


def _gain(
    cause: str, pairs: StatePairs, now: QuickPrediction, stretches: Sequence[_Stretch], rng: np.random.Generator
) -> tuple[float, tuple[float, float]]:
    """Return what mending buys, with its 95 % interval from parts of the log."""
    if cause == "few draws":
        gain = float(now.ideal.mean() - now.r2.mean())
        # The number of draws of a correlated log is known within a factor of about 1.5.
        less, more = (now.ideal.mean() * (1.0 - now.size.times(factor).kept) for factor in (1.5, 1.0 / 1.5))
        return gain, (float(less), float(more))
    if cause == "states that never move":
        still = ~_moves(pairs)
        gain = float(still.mean() * (now.r2[~still].mean() if (~still).any() else 1.0))
        return gain, (gain, gain)
    gain, *each = (stretch.gain(MENDS[cause], rng) for stretch in stretches)
    spread = float(np.std(each, ddof=1) / np.sqrt(len(each))) if len(each) > 1 else 1.0
    half = float(student.ppf(0.975, len(each) - 1)) * spread if len(each) > 1 else 1.0
    return gain, (max(gain - half, -1.0), min(gain + half, 1.0))


def _moves(pairs: StatePairs) -> Bool[np.ndarray, " n"]:
    found: np.ndarray = np.concatenate([pairs.first, pairs.second]).std(axis=0) > 1e-6
    return found


def _words(pairs: StatePairs, names: Sequence[str], now: QuickPrediction) -> dict[str, tuple[str, str]]:
    """Return each fault in words, with what to do about it."""
    moves = _moves(pairs)
    said = {"few draws": _few(now)}
    if not moves.all():
        still = [name for name, own in zip(names, moves, strict=True) if not own]
        said["states that never move"] = (
            f"{_listed(still)} never {'moves' if len(still) == 1 else 'move'}",
            "Let every state move, or leave it out.",
        )
    if not moves.any():
        return said
    moving = [name for name, own in zip(names, moves, strict=True) if own]
    first, second = pairs.first[:, moves], pairs.second[:, moves]
    said["marginals"] = _marginals(np.concatenate([first, second]), moving)
    if len(moving) > 1:
        said["unequal correlations"] = _correlations(first, second, moving)
        said["dependence"] = _dependence(first, moving)
    return said


def _few(now: QuickPrediction) -> tuple[str, str]:
    draws = f"{now.size.draws:,.0f}"
    return (
        f"{now.size.pairs:,.0f} pairs are worth {draws} independent draw{'' if draws == '1' else 's'}",
        "Record more episodes from many starting states, rather than longer ones.",
    )


def _marginals(z: Float[np.ndarray, "both n"], names: Sequence[str]) -> tuple[str, str]:
    centred = (z - z.mean(axis=0)) / z.std(axis=0)
    shape = (centred**4).mean(axis=0) - 3.0
    worst = int(np.abs(np.where(shape < 0, 4.0 * shape, shape)).argmax())
    kind = "heavy tails" if shape[worst] > 0 else "a flat or two-peaked distribution"
    return (
        f"marginals are not Gaussian, most of all that of {names[worst]}, with {kind} "
        f"(excess kurtosis {shape[worst]:.1f})",
        f"Visit the values of {names[worst]} as a Gaussian does: often near the middle, rarely far from it.",
    )


def _correlations(
    first: Float[np.ndarray, "pairs n"], second: Float[np.ndarray, "pairs n"], names: Sequence[str]
) -> tuple[str, str]:
    a, b = mid_ranks(first) - 0.5, mid_ranks(second) - 0.5
    scale = np.sqrt((a**2).mean(axis=0) * (b**2).mean(axis=0))
    rho = (a * b).mean(axis=0) / np.where(scale > 0, scale, np.inf)  # 0 where one member of the pairs never moves
    slow, fast = int(rho.argmax()), int(rho.argmin())
    return (
        f"pair correlations are unequal, from {rho[fast]:.2f} of {names[fast]} to {rho[slow]:.3g} of {names[slow]}",
        f"Take larger steps of {names[slow]}, or smaller ones of {names[fast]}, until both change at one rate.",
    )


def _dependence(first: Float[np.ndarray, "pairs n"], names: Sequence[str]) -> tuple[str, str]:
    z = mid_ranks(first) - 0.5
    scale = np.sqrt((z**2).mean(axis=0))
    z /= np.where(scale > 0, scale, np.inf)  # a state that only moves in the pairs' other members depends on none
    ranks = z.T @ z / len(z)
    np.fill_diagonal(ranks, 0.0)
    one, two = divmod(int(np.abs(ranks).argmax()), len(ranks))
    return (
        f"states depend on each other, most of all {names[one]} and {names[two]} "
        f"(rank correlation {ranks[one, two]:.2f})",
        f"Vary {names[one]} while {names[two]} stays, and the other way round.",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
