"""Movement: whether the controls move at all, pile up at limits, jump, stand still or repeat themselves."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import chi2

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.sampling_bounds import SIGMAS
from worldprobe.audits.trajectory import STILL, Log
from worldprobe.stats.correlation import column_correlation
from worldprobe.stats.whitening import whitened

DEAD = check(
    "dead-control",
    "Does every control vary?",
    because="Theorem 1 is about controls that vary: nothing can be learned of one that does not.",
    past="below",
    warn=0.1,
    fail=STILL,
    calibration="sd in canonical units. Below .001 a room's frames do not change by one grey level; below .1 the "
    "control carries 1 % of its canonical variance, and has to be extrapolated tenfold.",
)

BOUNDED = check(
    "bounded",
    "Does a control pile up at the ends of its range?",
    because="Theorem 2: only the Gaussian, which has no ends, is recovered linearly. A clip maps many states to one.",
    past="above",
    warn=0.005,
    fail=0.02,
    calibration="Share of frames within 1 % of the range from either end. 100,000 Gaussian draws: .00003; clipped "
    "at 3 sd .003, at 2.5 sd .012, at 2 sd .045; uniform .02. At 2 sd one frame in 20 no longer says where it is.",
)
END_DRAWS = 10
"""Independent draws that may lie near the two ends by sampling alone: the extremes and their neighbours."""

JUMPS = check(
    "jumps",
    "Does the log jump between unrelated states?",
    because="Assumption (iii), additive noise: with jumps every Hermite degree keeps (1 - p) rho^k, and the margin "
    "between a control and a nonlinear feature shrinks.",
    past="above",
    warn=0.01,
    fail=0.1,
    calibration="Share of pairs whose step is beyond the 99.9 % quantile of the usual Gaussian step (median-based) "
    "and whose ends are unrelated, minus .001. At a pair correlation of .8, jumps in .02 / .1 of the pairs take 10 "
    "% / 56 % of the margin between a control and its square; (1 - rho) / (1 - (1 - p) rho) remains.",
)
FAR, UNRELATED = 0.999, 0.2
"""Quantile beyond which a step is far; correlation between the ends of far steps below which they are jumps."""

STANDING = check(
    "standing-still",
    "Do the two members of a pair differ?",
    because="Alignment, E|h(z') - h(z)|^2: a pair of equal states teaches nothing.",
    past="above",
    warn=0.05,
    fail=0.5,
    calibration="Share of pairs whose controls are all exactly equal; it is 0 for any walk with continuous noise. "
    "At .5 half of every batch is spent.",
)

REPEATS = check(
    "repeats",
    "Is every pair drawn anew?",
    because="Theorem 1 is about expectations over independent pairs; a generator seeded anew for every batch or "
    "worker shows the same few pairs again and again.",
    past="above",
    warn=0.001,
    fail=0.01,
    calibration="Share of pairs that are an exact copy, both members, of an earlier one. Two equal float32 pairs of "
    "even one control are drawn by chance once in about 1e14 tries: below one expected in 1e6 pairs.",
)


def movement(log: Log) -> list[Gate]:
    """Return the gates on movement; all but `dead-control` are over the controls that move."""
    gates = [_dead(log, i) for i in range(len(log.names))]
    log = log.moving
    if log.names:
        gates += [_bounded(log, i) for i in range(len(log.names))]
        gates += [_jumps(log), _standing(log), _repeats(log)]
    return gates


def _dead(log: Log, i: int) -> Gate:
    sd = float(log.sd[i])
    advice = (
        f"{log.names[i]} {'never moves' if sd < STILL else 'hardly moves'} (standard deviation {sd:.2g}). Vary it in "
        "the exploration, or do not expect to recover it."
    )
    return DEAD.judge(log.names[i], sd, advice)


def _bounded(log: Log, i: int) -> Gate:
    z = log.x[:, i]
    margin = 0.01 * np.ptp(z)
    low, high = float((z <= z.min() + margin).mean()), float((z >= z.max() - margin).mean())
    end = "both ends" if min(low, high) > 0.25 * max(low, high) else "its lower end" if low > high else "its upper end"
    advice = (
        f"{low + high:.1%} of the frames have {log.names[i]} at {end}. Replace clipping or rejection by a smooth, "
        "strictly increasing function inside the world, and let the control itself be Gaussian."
    )
    if (levels := log.levels(i)) is not None:
        advice = (
            f"{log.names[i]} is discrete, with {levels} values, not clipped. R^2 is not its measure: compare the "
            "accuracy of a classifier on the embedding with that of a Gaussian state cut into as many values. Leave it "
            "out of the states, or audit rows of one value at a time."
        )
    noise = END_DRAWS * float(log.settled_time[i]) / len(z)
    return BOUNDED.judge(log.names[i], low + high, advice, noise=noise)


def _jumps(log: Log) -> Gate:
    far = _far_steps(log)
    share = max(float(far.mean()) - (1.0 - FAR), 0.0)
    together = _correlation_of_ends(log, far)
    if together >= UNRELATED:
        share = 0.0
    advice = (
        f"About {share:.1%} of the pairs jump between unrelated states. Do not form pairs across cuts, resets and "
        "teleports: start a new episode there."
    )
    noise = SIGMAS * np.sqrt((1.0 - FAR) / len(far))
    return JUMPS.judge(
        "all controls", share, advice, noise=float(noise), evidence={"correlation of far ends": together}
    )


def _far_steps(log: Log) -> Bool[np.ndarray, " pairs"]:
    """Return which steps a Gaussian of the usual step's size would almost never make, by its chi-squared quantile."""
    steps = _steps(log)
    scale = np.median(np.abs(steps), axis=0) / 0.6745
    usual = scale > 0.0
    distance = ((steps[:, usual] / scale[usual]) ** 2).sum(axis=1)
    far: np.ndarray = distance > chi2.ppf(FAR, max(int(usual.sum()), 1))
    return far


def _steps(log: Log) -> Float[np.ndarray, "pairs n"]:
    """Return z' - z, decorrelated between controls where there is more than one."""
    steps = log.second - log.first
    return whitened(steps) if steps.shape[1] > 1 else steps


def _correlation_of_ends(log: Log, far: Bool[np.ndarray, " pairs"]) -> float:
    """Return the mean correlation between the ends of far steps: high for fast moves, about 0 for jumps."""
    if far.sum() < 2:
        return 1.0
    return float(np.nan_to_num(column_correlation(log.first[far], log.second[far])).mean())


def _standing(log: Log) -> Gate:
    share = float((log.first == log.second).all(axis=1).mean())
    advice = (
        f"In {share:.1%} of the pairs both members are the same state. Drop the pauses, or pair frames further apart."
    )
    return STANDING.judge("all controls", share, advice)


def _repeats(log: Log) -> Gate:
    index = log.index[(log.first != log.second).any(axis=1)]
    rows = np.ascontiguousarray(np.concatenate([log.x[index[:, 0]], log.x[index[:, 1]]], axis=1))
    keys = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    share = 1.0 - len(np.unique(keys)) / max(len(keys), 1)
    advice = (
        f"{share:.1%} of the pairs are exact copies of earlier ones. Check whether a random generator is seeded anew "
        "for every batch, worker or episode: seed it once, and give each worker its own stream."
    )
    return REPEATS.judge("all controls", share, advice)
