"""Transitions from z to z': additive noise, pair correlations, and the margin of the linear features."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.exploration.decay_rates import (
    Rates,
    best_quadratic,
    linear_rates,
    rates_of,
)
from worldprobe.audits.sampling_bounds import FRANCIA, SIGMAS
from worldprobe.audits.trajectory import Log
from worldprobe.stats.mid_ranks import mid_ranks
from worldprobe.stats.normality import shapiro_francia
from worldprobe.stats.sampling_error import correlation_time, standard_error

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

ISOTROPY_BOUND = 2.0
ISOTROPY = check(
    "isotropy",
    "Is the slowest direction's squared pair correlation below the fastest direction's?",
    because="With rho_i = exp(-K_i) the optimum is linear iff max K < 2 min K, that is rho_slow^2 < rho_fast.",
    past="above",
    warn=1.5,
    fail=ISOTROPY_BOUND,
    calibration="max K / min K, K = -log rho, over the controls, or over linear mixtures of them where those differ "
    "more: a copy that is delayed has an equal K, its difference from the original another. 2 is the theorem's bound; "
    "at 1.5 half of the margin is gone. The sampling error is allowed for on the log scale, up to a factor of 12, of "
    "148 where no control is worth 10 independent draws.",
)

GAP = check(
    "spectral-gap",
    "Is every control better aligned than every quadratic feature of the controls?",
    because="Theorem 1: the optimum is linear because the pair correlation of degree 2 is rho^2 < rho.",
    past="below",
    warn=0.5,
    fail=0.0,
    calibration="K of the best aligned quadratic feature over K of the worst aligned linear direction, minus 1, K = "
    "-log of the pair correlation: 1 in the isotropic Gaussian world, 0 where a square ties with a control and takes "
    "its place beyond, -1 at worst. The sampling error is allowed for on the log scale, as in isotropy.",
)
GAP_PAIRS = 100_000


def transitions(log: Log) -> list[Gate]:
    """Return the gates on the steps from z to z' of the controls that move."""
    log = log.moving
    n = len(log.names)
    rho, error = rates_of(log)
    gates = [_additive_noise(log, i) for i in range(n)] + [_gaussian_noise(log, i) for i in range(n)]
    gates += [_related(log, i, rho, error) for i in range(n)] + [_different(log, i, rho, error) for i in range(n)]
    if n and (rho < 1.0).all():
        rates, axes = linear_rates(log, rho, error)
        if n > 1 and (rho > 0.0).all():
            gates.append(_isotropy(log, rates))
        gates.append(_gap(log, rates, axes))
    return gates


def _additive_noise(log: Log, i: int) -> Gate:
    a, b = log.ends(i)
    powers = np.stack([np.ones_like(a), a, a**2, a**3], axis=1)
    noise = b - powers @ np.linalg.lstsq(powers, b, rcond=None)[0]
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
    a, b = log.ends(i)
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


def _isotropy(log: Log, rates: Rates) -> Gate:
    """Judge max K / min K, its error on the log scale."""
    ratio, slow, fast = rates.ratio, rates.names[rates.slow], rates.names[rates.fast]
    rho = rates.rho
    advice = (
        f"{slow} is slow (rho {rho[rates.slow]:.3f}) compared with {fast} (rho {rho[rates.fast]:.3f}): the square of "
        f"{slow} has a pair correlation of {rho[rates.slow] ** 2:.3f} and "
        f"{'replaces' if ratio > ISOTROPY_BOUND else 'nearly replaces'} {fast} in the embedding. Make their pair "
        "correlations more equal: larger steps for the slow one, smaller ones for the fast."
    )
    noise = ISOTROPY_BOUND * (np.exp(rates.allowance) - 1.0)
    evidence = {"slow": slow, "fast": fast}
    return ISOTROPY.judge(rates.subject(log.names), ratio, advice, noise=float(noise), evidence=evidence)


def _gap(log: Log, rates: Rates, axes: Log) -> Gate:
    square, weakest = best_quadratic(axes, GAP_PAIRS, rates.draws), rates.fast
    ratio = float(square.k[0] / rates.k[weakest])
    advice = (
        f"{square.names[0]} has a pair correlation of {square.rho[0]:.3f}, {rates.names[weakest]} one of "
        f"{rates.rho[weakest]:.3f}: alignment "
        f"{'prefers the nonlinear feature' if ratio < 1.0 else 'hardly separates them'}. "
        "Correct what the gates on jumps, isotropy and Gaussianity name; larger steps (lower rho) widen the margin."
    )
    slack = min(np.hypot(square.slack(0)[1], rates.slack(weakest)[0]), rates.largest_slack)
    noise = (1.0 + GAP.limit.warn) * (1.0 - np.exp(-slack))
    evidence = {"feature": square.names[0], "its pair correlation": float(square.rho[0])}
    return GAP.judge(rates.subject(log.names), ratio - 1.0, advice, noise=float(noise), evidence=evidence)
