"""Sample size and coverage: independent draws, pairs, the share of N(0, I) visited, overlap with the test set."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Shaped
from scipy.spatial import cKDTree
from scipy.special import ndtri

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.sampling_bounds import SIGMAS
from worldprobe.audits.trajectory import Log
from worldprobe.predictor.few_draws import SampleSize
from worldprobe.stats.subsample import evenly_spaced

EFFECTIVE = check(
    "effective-samples",
    "How many independent draws does the log amount to?",
    because="The theorems are about expectations: correlated frames estimate them as few independent ones would.",
    past="below",
    warn=50.0,
    fail=15.0,
    calibration="Frames over correlation time, of the slowest control. An encoder makes the sample Gaussian rather "
    "than what it is drawn from, which costs about n / draws of R^2 of n controls (python benchmarks/few_draws.py): "
    "of three, .06 at 50 draws and .2 at 15. The predicted interval contains it.",
)

PAIRS = check(
    "enough-pairs",
    "Are there enough pairs that an encoder does not memorise them?",
    because="Alignment is an expectation over pairs: an encoder that knows every pair by heart aligns any feature.",
    past="below",
    warn=2.0,
    fail=1.0,
    calibration="rho^1.5 times the pairs per control, over the 65 at which a small encoder of vectors loses half of "
    "R^2 (python benchmarks/few_draws.py); at 2 it loses a twelfth, which the predicted interval contains. Encoders of "
    "images need about ten times as many: of the room's six controls after 1,000 steps (worldprobe run camera "
    "training.steps=1000 frames=... regimes.gaussian.clip=...) mean R^2 is .07 from 1,000 pairs (1.5 on this scale), "
    ".25 from 4,000 (6) and .87 from 37,500 (56).",
)

COVERAGE = check(
    "coverage",
    "How much of N(0, I) has the exploration visited?",
    because="Recovery is measured on canonical draws; outside of what was visited an encoder extrapolates.",
    past="below",
    warn=0.9,
    fail=0.5,
    calibration="One control: mass of the equal-mass bins of N(0, 1) that hold a tenth of their frames. All "
    "controls: share of canonical draws around which the log is at least a twentieth as dense as canonical draws of "
    "its size.",
)
LEAST_SHARE, SPARSER, NEIGHBOURS = 0.1, 20, 3
FEW = 20.0
"""Of so few independent draws no range can be expected to be visited; of ten times as many, all of it."""
NEIGHBOUR_FRAMES, NEIGHBOUR_QUERIES = 4000, 1000

OVERLAP = check(
    "test-overlap",
    "Is any test state in the training log?",
    because="Recovery is measured on states that were never trained on.",
    past="above",
    warn=0.002,
    fail=0.02,
    calibration="Share of test states that are in the log to the bit, or nearer to it than 1 % of the log's own "
    "states are to the rest of the log (minus that 1 %): a test set of frames between training frames counts. Exact "
    "copies by chance are taken off, as measured on fresh canonical draws.",
)
TEST_STATES, NEAR, SOME_ROWS = 2000, 0.01, 5000


def extent(log: Log, whole: Log, rng: np.random.Generator) -> list[Gate]:
    """Return the gates on sample size and coverage of the controls that move; `whole` has all rows."""
    log, whole = log.moving, whole.moving
    n = len(log.names)
    if n == 0:
        return []
    gates = [_effective(whole), _enough_pairs(whole)] + [_coverage(log, i) for i in range(n)]
    if n > 1:
        gates.append(_joint_coverage(log, rng))
    return gates


def _effective(log: Log) -> Gate:
    slowest = int(log.effective.argmin())
    draws = float(log.effective[slowest])
    number = f"{draws:,.0f}"
    advice = (
        f"{len(log.x):,} frames amount to about {number} independent draw{'' if number == '1' else 's'} of "
        f"{log.names[slowest]}: too few to show its distribution. Record more and shorter clips from many starting "
        "states rather than longer ones."
    )
    return EFFECTIVE.judge(log.names[slowest], draws, advice)


def _enough_pairs(log: Log) -> Gate:
    rho = float(np.mean(np.abs(log.rho)))
    size = SampleSize(len(log.index), float(log.effective.min()), len(log.names), rho)
    wanted = size.times(PAIRS.limit.warn / max(size.enough, 1e-9)).pairs
    advice = (
        f"{len(log.index):,} pairs of {len(log.names)} controls at a pair correlation of {rho:.2f} are memorised by an "
        f"encoder rather than learned from: {wanted:,.0f} or more are needed, of images several times as many. "
        "Record more."
    )
    return PAIRS.judge("all controls", size.enough, advice, evidence={"share of R^2 kept": size.kept})


def _few(draws: float) -> float:
    """Return by how much a share of a range that was visited falls short because draws are few."""
    return float(min((FEW / max(draws, 1.0)) ** 2, 1.0))


def _coverage(log: Log, i: int) -> Gate:
    z = log.z[:, i]
    bins = int(np.clip(log.effective[i] / 20.0, 4, 20))
    edges = ndtri(np.arange(1, bins) / bins)
    held = np.bincount(np.searchsorted(edges, z), minlength=bins) * bins / len(z)
    seen = held >= LEAST_SHARE
    value = float(seen.mean())
    unseen = [f"{low:.1f} to {high:.1f}" for low, high in _gaps(seen, edges)]
    advice = (
        f"{log.names[i]} has visited {value:.0%} of its canonical range; missing: {', '.join(unseen)}. Explore there, "
        "or evaluate the model only where it has been."
    )
    return COVERAGE.judge(log.names[i], value, advice, noise=_few(float(log.effective[i])))


def _gaps(seen: Shaped[np.ndarray, " bins"], edges: Float[np.ndarray, " inner"]) -> list[tuple[float, float]]:
    """Return the runs of unseen bins as control values."""
    ends = np.concatenate([[-np.inf], edges, [np.inf]])
    starts = np.flatnonzero(~seen & np.concatenate([[True], seen[:-1]]))
    stops = np.flatnonzero(~seen & np.concatenate([seen[1:], [True]]))
    return [(float(ends[a]), float(ends[b + 1])) for a, b in zip(starts, stops, strict=True)]


def _joint_coverage(log: Log, rng: np.random.Generator) -> Gate:
    """Compare distances to the third neighbour among the log's frames and among a twentieth as many canonical draws.

    The ratio of two such distances to the power n is F(6, 6) whatever n: equal densities pass 99.9 % of the draws.
    """
    most = int(np.clip(log.effective.min(), 2 * SPARSER * NEIGHBOURS, NEIGHBOUR_FRAMES))
    frames = log.z[evenly_spaced(len(log.z), most)]
    n = frames.shape[1]
    sparse = rng.standard_normal((len(frames) // SPARSER, n))
    canonical = rng.standard_normal((NEIGHBOUR_QUERIES, n))
    there = cKDTree(frames).query(canonical, k=[NEIGHBOURS])[0]
    reference = cKDTree(sparse).query(canonical, k=[NEIGHBOURS])[0]
    value = float((there <= reference).mean())
    advice = (
        f"The exploration has come near {value:.0%} of the canonical states. Vary all controls at once, each over its "
        "whole range, rather than one after the other."
    )
    return COVERAGE.judge("all controls", value, advice, noise=_few(float(log.effective.min())))


def overlap(log: Log, test: Float[np.ndarray, "test n"], rng: np.random.Generator) -> Gate:
    """Return the gate on test states that the log has visited; `test` is in the log's units, before standardising."""
    test = test.astype(np.float64)
    test = test[evenly_spaced(len(test), TEST_STATES)]
    exact = _shared(test, log.z) - _shared(rng.standard_normal(test.shape), log.z)
    near, chance = _near(log, test) if len(log.z) >= 8 * TEST_STATES // 4 else (0.0, 0.0)
    value = max(exact, near)
    advice = (
        f"{value:.1%} of the test states are in the training log or next to its states. Split by episode rather than "
        "by frame, and draw the test set from its own random stream."
    )
    noise = 0.0 if exact >= near else chance
    return OVERLAP.judge("test set", max(value, 0.0), advice, noise=noise, evidence={"exact": exact, "near": near})


