"""An answer for logs that the full prediction refuses: few pairs, many states, states that pause or saturate.

The ideal map is taken to be the plain one (Gaussian coordinates, decorrelated), with what rivals take from each of its
directions judged pair by pair (`pairwise_competition`). States that often have one value keep their mid-ranks, the
conditional mean of randomised ones. The interval holds the sampling error of both, the drop of a direction that may be
given up, and the answers of the full prediction's maps where it found several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import t as student

from worldprobe.predictor import refusals
from worldprobe.predictor.decorrelation import FEWEST_GROUPS, Decorrelated
from worldprobe.predictor.dependent_controls import Dependences, dependent_controls
from worldprobe.predictor.edmd import noise_correlation
from worldprobe.predictor.gaussian_coordinates import Marginals, fit_marginals
from worldprobe.predictor.gaussian_maps import Plain, fit_plain
from worldprobe.predictor.moments import moments
from worldprobe.predictor.pairwise_competition import Competition, competition
from worldprobe.predictor.prediction import Embedding, IdealEncoder
from worldprobe.predictor.unmixing import unmixed
from worldprobe.stats.jackknife import PairSample
from worldprobe.stats.r2 import r2_from_errors
from worldprobe.stats.whitening import whitening_axes

LUMP = 0.05
"""A larger share of rows with one value is an atom: no Gaussian map of the state exists."""

MOST_JOINT = 8
"""States up to which a joint Gaussianisation is fitted: of more, the plain map is linear in Gaussian coordinates."""

PER_STATE = 400
"""Pairs per state from which a joint Gaussianisation is fitted; with fewer the plain map is linear."""

FITTED = 10_000
"""Pairs that the joint Gaussianisation is fitted to."""

FEWEST = 16
"""Independent draws below which nothing is left of an answer but the range 0 to 1."""

RULED_OUT = 0.1
"""A pair correlation that sampling error could not give: only pairs that would show it are said to share nothing."""

PARTS = 10
"""Parts of the log whose answers give the sampling error."""


@dataclass(frozen=True)
class Reading:
    """What the plain map's directions hold of every state, with errors."""

    plain: Plain
    rivals: Competition
    shares: Float[np.ndarray, "d n"]
    """The share of each state's variance that each direction reads; states that never move have 0."""
    error: Float[np.ndarray, " n"]
    marginals: Marginals

    @property
    def moving(self) -> Bool[np.ndarray, " n"]:
        """Which states move."""
        return self.marginals.moving


def approximate(
    z: PairSample,
    names: Sequence[str],
    objective: str,
    d: int,
    cut: Decorrelated,
    refused: IdealEncoder,
    rng: np.random.Generator,
) -> IdealEncoder:
    """Return the approximate prediction of pairs in which a state moves, given the full prediction's refusal.

    Refused too where the members of a pair share no direction of the plain map, and no nonlinear feature: none that the
    full prediction has found, or no product of two directions.
    """
    marginals = fit_marginals(z.pooled)
    moving, count = marginals.moving, int(marginals.moving.sum())
    dependences = _dependences(z, marginals, rng)
    follows = refusals.dependent(min(d, count), count, dependences.following, names)
    if follows:
        return refusals.refused(objective, d, len(z), follows)
    found = read(z, marginals, d, cut, rng)
    if refused.refused_briefly == refusals.SHARE_TOO_LITTLE or not found.rivals.products_shared:
        unshared = _unshared(found, z, rng)
        if unshared is not None:
            return refusals.refused(objective, d, len(z), unshared, tried=refused.tried)
    half = float(student.ppf(0.975, max(min(cut.draws, PARTS) - 1.0, 1.0))) * found.error * cut.inflation
    half = half + 3.0 / max(cut.draws, 1.0)
    if count == 1 and refused.equally_aligned:  # the search has seen this control's folds, the closed form has not
        maps = np.stack([own.r2_at(z.pooled) for own in refused.equally_aligned])
        r2, low, high = maps[0], maps.min(axis=0) - half, maps.max(axis=0) + half
    else:
        r2 = found.rivals.kept @ found.shares
        low, high = found.rivals.least @ found.shares - half, found.rivals.most @ found.shares + half
        low, high = _with_maps(low, high, refused, r2)
    if cut.draws < FEWEST:
        low, high = np.zeros_like(low), np.ones_like(high)
    low, high = (np.where(moving, end.clip(0.0, 1.0), 0.0) for end in (low, high))
    r2 = np.clip(r2, low, high)
    return IdealEncoder.of(
        names,
        Embedding(marginals, found.plain),
        objective=objective,
        d=d,
        pairs=len(z),
        approximate=True,
        draws=cut.draws,
        r2=float(r2.mean()),
        r2_per_control=dict(zip(names, r2.tolist(), strict=True)),
        ci95=(float(low.mean()), float(high.mean())),
        r2_per_control_ci95=dict(zip(names, zip(low.tolist(), high.tolist(), strict=True), strict=True)),
        pair_correlations=found.rivals.correlations.tolist(),
        tried=refused.tried,
        notes=_notes(refused, marginals, names, cut, len(z)) + refusals.found_late(dependences, names),
    )


