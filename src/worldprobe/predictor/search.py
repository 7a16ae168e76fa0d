"""Measure-preserving maps, fitted on even blocks of pairs and evaluated on odd ones (a cross-fit split)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from worldprobe._util.progress import Advance
from worldprobe.predictor.edmd import eigenfunctions, linear_r2
from worldprobe.predictor.gaussian_coordinates import Marginals, fit_marginals
from worldprobe.predictor.gaussian_maps import ROUNDS, Features, GaussianMap, Plain, Settled
from worldprobe.predictor.ladder import Evidence, Level
from worldprobe.predictor.moments import Covariances, Moments, moments
from worldprobe.predictor.prediction_steps import unseen
from worldprobe.predictor.rbig import IterativeGaussianisation, distance_to_gaussian
from worldprobe.predictor.rearrangement import ascend, starts
from worldprobe.results.predicted import TriedMap
from worldprobe.stats.jackknife import BLOCKS, Estimate, PairSample, jackknife
from worldprobe.stats.r2 import r2_from_errors

POINTS = {1: 65_536}
MANY = 16_384
"""Points that a search moves, by dimension; in one dimension a rearrangement is a single sort."""

MEASURED = {1: 200_000}
FEW = 20_000
"""Pairs on which the maps of a search are compared, by dimension."""

COUNTED = 20_000
"""Points at which a map's distance to N(0, I) is measured."""

LIGHT = 200.0
"""Largest kurtosis of the functions that a search represents T in: a few pairs must not decide it."""

MOST_ROUNDS = 20
"""Times ROUNDS, the rounds after which a map that is still less Gaussian than a sample of N(0, I) is compared."""

NOT_GAUSSIAN = 0.01
"""A map whose projections are further from N(0, 1) does not attain SIGReg's minimum."""

BETTER = 0.002
"""A map is better than the plain one where its pair correlation per dimension is higher by this, and by 3 errors."""


@dataclass(frozen=True)
class Candidate:
    """A map, measured: moments of its features and of the controls, and how far it is from Gaussian."""

    name: str
    map: GaussianMap
    moments: Moments
    gaussian: float

    @cached_property
    def numbers(self) -> Estimate:
        """Total pair correlation, mean R^2, R^2 per control: with errors over blocks, the map being fixed."""
        return jackknife(_numbers(self.moments.all()), np.stack([_numbers(p) for p in self.moments.without_each()]))

    @property
    def total(self) -> float:
        """Return the sum of the features' pair correlations."""
        return float(self.numbers.value[0])

    @property
    def r2(self) -> float:
        """Return the mean R^2 over controls."""
        return float(self.numbers.value[1].clip(0.0, 1.0))

    @property
    def pair_correlations(self) -> Float[np.ndarray, " d"]:
        """Return the correlations of the map's features, turned to where they do not mix."""
        return eigenfunctions(self.moments.all()).correlations

    def gain(self, other: Candidate) -> Estimate:
        """Return by how much this map's total pair correlation exceeds another's on the same pairs."""
        pairs = zip(self.moments.without_each(), other.moments.without_each(), strict=True)
        without = np.array([_numbers(own)[0] - _numbers(others)[0] for own, others in pairs])
        return jackknife(float(_numbers(self.moments.all())[0] - _numbers(other.moments.all())[0]), without)

    def summary(self) -> TriedMap | None:
        """Return name, alignment, R^2 and distance from N(0, I); None where one of them is not finite."""
        numbers = (self.total, float(self.numbers.error[0]), self.r2, self.gaussian)
        if not np.isfinite(numbers).all():
            return None
        total, error, r2, gaussian = numbers
        return TriedMap(name=self.name, pair_correlation=total, error=error, r2=r2, gaussian=gaussian)


def _numbers(found: Covariances) -> Float[np.ndarray, " numbers"]:
    own = eigenfunctions(found)
    r2 = linear_r2(found, own.weights)
    return np.concatenate([[own.correlations.sum(), r2.mean()], r2])


def sampling_error(found: GaussianMap, everywhere: Marginals, z: PairSample) -> Float[np.ndarray, " numbers"]:
    """Return the standard error of mean R^2 and R^2 per control, with the Gaussian coordinates fitted anew per block.

    The coordinates come from the same sample as R^2, and covary with it: an error with the map held fixed would be too
    small for heavy tails by half, and too large for light ones. A control that does not move in some block has R^2 = 0
    there.
    """
    answers = np.empty((BLOCKS, z.first.shape[1] + 1))
    for block in range(BLOCKS):
        own = np.concatenate([z.first[z.rows(block)], z.second[z.rows(block)]])
        refitted = _refitted(own, everywhere)
        coordinates = refitted if np.array_equal(refitted.moving, everywhere.moving) else everywhere
        h, centred = found(coordinates(own)), own - own.mean(axis=0)
        h0 = h - h.mean(axis=0)
        unread = ((centred - h0 @ np.linalg.lstsq(h0, centred, rcond=None)[0]) ** 2).sum(axis=0)
        total = (centred**2).sum(axis=0)
        r2 = r2_from_errors(np.where(refitted.moving, unread, 0.0), np.where(refitted.moving, total, 0.0))
        answers[block] = [r2.mean(), *r2]
    return answers.std(axis=0, ddof=1) / np.sqrt(BLOCKS)