def _shared(states: Float[np.ndarray, "states n"], log: Float[np.ndarray, "frames n"]) -> float:
    """Return the share of states that are rows of the log, in single precision."""
    keys = []
    for rows in (states, log):
        with np.errstate(over="ignore"):  # beyond single precision is infinity, and equal to nothing that is drawn
            single = np.ascontiguousarray(rows, dtype=np.float32)
        keys.append(single.view(np.dtype((np.void, single.itemsize * single.shape[1]))).ravel())
    return float(np.isin(keys[0], keys[1]).mean())


def _near(log: Log, test: Float[np.ndarray, "test n"]) -> tuple[float, float]:
    """Return the share of test states suspiciously near to the log, beyond what chance gives, and its sampling error.

    The reference is the middle eighth of the log compared with the rest, so that neighbours in time do not count.
    """
    sd = np.maximum(log.z.std(axis=0), 1e-12)
    z, count = log.z / sd, len(log.z)
    low, high = 7 * count // 16, 9 * count // 16
    margin = int(min(3 * log.time.max(), count // 16))
    rest = np.concatenate([z[: low - margin], z[high + margin :]])
    middle = z[low:high][evenly_spaced(high - low, TEST_STATES)]
    usual = smallest_distances(middle, rest, NEAR)
    share = float((cKDTree(z).query(test / sd, distance_upper_bound=usual)[0] < usual).mean()) - NEAR
    chance = SIGMAS * np.sqrt(
        NEAR * (max(log.time.max() * len(middle) / (high - low), 1.0) / len(middle) + 1 / len(test))
    )
    return share, float(chance)


def smallest_distances(points: Float[np.ndarray, "points n"], rows: Float[np.ndarray, "rows n"], share: float) -> float:
    """Return the quantile at `share` of the points' distances to their nearest row.

    Only the smallest distances are wanted, and those to some of the rows bound them from above: a search that may give
    up beyond that bound takes a tenth of the time.
    """
    wanted = min(int(share * (len(points) - 1)) + 1, len(points) - 1)
    bound = np.sort(cKDTree(rows[:: max(len(rows) // SOME_ROWS, 1)]).query(points)[0])[wanted]
    # Only what is nearer than the bound is found, and bounds are compared in squares.
    distances = cKDTree(rows).query(points, distance_upper_bound=max(bound * (1.0 + 1e-9), 1e-150))[0]
    return float(np.quantile(distances, share))