def _dependences(z: PairSample, marginals: Marginals, rng: np.random.Generator) -> Dependences:
    """Return which states follow from others; not looked for among more than `MOST_JOINT`."""
    if len(marginals.moving) > MOST_JOINT:
        return Dependences([])
    found = dependent_controls(z)
    if found.following and unmixed(marginals, z.pooled, rng.spawn(1)[0]).axes is not None:
        found = dependent_controls(z, mixed=True)
    return found


def read(z: PairSample, marginals: Marginals, d: int, cut: Decorrelated, rng: np.random.Generator) -> Reading:
    """Fit the plain map to pairs in which a state moves, and judge its directions against their rivals."""
    plain = _plain(z, marginals, min(d, int(marginals.moving.sum())), cut.draws, rng)
    one, two = plain(marginals(z.first)), plain(marginals(z.second))
    rivals = competition(one, two, cut.inflation)
    h = np.concatenate([one, two])
    white = (h - h.mean(axis=0)) / np.maximum(h.std(axis=0), 1e-12)
    pooled = z.pooled
    shares = _shares(white, pooled)
    ends = np.linspace(0, len(z), PARTS + 1).astype(int)
    parts = [_part(plain, z, slice(a, b)) for a, b in pairwise(ends) if b - a > 3]
    error = np.std(parts, axis=0, ddof=1) / np.sqrt(len(parts)) if len(parts) > 1 else np.ones(pooled.shape[1])
    return Reading(plain, rivals, shares, error, marginals)


def _unshared(read: Reading, z: PairSample, rng: np.random.Generator) -> refusals.Refusal | None:
    """Return a refusal where no combination of directions has a pair correlation beyond what chance gives the best.

    None for pairs so few that chance gives more than `RULED_OUT`: their interval is wide instead.
    """
    one, two = read.plain(read.marginals(z.first)), read.plain(read.marginals(z.second))
    found = moments(lambda rows: (one[rows], two[rows]), z)
    white = whitening_axes(found.all().gram)
    largest = float(np.abs(np.linalg.eigvalsh(white.T @ found.all().lagged @ white)).max())
    noise = noise_correlation(found, white, rng)
    return refusals.no_direction_shared(largest, noise, len(z)) if noise < RULED_OUT else None


