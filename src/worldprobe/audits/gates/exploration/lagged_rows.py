"""Correlations over several steps: what is no walk of the pair correlation is noise, a constant, or a reset."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.exploration.decay_rates import pair_correlation
from worldprobe.audits.sampling_bounds import KOLMOGOROV
from worldprobe.audits.trajectory import FEWEST_PAIRS, Log
from worldprobe.stats.kolmogorov_smirnov import ks_distance, ordinal_codes
from worldprobe.stats.sampling_error import standard_error

LAG_SIGMAS = 4.0
"""Standard errors that an extrapolated correlation may stray: one in 30,000."""

NOISE = check(
    "measurement-noise",
    "Is every control recorded without noise of its own from row to row?",
    because="R^2 is measured against what was recorded: noise in it is in no frame, and no encoder recovers it.",
    past="above",
    warn=0.05,
    fail=0.15,
    calibration="Share of the variance that is uncorrelated from row to row: 1 - r1^2 / r2, r the correlations one and "
    "two steps apart; 0 for any first-order walk, negative for smooth motion, so that noise on smooth motion is seen "
    "only in part. It is what R^2 loses: an sd of .3 costs .083, of .5 .2. A motion faster than a step has it, too. "
    "Not seen in pairs that do not follow one another.",
)
LEAST_LAG_TWO = 0.05
"""Correlation two steps apart below which nothing is extrapolated from it."""

OFFSET = check(
    "episode-offset",
    "Does every control move within an episode as it does between episodes?",
    because="Theorem 1 is about expectations: what is constant in an episode is drawn once per episode, not per row.",
    past="above",
    warn=0.1,
    fail=None,
    calibration="Correlation half an episode apart, less what a first-order walk with the correlations one and two "
    "steps apart has: the share of the variance that is constant in an episode. An offset of 1 sd per episode gives "
    ".5. What it costs are draws: effective-samples counts them.",
)
FEWEST_EPISODES = 8

START = check(
    "episode-start",
    "Do episodes begin where the exploration usually is?",
    because="Assumption (ii), stationarity: an exploration that is reset to one state spreads from there every time.",
    past="above",
    warn=0.1,
    fail=None,
    calibration="Larger Kolmogorov-Smirnov distance between the first row, or the first tenth, of all episodes and "
    "their other rows; .5 for the first rows where all episodes begin at one state in the middle. Long episodes forget "
    "it, and it costs little; of short ones stationary-pair or gaussian-control fail as well.",
)


def lagged(log: Log) -> list[Gate]:
    """Return the gates on rows that are several steps apart, for the controls that move."""
    log = log.moving
    n = len(log.names)
    triples = consecutive(log.index)
    gates = []
    if len(triples) >= FEWEST_PAIRS:
        gates += [_noise(log, triples, i) for i in range(n)]
        far = _half_apart(log)
        if len(far) >= FEWEST_PAIRS and len(log.starts) >= FEWEST_EPISODES:
            gates += [_offset(log, triples, far, i) for i in range(n)]
    rows = log.episodes
    if len(rows) >= FEWEST_EPISODES and np.median(rows) > 2:
        gates += [_start(log, i) for i in range(n)]
    return gates


def consecutive(index: Int[np.ndarray, "pairs 2"]) -> Int[np.ndarray, "triples 3"]:
    """Return (i, j, k) for all pairs (i, j) and (j, k) whose members are equally far apart."""
    step = np.diff(index, axis=1)[:, 0]
    after = np.full(int(index.max()) + 2, -1, dtype=np.int64)
    after[index[:, 0]] = index[:, 1]
    third = after[index[:, 1]]
    kept = (third >= 0) & (third - index[:, 1] == step)
    return np.column_stack([index[kept], third[kept]])


def _half_apart(log: Log) -> Int[np.ndarray, "pairs 2"]:
    """Return rows of one episode that are half of its median length apart, in whole strides."""
    step = int(log.stride)
    far = max(int(np.median(log.episodes)) // (2 * step), 1) * step
    episode = np.repeat(np.arange(len(log.episodes)), log.episodes)
    first = np.flatnonzero(episode[:-far] == episode[far:])
    return np.stack([first, first + far], axis=1)


def _lags(
    log: Log, triples: Int[np.ndarray, "triples 3"], i: int
) -> tuple[float, float, Float[np.ndarray, "triples 2"]]:
    """Return the correlations one and two steps apart, and the influence of every triple on each."""
    x = log.x[:, i][triples]
    x = x - x.mean(axis=0)
    r1 = [float(pair_correlation(x[:, [k]], x[:, [k + 1]])[0][0]) for k in (0, 1)]
    r2 = float(pair_correlation(x[:, [0]], x[:, [2]])[0][0])
    v = np.maximum((x**2).mean(axis=0), 1e-300)
    y = x / np.sqrt(v)
    one = np.mean([y[:, k] * y[:, k + 1] - 0.5 * r1[k] * (y[:, k] ** 2 + y[:, k + 1] ** 2) for k in (0, 1)], axis=0)
    two = y[:, 0] * y[:, 2] - 0.5 * r2 * (y[:, 0] ** 2 + y[:, 2] ** 2)
    return float(np.mean(r1)), r2, np.stack([one, two], axis=1)


def _noise(log: Log, triples: Int[np.ndarray, "triples 3"], i: int) -> Gate:
    r1, r2, influence = _lags(log, triples, i)
    share, error = 0.0, 0.0
    if r1 > 0.0 and r2 > LEAST_LAG_TWO:
        share = 1.0 - r1**2 / r2
        error = float(standard_error((r1**2 / r2 * (2.0 * influence[:, 0] / r1 - influence[:, 1] / r2))[:, None])[0])
    sd = np.sqrt(max(share, 0.0) / max(1.0 - share, 1e-9))
    advice = (
        f"{max(share, 0.0):.0%} of {log.names[i]}'s variance is uncorrelated from row to row: noise of the sensor, of "
        f"{sd:.2f} sd of what it measures, or motion that is faster than a step. No encoder recovers noise, so R^2 "
        f"stays below {1.0 - max(share, 0.0):.2f}. Filter the record, or record faster."
    )
    return NOISE.judge(log.names[i], share, advice, noise=LAG_SIGMAS * error)


def _offset(log: Log, triples: Int[np.ndarray, "triples 3"], far: Int[np.ndarray, "pairs 2"], i: int) -> Gate:
    r1, r2, influence = _lags(log, triples, i)
    x = log.x[:, i]
    found, error = (float(value[0]) for value in pair_correlation(x[far[:, :1]], x[far[:, 1:]]))
    steps = (far[0, 1] - far[0, 0]) / log.stride
    expected, strays = 0.0, 0.0
    if r1 > 0.0 and r2 > 0.0:
        decay = min(r2 / r1, 1.0)
        expected = min(r1 * decay ** (steps - 1.0), 1.0)
        change = influence[:, 0] / r1 + (steps - 1.0) * (influence[:, 1] / r2 - influence[:, 0] / r1)
        strays = float(expected * standard_error(change[:, None])[0])
    share = found - expected
    advice = (
        f"{max(share, 0.0):.0%} of {log.names[i]}'s variance is constant in an episode: there are {len(log.starts):,} "
        "draws of it, however long episodes are. Record more and shorter episodes, or move it within them."
    )
    return OFFSET.judge(log.names[i], share, advice, noise=LAG_SIGMAS * float(np.hypot(error, strays)))


def _start(log: Log, i: int) -> Gate:
    """Judge the stage whose distance to the other rows exceeds its own sampling error by the most."""
    codes = ordinal_codes(log.x[:, i])
    place = np.arange(len(codes)) - np.repeat(log.starts, log.episodes)
    length = np.repeat(log.episodes, log.episodes)
    draws = min(float(len(log.starts)), float(log.effective[i]))
    chance = KOLMOGOROV * np.sqrt(1.0 / draws + 1.0 / float(log.effective[i]))
    found = []
    for stage, early in (("first row", place < 1), ("first tenth", place < length / 10.0)):
        if early.any() and not early.all():
            found.append((ks_distance(codes[early], codes[~early]), stage))
    distance, stage = max(found)
    advice = (
        f"{log.names[i]} has another distribution in the {stage} of the episodes than afterwards: they begin at one "
        "place and spread. Begin episodes at states of the exploration itself, or drop their beginnings."
    )
    return START.judge(log.names[i], distance, advice, noise=float(chance), evidence={"stage": stage})
