"""Transitions from z to z': additive noise, pair correlations, and the margin of the linear features."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from jaxtyping import Float

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.sampling_bounds import FRANCIA, SIGMAS
from worldprobe.audits.trajectory import Log
from worldprobe.stats.correlation import column_correlation
from worldprobe.stats.mid_ranks import mid_ranks
from worldprobe.stats.normality import shapiro_francia
from worldprobe.stats.sampling_error import correlation_time, standard_error
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.stats.whitening import whitened

ADDITIVE_NOISE = check(
    "additive-noise",
    "Is the noise of a step independent of the state that it starts from?",
    because="Assumption (iii), z' = m(z) + eta with eta independent of z.",
    past="above",
    warn=0.15,
    fail=0.5,
    calibration="Largest rank correlation of |z' - m(z)| with z or |z|, m a cubic. Noise proportional to |z| gives "
    ".5; noise whose sd is 1 + .5 tanh z gives .38.",
)

GAUSSIAN_NOISE = check(
    "gaussian-noise",
    "Is the noise of a step Gaussian?",
    because="A Gaussian z and additive noise leave only the Ornstein-Uhlenbeck pair, whose noise is Gaussian (Cramer).",
    past="below",
    warn=0.95,
    fail=None,
    calibration="Shapiro-Francia's W' of z' - rho z. It never fails by itself: what non-Gaussian noise costs is the "
    "margin between linear and nonlinear features.",
)

RELATED = check(
    "pairs-related",
    "Are the members of a pair correlated?",
    because="Alignment can only teach what pairs share: at rho = 0 every whitened feature costs the same.",
    past="below",
    warn=0.2,
    fail=0.1,
    calibration="Pair correlation rho. Published robot arm: R^2 .86 at .5, .67 at .3. At .1 a control beats an "
    "unrelated feature by a tenth of its variance.",
)

DIFFERENT = check(
    "pairs-differ",
    "Do the members of a pair differ?",
    because="Theorem 1 prices degree k at 1 - rho^k: near rho = 1 every feature is almost free.",
    past="above",
    warn=0.99,
    fail=0.9999,
    calibration="Pair correlation rho. The published robot arm keeps R^2 .95 up to .99. At .9999 the members differ "
    "by .014 sd, less than a grey level in most pixels of a room.",
)

ISOTROPY_BOUND, LARGEST_RELATIVE = 2.0, 0.5
ISOTROPY = check(
    "isotropy",
    "Is the slowest control's squared lag-1 correlation below the fastest control's?",
    because="With rho_i = exp(-K_i) the optimum is linear iff max K < 2 min K, that is rho_slow^2 < rho_fast.",
    past="above",
    warn=1.5,
    fail=ISOTROPY_BOUND,
    calibration="max K / min K, K = -log rho. 2 is the theorem's bound; at 1.5 half of the margin is gone. The "
    "sampling error is allowed for on the log scale, up to a factor of 12: 1 of 200 ideal logs of less than one time "
    "of decorrelation fails.",
)

GAP = check(
    "spectral-gap",
    "Is every control better aligned than every quadratic feature of the controls?",
    because="Theorem 1: the optimum is linear because the pair correlation of degree 2 is rho^2 < rho.",
    past="below",
    warn=0.5,
    fail=0.0,
    calibration="Smallest pair correlation of a control minus the largest of a quadratic feature, over rho (1 - "
    "rho): 1 in the isotropic Gaussian world, 0 where a square ties with a control and takes its place beyond.",
)
GAP_PAIRS = 100_000


def transitions(log: Log) -> list[Gate]:
    """Return the gates on the steps from z to z' of the controls that move."""
    log = log.moving
    n = len(log.names)
    rho, error = pair_correlation(log.first, log.second)
    gates = [_additive_noise(log, i) for i in range(n)] + [_gaussian_noise(log, i) for i in range(n)]
    gates += [_related(log, i, rho, error) for i in range(n)] + [_different(log, i, rho, error) for i in range(n)]
    if n > 1 and (rho > 0.0).all() and (rho < 1.0).all():
        gates.append(_isotropy(log, rho, error))
    if n and (rho < 1.0).all():
        gates.append(_gap(log, rho, error))
    return gates