def _plain(z: PairSample, marginals: Marginals, d: int, draws: float, rng: np.random.Generator) -> Plain:
    """Return the plain map; linear in the Gaussian coordinates for few pairs and for states with atoms."""
    first, second = marginals(z.first), marginals(z.second)
    atoms = max(one.atom for one in marginals.maps) > LUMP
    n = first.shape[1]
    if draws >= PER_STATE * n and n <= MOST_JOINT and not atoms:
        rows = rng.permutation(len(z))[:FITTED]
        return fit_plain(first[rows], second[rows], d, rng)
    u = np.concatenate([first, second])
    mean, covariance = u.mean(axis=0), np.cov(u, rowvar=False).reshape(n, n)
    # Few draws make small variances smaller and large ones larger: shrunk as by Ledoit and Wolf.
    shrink = min(n / max(draws, 1.0), 1.0) * 0.5
    covariance = (1.0 - shrink) * covariance + shrink * np.diag(np.diag(covariance))
    white = whitening_axes(covariance)
    x, y = (first - mean) @ white, (second - mean) @ white
    lagged = x.T @ y / len(x)
    turned = np.linalg.eigh(lagged + lagged.T)[1][:, ::-1][:, :d]
    return Plain(mean, white, None, turned)


def _shares(h: Float[np.ndarray, "both d"], z: Float[np.ndarray, "both n"]) -> Float[np.ndarray, "d n"]:
    """Return the squared correlations of every direction and state, scaled to add to the states' linear R^2."""
    centred = z - z.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    moves = variance > 0.0
    covariance = h.T @ centred / len(h)
    squared = np.divide(covariance**2, variance, out=np.zeros_like(covariance), where=moves)
    total = squared.sum(axis=0)
    fitted = h @ np.linalg.lstsq(h.T @ h, h.T @ centred, rcond=None)[0]
    r2 = r2_from_errors(((centred - fitted) ** 2).mean(axis=0), np.where(moves, variance, 0.0))
    found: np.ndarray = squared * np.divide(r2, total, out=np.zeros_like(total), where=total > 0.0)
    return found


def _part(plain: Plain, z: PairSample, rows: slice) -> Float[np.ndarray, " n"]:
    """Return every state's R^2 in a part of the log, its Gaussian coordinates fitted there."""
    own = np.concatenate([z.first[rows], z.second[rows]])
    found, u = np.zeros(own.shape[1]), fit_marginals(own)
    if u.moving.any():
        # Of its own coordinate alone: with few rows a fit on all of them reads anything.
        values = u(own)
        centred = own[:, u.moving] - own[:, u.moving].mean(axis=0)
        values = values - values.mean(axis=0)
        scale = np.sqrt((centred**2).sum(axis=0) * (values**2).sum(axis=0))
        found[u.moving] = (centred * values).sum(axis=0) ** 2 / np.maximum(scale, 1e-300) ** 2
    return found


def _with_maps(
    low: Float[np.ndarray, " n"],
    high: Float[np.ndarray, " n"],
    refused: IdealEncoder,
    r2: Float[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the interval widened to the mean R^2 of the Gaussian maps that were not separated."""
    mean = float(r2.mean())
    for trial in refused.tried:
        shift = trial.r2 - mean
        low, high = np.minimum(low, r2 + min(shift, 0.0)), np.maximum(high, r2 + max(shift, 0.0))
    return low, high


def _notes(
    refused: IdealEncoder, marginals: Marginals, names: Sequence[str], cut: Decorrelated, pairs: int
) -> list[str]:
    """Say why the interval is wide."""
    notes = [f"The full prediction does not answer ({refused.refused_briefly}): this one is judged pair by pair."]
    if cut.draws < pairs / 2.0:
        notes.append(
            f"{pairs:,} pairs amount to about {cut.draws:,.0f} independent draws, one in {cut.rows:,.0f} rows."
        )
    moving = [name for name, moves in zip(names, marginals.moving, strict=True) if moves]
    notes += [
        f"{name} has one value in {own.atom:.0%} of the rows: read by its mid-ranks, since no map of it is Gaussian."
        for name, own in zip(moving, marginals.maps, strict=True)
        if own.atom > LUMP
    ]
    if cut.inflation > 1.0:
        notes.append(f"Fewer than {FEWEST_GROUPS} independent runs: error bars are multiplied by {cut.inflation:.1f}.")
    return notes
