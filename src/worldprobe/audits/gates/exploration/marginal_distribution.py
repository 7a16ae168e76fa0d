"""The distribution of the controls: whether it is stationary, the same in both members of a pair, and Gaussian."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import kurtosis, skew

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.sampling_bounds import EPPS, FRANCIA, KOLMOGOROV
from worldprobe.audits.trajectory import SEGMENTS, Log
from worldprobe.stats.epps_pulley import epps_pulley
from worldprobe.stats.kolmogorov_smirnov import ks_distance, ordinal_codes
from worldprobe.stats.normality import shapiro_francia
from worldprobe.stats.sampling_error import correlation_time
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.stats.whitening import whitened

STATIONARY_LOG = check(
    "stationary-log",
    "Does every stretch of the log have the same distribution as the rest?",
    because="Assumption (ii), stationarity.",
    past="above",
    warn=0.05,
    fail=0.5,
    calibration="Largest Kolmogorov-Smirnov distance between a half or an eighth of the log and the rest. A shift "
    "by .125 sd, or an sd 1.25 times as large, gives .05; a shift by half an sd gives .2. Trained encoders lost .00 of "
    "R^2 at .59 and .10 at .82 (docs/studies/ladder.md), with .12 to .24 of sampling error.",
)

STATIONARY_PAIR = check(
    "stationary-pair",
    "Do both members of a pair have the same distribution?",
    because="Assumption (ii), p(z) = p(z').",
    past="above",
    warn=0.05,
    fail=0.2,
    calibration="Kolmogorov-Smirnov distance between z and z' over the pairs; thresholds as for the log.",
)

GAUSSIAN_CONTROL = check(
    "gaussian-control",
    "Is every control Gaussian?",
    because="Theorem 2: where every whitened optimum is linear, z is Gaussian.",
    past="below",
    warn=0.985,
    fail=0.95,
    calibration="Shapiro-Francia's W', which is also the R^2 between the control and its Gaussianised self: the most "
    "that an embedding at SIGReg's optimum can be linear in it. Student t with 10 degrees .995, clipped at 2 sd .990, "
    "generalised normal alpha 4 .987, alpha 1 .963, uniform .955, Student t with 3 degrees .836, alpha .5 .782. "
    "Whitening loses more (its published plateau ends near alpha 1). Past .985 the optimum itself loses 1.5 %; past "
    ".95 it loses 5 %.",
)

GAUSSIAN_JOINT = check(
    "gaussian-joint",
    "Are all mixtures of the controls Gaussian?",
    because="Theorem 1 needs h(z) ~ N(0, I) and linear: SIGReg cannot reach 0 on a linear copy of other controls.",
    past="above",
    warn=0.005,
    fail=0.02,
    calibration="Largest Epps-Pulley distance (SIGReg's statistic over N) of the whitened controls along 64 random "
    "directions. One dimension: Student t with 5 degrees .0086, alpha 4 .0057, uniform .016, alpha 1 .016, alpha .5 "
    ".088.",
)
DIRECTIONS, EPPS_FRAMES = 64, 20_000


def marginals(log: Log, rng: np.random.Generator) -> list[Gate]:
    """Return the gates on stationarity and Gaussianity of the controls that move."""
    log = log.moving
    gates = [_stationary_log(log, ordinal_codes(log.x[:, i]), i) for i in range(len(log.names))]
    gates += [_stationary_pair(log, i) for i in range(len(log.names))]
    gates += [_gaussian_control(log, i) for i in range(len(log.names))]
    if len(log.names) > 1:
        gates.append(_gaussian_joint(log, rng))
    return gates


def _stationary_log(log: Log, codes: Int[np.ndarray, " frames"], i: int) -> Gate:
    """Judge the stretch whose distance to the rest exceeds its own sampling error by the most."""
    found = []
    for parts in (2, SEGMENTS):
        for number, rows in enumerate(np.array_split(np.arange(len(codes)), parts)):
            part, rest = codes[rows], np.delete(codes, rows)
            chance = KOLMOGOROV * np.sqrt(log.settled_time[i] * (1.0 / len(part) + 1.0 / len(rest)))
            found.append((ks_distance(part, rest), float(chance), f"part {number + 1} of {parts}"))
    distance, chance, where = max(found, key=lambda entry: entry[0] - entry[1])
    advice = (
        f"{log.names[i]} drifts: {where} of the log has another distribution than the rest. Record only once the "
        "exploration is stationary, drop the beginning, or interleave recordings from different times."
    )
    return STATIONARY_LOG.judge(log.names[i], distance, advice, noise=chance, evidence={"where": where})


def _stationary_pair(log: Log, i: int) -> Gate:
    codes = ordinal_codes(log.x[:, i])
    distance = ks_distance(codes[log.index[:, 0]], codes[log.index[:, 1]])
    advice = (
        f"{log.names[i]} has different distributions in the two members of a pair. Pair states of one stationary "
        "walk: after z' = m(z) + noise, z' must have the distribution of z again."
    )
    noise = KOLMOGOROV * np.sqrt(2.0 * log.settled_time[i] / len(log.index))
    return STATIONARY_PAIR.judge(log.names[i], distance, advice, noise=float(noise))


def _gaussian_control(log: Log, i: int) -> Gate:
    x, name = log.x[:, i], log.names[i]
    value = shapiro_francia(x)
    tails, lean = float(kurtosis(x)), float(skew(x))
    levels = log.levels(i)
    if levels is not None:
        shape = f"is discrete, with {levels} values"
        mend = "Leave it out of the states, or audit it apart: no continuous map makes a discrete variable Gaussian."
    else:
        shape = "is skewed" if abs(lean) > 0.3 else "has heavier tails" if tails > 0 else "has lighter tails"
        shape += " than a Gaussian" if abs(lean) <= 0.3 else ""
        mend = "Explore with Gaussian steps, or reweight or resample the frames so that its histogram is Gaussian."
    advice = (
        f"{name} {shape} (skewness {lean:.2f}, excess kurtosis {tails:.2f}): even the optimal embedding has an R^2 of "
        f"{value:.3f} at most. {mend}"
    )
    noise = FRANCIA * log.settled_time[i] / len(x)
    evidence = {"skewness": lean, "excess kurtosis": tails, "Epps-Pulley distance": _epps_of(x)}
    return GAUSSIAN_CONTROL.judge(name, value, advice, noise=float(noise), evidence=evidence)


def _epps_of(x: Float[np.ndarray, " frames"]) -> float:
    return float(epps_pulley(x[evenly_spaced(len(x), EPPS_FRAMES)][:, None])[0])


def _gaussian_joint(log: Log, rng: np.random.Generator) -> Gate:
    x = whitened(log.x)
    directions = rng.standard_normal((len(log.names), DIRECTIONS))
    projected = x[evenly_spaced(len(x), EPPS_FRAMES)] @ (directions / np.linalg.norm(directions, axis=0))
    distances = epps_pulley(projected)
    worst = directions[:, int(distances.argmax())]
    loudest = [log.names[i] for i in np.argsort(-np.abs(worst))[:2]]
    advice = (
        f"Linear mixtures of controls, mostly of {' and '.join(loudest)}, are not Gaussian: the exploration prefers "
        "some combinations of states. Draw the controls independently of each other."
    )
    time = float(np.max(correlation_time(projected)))
    evidence = {"mean over directions": float(distances.mean()), "of most weight": loudest}
    return GAUSSIAN_JOINT.judge(
        "all controls", float(distances.max()), advice, noise=EPPS * time / len(projected), evidence=evidence
    )