def _refitted(own: Float[np.ndarray, "N n"], everywhere: Marginals) -> Marginals:
    """Return the coordinates of a block's points, along the same axes if every control moves there."""
    moving = fit_marginals(own)
    if everywhere.axes is None or not np.array_equal(moving.moving, everywhere.moving):
        return moving
    return fit_marginals(own, everywhere.axes)


def measure(
    name: str,
    found: GaussianMap,
    marginals: Marginals,
    z: PairSample,
    rng: np.random.Generator,
    settle: IterativeGaussianisation | None = None,
) -> Candidate:
    """Measure a map at pairs; `settle` makes it Gaussian there first.

    A map gains alignment by being less Gaussian than another: a hundredth of it at a distance from N(0, I) of 5e-4. So
    rounds are added until the map is as near to N(0, I) as a sample of N(0, I) of this size.
    """
    count = len(z)
    h = found(marginals(z.pooled))
    if settle is not None:
        allowed = distance_to_gaussian(rng.standard_normal(h.shape), rng)
        for _ in range(MOST_ROUNDS if h.shape[1] > 1 else 1):
            rounds, h = settle.gaussianise(h, ROUNDS)
            found = Settled(found, rounds)
            if distance_to_gaussian(h, rng) <= allowed:
                break
    some = rng.permutation(2 * count)[:COUNTED]
    own = moments(lambda rows: (h[:count][rows], h[count:][rows]), z)
    return Candidate(name, found, own, distance_to_gaussian(h[some], rng))


@dataclass(frozen=True)
class CrossFit:
    """A cross-fit split: maps are fitted on the even blocks of pairs and evaluated on the odd ones."""

    evidence: Evidence
    points: Float[np.ndarray, "N n"]
    z: PairSample

    def trial(self, name: str, found: GaussianMap, rng: np.random.Generator) -> Candidate:
        """Evaluate a map on the held-out pairs, where it is made as Gaussian as any other."""
        d = found(self.points[:2]).shape[1]
        return measure(name, found, self.evidence.marginals, self.z, rng, IterativeGaussianisation.of(d, rng))


def cross_fit(evidence: Evidence, rng: np.random.Generator) -> CrossFit:
    """Draw the points of the search from the even blocks, and the pairs for measuring from the odd ones."""
    even, odd = (np.concatenate([_rows(evidence.z, block) for block in range(own, BLOCKS, 2)]) for own in (0, 1))
    d = min(evidence.d, len(evidence.joints))
    drawn = rng.permutation(even)[: POINTS.get(d, MANY) // 2]
    points = evidence.marginals(np.concatenate([evidence.z.first[drawn], evidence.z.second[drawn]]))
    held = np.sort(rng.permutation(odd)[: MEASURED.get(d, FEW)])
    starts = np.linspace(0, len(held), BLOCKS + 1).astype(np.int64)
    z = PairSample(evidence.z.first[held], evidence.z.second[held], starts, evidence.z.groups)
    return CrossFit(evidence, points, z)


def _rows(z: PairSample, block: int) -> Int[np.ndarray, " rows"]:
    part = z.rows(block)
    return np.arange(part.start, part.stop)


def search(
    place: CrossFit,
    levels: Sequence[Level],
    plain: Plain,
    held: Candidate,
    d: int,
    rng: np.random.Generator,
    advance: Advance = unseen,
) -> tuple[list[Candidate], list[Candidate]]:
    """Return the maps that a search ends with from every start, on the last rung but one, and what the best of them
    becomes on the last rung: Gaussian ones only. `held` is the plain map, measured.

    All ends are compared on the held-out pairs: which two of them look best on the points of the search can hang on
    last bits. In one dimension an end that is less aligned than its start is left out.
    """
    pairs = len(place.evidence.z)
    features = light_features(levels[-2], pairs)
    ended = []
    for name, start in starts(plain, features, d, rng):
        ended.append((name, start, ascend(start, features, place.points, rng)[0]))
        advance(1, name)
    trials = [(place.trial(name, found, rng), held if start is plain else None) for name, start, found in ended]
    first = _gaussian(trial for trial, start in trials if start is None or _risen(trial, start, d))
    if not first:
        return [], []
    best = max(first, key=lambda trial: trial.total)
    further, _ = ascend(best.map, light_features(levels[-1], pairs), place.points, rng)
    advance(1, "the best search, continued")
    continued = place.trial(f"continued {best.name}", further, rng)
    return first, _gaussian([continued] if _risen(continued, best, d) else [])


def _risen(end: Candidate, start: Candidate, d: int) -> bool:
    """Whether an end is a map of its own, and not its start damaged by a basis that does not reach into the tails.

    An exact iteration never lowers S, and in one dimension its transport is a sort: what lowers S is the basis. Maps of
    several dimensions fall by the transport's errors as well, and theirs is the spread that an interval shows.
    """
    return d > 1 or end.total >= start.total


def _gaussian(trials: Iterable[Candidate]) -> list[Candidate]:
    return [trial for trial in trials if trial.gaussian <= NOT_GAUSSIAN]


def light_features(level: Level, pairs: int) -> Features:
    """Return T's eigenfunctions on a level's functions of light tails, from the even blocks."""
    kept = np.flatnonzero(2 * pairs / level.moments.effective() <= LIGHT)
    found, even = level.moments.chosen(kept), (np.arange(BLOCKS) % 2 == 0).astype(float)
    own = eigenfunctions(found.over(even))
    share = found.count * even / (found.count * even).sum()
    return Features(level.basis.chosen(kept), share @ found.mean, own.weights, own.correlations)
