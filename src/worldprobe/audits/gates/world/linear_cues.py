"""What is linear in the pixels: which control training is likely to miss although the theory holds.

An encoder starts near linear maps of its input. There, a direction of the controls that only a share s of some linear
read-out explains competes, weighted by its pair correlation rho, with quadratic features that are easier to read,
weighted by rho^2. Where s rho is far below s_quadratic rho^2, the embedding spends a dimension on the quadratic one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from jaxtyping import Float, Float32
from sklearn.decomposition import PCA

from worldprobe.audits.gate import Gate, check
from worldprobe.stats.whitening import whitened

WEAK_CUE = check(
    "weak-cue",
    "Is every control easier to read linearly than a square of the others, weighted by their pair correlations?",
    because="Theorem 1 is about the optimum; a linear read-out of the pixels is where training starts "
    "(docs/concepts.md).",
    past="below",
    warn=0.35,
    fail=0.15,
    calibration="Least explained direction of the controls times its pair correlation, over the best explained "
    "quadratic feature times its own. The room at rho .3, .5, .7, .9: .93, .56, .40, .31; after worldprobe run "
    "camera frames=40000 training.steps=1000 regimes.gaussian.rho=... its weakest control has R^2 .80 at .5, .87 at "
    ".7, .62 at .9 (.92 at .5 with the whole budget). Its discarded first pose (docs/concepts.md) has .05 at .5, "
    "and its pedestal stays at .19.",
)
COMPONENTS = 300
"""Principal components of the pixels that a read-out uses; twice as many frames leave the ratio as it is."""
TRAINED = 2 / 3
PENALTY = 1e-4


@dataclass(frozen=True)
class Explained:
    """The squared canonical correlations between true features and their linear read-outs of pixels, largest first."""

    share: Float[np.ndarray, " k"]
    directions: Float[np.ndarray, "k features"]
    """Unit vectors over the whitened features."""


def weak_cues(
    features: Float32[np.ndarray, "frames m"],
    z: Float[np.ndarray, "frames n"],
    names: Sequence[str],
    rho: Float[np.ndarray, " n"],
) -> list[Gate]:
    """Return the gate on the control that is hardest to read; none where fewer than two have a pair correlation."""
    known = np.isfinite(rho) & (np.abs(rho) > 1e-6)
    if known.sum() < 2:
        return []
    names, rho, z = [name for name, k in zip(names, known, strict=True) if k], rho[known], z[:, known]
    products = list(combinations_with_replacement(range(len(names)), 2))
    quadratic = np.stack([z[:, i] * z[:, j] for i, j in products], axis=1)
    linear = explained(features, z)
    curved = explained(features, _without_linear(quadratic, z))
    weak, strong = linear.directions[-1] ** 2, curved.directions[0] ** 2
    price = float(weak @ rho)
    rival_price = float(strong @ np.array([rho[i] * rho[j] for i, j in products]))
    rival = products[int(strong.argmax())]
    rival_name = f"{names[rival[0]]} squared" if rival[0] == rival[1] else f"{names[rival[0]]} times {names[rival[1]]}"
    subject = names[int(weak.argmax())]
    value = float(linear.share[-1]) * price / max(float(curved.share[0]) * rival_price, 1e-9)
    advice = (
        f"{subject} has a weak cue: {linear.share[-1]:.0%} of it (what is not shared with other controls) is linear in "
        f"the pixels, compared with {curved.share[0]:.0%} of a quadratic feature, mostly {rival_name}. LeJEPA may "
        "learn that feature instead. Change the view so that the control has an effect of its own, give it a larger "
        "scale, or lower rho."
    )
    evidence = {
        "explained directions": linear.share.tolist(),
        "weakest direction": dict(zip(names, linear.directions[-1].tolist(), strict=True)),
        "explained quadratic": float(curved.share[0]),
    }
    return [WEAK_CUE.judge(subject, value, advice, evidence=evidence)]


def explained(features: Float32[np.ndarray, "frames m"], truth: Float[np.ndarray, "frames k"]) -> Explained:
    """Return how much of each direction of `truth` a linear read-out explains, on frames that it was not fitted on."""
    components = principal_components(features)
    split = int(TRAINED * len(truth))
    read = read_out(components[:split], truth[:split], components[split:])
    fresh = whitened(truth[split:])
    _, correlation, directions = np.linalg.svd(whitened(read).T @ fresh / len(fresh))
    return Explained(np.minimum(correlation, 1.0) ** 2, directions)


def principal_components(features: Float32[np.ndarray, "frames m"]) -> Float[np.ndarray, "frames c"]:
    """Return at most 300 principal components, fitted on the first two thirds of the frames.

    One component, of zeros, where those frames are all the same.
    """
    split = int(TRAINED * len(features))
    if (features[:split] == features[0]).all():
        return np.zeros((len(features), 1))
    count = min(COMPONENTS, features.shape[1], split // 4)
    pca = PCA(count, svd_solver="randomized", iterated_power=2, random_state=0).fit(features[:split])
    return pca.transform(features).astype(np.float64)


def read_out(
    x: Float[np.ndarray, "fitted c"], y: Float[np.ndarray, "fitted k"], fresh: Float[np.ndarray, "fresh c"]
) -> Float[np.ndarray, "fresh k"]:
    """Return a linear read-out of y from x, at `fresh`; the ridge is 1e-4 of the components' mean variance."""
    gram = x.T @ x
    gram += max(PENALTY * np.trace(gram) / len(gram), np.finfo(float).tiny) * np.eye(len(gram))
    return y.mean(axis=0) + fresh @ np.linalg.solve(gram, x.T @ (y - y.mean(axis=0)))


def _without_linear(
    y: Float[np.ndarray, "frames k"], z: Float[np.ndarray, "frames n"]
) -> Float[np.ndarray, "frames k"]:
    basis = np.column_stack([np.ones(len(z)), z])
    return y - basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