def pair_correlation(
    a: Float[np.ndarray, "pairs k"], b: Float[np.ndarray, "pairs k"]
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Return the correlation between the two members of a pair, per column, and its standard error.

    The error is that of the influence function ab - rho (a^2 + b^2) / 2, correlation along the log included.
    """
    rho = np.nan_to_num(column_correlation(a, b))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    scale = np.maximum(np.sqrt((a**2).mean(axis=0) * (b**2).mean(axis=0)), 1e-300)
    influence = a * b / scale - 0.5 * rho * (a**2 + b**2) / scale
    return rho, standard_error(influence)


def _additive_noise(log: Log, i: int) -> Gate:
    a = log.first[:, i]
    powers = np.stack([np.ones_like(a), a, a**2, a**3], axis=1)
    noise = log.second[:, i] - powers @ np.linalg.lstsq(powers, log.second[:, i], rcond=None)[0]
    u = mid_ranks(np.stack([np.abs(noise), a, np.abs(a)], axis=1)) - 0.5
    products = 12.0 * u[:, :1] * u[:, 1:]
    found, error = np.abs(products.mean(axis=0)), standard_error(products)
    k = int(np.argmax(found - SIGMAS * error))
    advice = (
        f"The steps of {log.names[i]} are "
        f"{'larger on one side' if k == 0 else 'of a different size far from the centre than near it'}. Use the same "
        "noise everywhere; put walls and limits into the world as a smooth, strictly increasing function."
    )
    return ADDITIVE_NOISE.judge(log.names[i], float(found[k]), advice, noise=SIGMAS * float(error[k]))


def _gaussian_noise(log: Log, i: int) -> Gate:
    a, b = log.first[:, i], log.second[:, i]
    noise = b - a * float(a @ b) / float(a @ a)
    advice = (
        f"The steps of {log.names[i]} are not Gaussian: small and large ones are mixed. Steady Gaussian steps teach "
        "more than pauses and dashes; the gates jumps and spectral-gap say what it costs."
    )
    if noise.std() < 1e-9:
        return GAUSSIAN_NOISE.judge(log.names[i], 1.0, advice)
    chance = FRANCIA * correlation_time(np.abs(noise)[:, None])[0] / len(noise)
    return GAUSSIAN_NOISE.judge(log.names[i], shapiro_francia(noise), advice, noise=float(chance))


def _related(log: Log, i: int, rho: Float[np.ndarray, " n"], error: Float[np.ndarray, " n"]) -> Gate:
    advice = (
        f"The members of a pair are hardly correlated in {log.names[i]} (rho {rho[i]:.2f}). Pair frames closer in "
        "time, or take smaller steps."
    )
    return RELATED.judge(log.names[i], float(rho[i]), advice, noise=SIGMAS * float(error[i]))


def _different(log: Log, i: int, rho: Float[np.ndarray, " n"], error: Float[np.ndarray, " n"]) -> Gate:
    advice = (
        f"{log.names[i]} hardly changes within a pair (rho {rho[i]:.5f}), so linear and nonlinear features of it are "
        "aligned alike. Pair frames further apart in time."
    )
    return DIFFERENT.judge(log.names[i], float(rho[i]), advice, noise=SIGMAS * float(error[i]))


def _isotropy(log: Log, rho: Float[np.ndarray, " n"], error: Float[np.ndarray, " n"]) -> Gate:
    """Judge max K / min K; the relative error of both K, which is error / (rho K), is one of the ratio's logarithm.

    Beyond a relative error of one half it is no longer known to be as large: of ideal logs shorter than one time of
    decorrelation the ratio is below 14 in 99 of 100.
    """
    k = -np.log(rho)
    fast, slow = int(k.argmax()), int(k.argmin())
    relative = np.hypot(error[fast] / (rho[fast] * k[fast]), error[slow] / (rho[slow] * k[slow]))
    ratio = float(k[fast] / k[slow])
    advice = (
        f"{log.names[slow]} is slow (rho {rho[slow]:.3f}) compared with {log.names[fast]} (rho {rho[fast]:.3f}): the "
        f"square of {log.names[slow]} has a pair correlation of {rho[slow] ** 2:.3f} and "
        f"{'replaces' if ratio > 2 else 'nearly replaces'} {log.names[fast]} in the embedding. Make their pair "
        "correlations more equal: larger steps for the slow control, smaller ones for the fast."
    )
    evidence = {"slow": log.names[slow], "fast": log.names[fast]}
    allowed = ISOTROPY_BOUND * (np.exp(SIGMAS * min(float(relative), LARGEST_RELATIVE)) - 1.0)
    return ISOTROPY.judge(log.names[fast], ratio, advice, noise=allowed, evidence=evidence)


def _gap(log: Log, rho: Float[np.ndarray, " n"], error: Float[np.ndarray, " n"]) -> Gate:
    kept, spread, features = _quadratic_correlations(log)
    top, weakest = int(kept.argmax()), int(rho.argmin())
    scale = max(abs(float(np.mean(rho)) * (1.0 - float(np.mean(rho)))), 1e-3)
    gap = (float(rho[weakest]) - float(kept[top])) / scale
    advice = (
        f"{features[top]} has a pair correlation of {kept[top]:.3f}, {log.names[weakest]} one of "
        f"{rho[weakest]:.3f}: alignment {'prefers the nonlinear feature' if gap < 0 else 'hardly separates them'}. "
        "Correct what the gates on jumps, isotropy and Gaussianity name; larger steps (lower rho) widen the margin."
    )
    noise = SIGMAS * (float(error[weakest]) + float(spread[top])) / scale
    evidence = {"feature": features[top], "its pair correlation": float(kept[top])}
    return GAP.judge(log.names[weakest], gap, advice, noise=noise, evidence=evidence)


def _quadratic_correlations(log: Log) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"], list[str]]:
    """Return pair correlations, errors and names of products of the whitened controls, with the linear taken out."""
    y = whitened(log.x)
    index = log.index[evenly_spaced(len(log.index), GAP_PAIRS)]
    a, b = y[index[:, 0]], y[index[:, 1]]
    both = np.concatenate([a, b])
    linear, _ = np.linalg.qr(np.column_stack([np.ones(len(both)), both]))
    kept, spread, names = [], [], []
    for i, j in combinations_with_replacement(range(y.shape[1]), 2):
        feature = both[:, i] * both[:, j]
        feature -= linear @ (linear.T @ feature)
        r, e = pair_correlation(feature[: len(a), None], feature[len(a) :, None])
        kept.append(float(r[0]))
        spread.append(float(e[0]))
        names.append(f"{log.names[i]} squared" if i == j else f"{log.names[i]} times {log.names[j]}")
    return np.array(kept), np.array(spread), names
