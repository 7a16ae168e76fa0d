"""The ceiling under whitening: linear R^2 on the leading eigenfunctions of the transition operator.

Among maps with Cov h = I, E|h - h'|^2 = 2 d - 2 sum_k <h_k, T h_k> is least for T's d leading eigenfunctions (the
constant apart), and for any rotation of them (arXiv 2605.26379, Theorem 2; the variational principle of slow feature
analysis). R^2 does not see the rotation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe.predictor import refusals
from worldprobe.predictor.edmd import eigenfunctions, linear_r2, noise_correlation
from worldprobe.predictor.gaussian_maps import Features
from worldprobe.predictor.ladder import Evidence, Level
from worldprobe.predictor.moments import Covariances
from worldprobe.predictor.prediction import Embedding, IdealEncoder
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.predictor.refusals import Refusal
from worldprobe.results.predicted import BasisStep
from worldprobe.stats.jackknife import BLOCKS, STUDENT_95, Estimate, jackknife


@dataclass(frozen=True)
class Spectrum:
    """The leading features of one level, with error bars: pair correlations, R^2 per control, their mean."""

    correlations: Estimate
    r2: Estimate
    mean_r2: Estimate


def spectrum(level: Level, d: int) -> Spectrum:
    """Estimate a level's leading pair correlations (a few beyond d) and the R^2 of its d leading features."""
    shown = min(2 * d + 4, len(level.basis))

    def all_of(found: Covariances) -> Float[np.ndarray, " numbers"]:
        own = eigenfunctions(found)
        r2 = linear_r2(found, own.weights[:, :d])
        correlations = np.zeros(shown)
        correlations[: len(own.correlations)] = own.correlations[:shown]
        return np.concatenate([correlations, r2, [r2.mean()]])

    found = jackknife(all_of(level.moments.all()), np.stack([all_of(part) for part in level.moments.without_each()]))
    return Spectrum(
        Estimate(found.value[:shown], found.error[:shown]),
        Estimate(found.value[shown:-1].clip(0.0, 1.0), found.error[shown:-1]),
        Estimate(np.asarray(found.value[-1].clip(0.0, 1.0)), np.asarray(found.error[-1])),
    )


def whitening_ceiling(
    evidence: Evidence, levels: list[Level], rng: np.random.Generator, advance: Advance = unseen
) -> IdealEncoder:
    """Predict the whitened optimum."""
    d = evidence.d
    spectra = [spectrum(level, d) for level in levels]
    steps = [
        BasisStep(functions=len(level.basis), r2=float(own.mean_r2.value))
        for level, own in zip(levels, spectra, strict=True)
    ]
    level, own = levels[-1], spectra[-1]
    half = STUDENT_95 * float(own.mean_r2.error) + abs(steps[-1].r2 - steps[-2].r2)
    correlation, noise, kept = replicated(level, d, rng)
    seen = float(eigenfunctions(level.moments.all()).correlations[:d].sum())
    refused = (
        refusals.nothing_shared(d, correlation, noise, len(evidence.z))
        or refusals.overfitted(seen, kept, d)
        or refusals.not_settled(steps, _excess_kurtosis(evidence), evidence.names)
        or _tie(level, own, evidence)
        or refusals.too_wide(half, len(evidence.z))
    )
    if refused:
        return refusals.refused("whitening", d, len(evidence.z), refused, convergence=steps)
    return IdealEncoder.of(
        evidence.names,
        Embedding(evidence.marginals, leading_features(level, d)),
        objective="whitening",
        d=d,
        pairs=len(evidence.z),
        r2=float(own.mean_r2.value),
        r2_per_control=dict(zip(evidence.names, own.r2.value.tolist(), strict=True)),
        ci95=interval(float(own.mean_r2.value), half),
        r2_per_control_ci95=dict(zip(evidence.names, _intervals(own.r2, spectra[-2].r2), strict=True)),
        pair_correlations=own.correlations.value[:d].tolist(),
        convergence=steps,
        proven=True,
    )


def leading_features(level: Level, d: int) -> Features:
    """Return the d leading features as a function of Gaussian coordinates."""
    own = eigenfunctions(level.moments.all())
    share = level.moments.count / level.moments.count.sum()
    return Features(level.basis, share @ level.moments.mean, own.weights[:, :d], own.correlations[:d])


def interval(value: float, half: float) -> tuple[float, float]:
    """Return value +- half, within [0, 1]."""
    return float(np.clip(value - half, 0.0, 1.0)), float(np.clip(value + half, 0.0, 1.0))


def _intervals(last: Estimate, before: Estimate) -> list[tuple[float, float]]:
    half = STUDENT_95 * last.error + np.abs(last.value - before.value)
    return [interval(float(value), float(width)) for value, width in zip(last.value, half, strict=True)]


def replicated(level: Level, d: int, rng: np.random.Generator) -> tuple[float, float, float]:
    """Fit the d leading features on every other block and evaluate them on the blocks between, both ways.

    Returns the least of their pair correlations there, what sampling error alone gives, and the correlations' sum.
    """
    even = (np.arange(BLOCKS) % 2 == 0).astype(float)
    kept = []
    for fitted in (even, 1.0 - even):
        features = eigenfunctions(level.moments.over(fitted)).weights[:, :d]
        own = eigenfunctions(level.moments.over(1.0 - fitted).combined(features)).correlations
        kept.append(np.pad(own, (0, d - len(own))))
    mean = np.mean(kept, axis=0)
    leading = eigenfunctions(level.moments.all()).weights[:, :d]
    return float(mean[-1]), noise_correlation(level.moments, leading, rng), float(mean.sum())


def _tie(level: Level, own: Spectrum, evidence: Evidence) -> Refusal | None:
    """Refuse where features of indistinguishable pair correlations would give different answers."""
    d, found = evidence.d, level.moments.all()
    features = eigenfunctions(found).weights[:, : len(own.correlations.value)]
    count = features.shape[1]  # fewer than asked for where functions are linear in one another
    value, error = own.correlations.value[:count], own.correlations.error[:count]
    if count <= d:
        return None
    gap, doubt = value[d - 1] - value[d], 2.0 * float(np.hypot(error[d - 1], error[d]))
    if gap > doubt:
        return None
    reads = features.T @ found.read
    reads = reads[:, evidence.moving] / np.sqrt(found.variance[evidence.moving])
    near = np.abs(value - (value[d - 1] + value[d]) / 2.0) <= max(doubt, gap)
    sure = (np.arange(len(value)) < d) & ~near
    mixed = np.linalg.eigvalsh(reads[near] @ reads[near].T)
    chosen = d - int(sure.sum())
    n, fixed = len(evidence.moving), float((reads[sure] ** 2).sum())
    low, high = (fixed + mixed[:chosen].sum()) / n, (fixed + mixed[-chosen:].sum()) / n
    needed = len(evidence.z) * (2.0 * doubt / max(gap, 1e-9)) ** 2
    return refusals.tied(d, value, low, high, needed)


def _excess_kurtosis(evidence: Evidence) -> Float[np.ndarray, " n"]:
    z = evidence.z.pooled
    centred = z - z.mean(axis=0)
    square = (centred**2).mean(axis=0)
    fourth = (centred**4).mean(axis=0)
    return np.divide(fourth, square**2, out=np.full(len(square), 3.0), where=evidence.moving) - 3.0
