"""Perceptual aliasing: states far apart in a control that give the same observation, found by search.

The term is Whitehead & Ballard's (1991); in the symmetric room the search finds the half turn of yaw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8

from worldprobe.audits.canonical_views import SIDE, Views
from worldprobe.audits.gate import Gate, check

ALIASING = check(
    "perceptual-aliasing",
    "Do states that are far apart in a control give different observations?",
    because="Linear recovery needs g to be injective: states with one observation have one embedding.",
    past="below",
    warn=0.12,
    fail=0.06,
    calibration="For 24 canonical states, the least root mean square distance between images that a search finds to "
    "a state at least one unit away in the control, divided by the distance between two canonical states; the 10 % "
    "quantile over the 24. Two frames of one state with 1 % pixel noise: .05. The furnished room's least is .26 "
    "(pedestal), the symmetric room's .03 (yaw).",
)
APART = 1.0
"""Units of the control by which aliased states must differ."""
QUANTILE = 0.1
FURTHEST = 3.5
"""Units from the centre up to which states are searched."""
COARSE_SIDE, COARSE_STEP = 8, 3.0
"""Searches start on frames averaged to 8 px, whose minima are wider, with derivatives over three times the step."""
ROUNDS = ((2, True), (3, True), (5, False))
"""Gauss-Newton steps, and whether on coarse frames: of all starts; of the best for each base and control, twice."""
FINAL_STEPS, FINALISTS = 12, 0.25
"""Last steps, of the share of the bases that came nearest: it is their distance that the gate reads."""
SWEEP = 25
"""States of a sweep of one control from -3 to 3 with all others held."""


@dataclass
class Searches:
    """Searches, each at z: for the image of state `base`, at least one unit away from it in `control`."""

    base: Int[np.ndarray, " searches"]
    control: Int[np.ndarray, " searches"]
    z: Float[np.ndarray, "searches n"]

    def only(self, rows: Int[np.ndarray, " kept"]) -> Searches:
        """Return some of the searches."""
        return Searches(self.base[rows], self.control[rows], self.z[rows])


def perceptual_aliasing(views: Views) -> list[Gate]:
    """Return one gate per control, with the two states and frames that are most alike."""
    searches = _starts(views)
    vectors = len(views.world.observation_shape) == 1
    for number, (steps, coarse) in enumerate(ROUNDS):
        searches, distance = _refined(views, searches, steps, coarse and not vectors)
        if number == 0:
            searches = searches.only(_best(searches, distance))
    done = [_finished(views, searches, distance, i) for i in range(len(views.names))]
    return [_gate(views, found, off, i) for i, (found, off) in enumerate(done)]


def _finished(
    views: Views, searches: Searches, distance: Float[np.ndarray, " searches"], i: int
) -> tuple[Searches, Float[np.ndarray, " of_control"]]:
    """Return one control's searches, nearest first, the nearest quarter refined to the end."""
    mine = np.flatnonzero(searches.control == i)
    mine = mine[np.argsort(distance[mine], kind="stable")]
    near = mine[: max(1, int(FINALISTS * len(mine)))]
    refined, off = _refined(views, searches.only(near), FINAL_STEPS, coarse=False)
    rest = searches.only(mine[len(near) :])
    joined = Searches(
        np.concatenate([refined.base, rest.base]),
        np.concatenate([refined.control, rest.control]),
        np.concatenate([refined.z, rest.z]),
    )
    return joined, np.concatenate([off, distance[mine[len(near) :]]])


def _starts(views: Views) -> Searches:
    """Return, for every base and control, the most similar canonical draws above and below, and the best of a sweep."""
    count = views.effort.bases
    bases, pool = views.features[:count], views.features
    distance = (bases**2).sum(axis=1)[:, None] + (pool**2).sum(axis=1) - 2.0 * bases @ pool.T
    found: list[tuple[int, int, Float[np.ndarray, " n"]]] = []
    for i in range(len(views.names)):
        ahead = views.z[:, i] - views.z[:count, i, None]
        for far in (ahead >= APART, ahead <= -APART):
            nearest = np.where(far, distance, np.inf).argmin(axis=1)
            found += [(k, i, views.z[nearest[k]]) for k in range(count) if far[k, nearest[k]]]
        found += _swept(views, i)
    base, control, z = zip(*found, strict=True)
    return Searches(np.array(base), np.array(control), np.clip(np.array(z), -FURTHEST, FURTHEST))


def _swept(views: Views, i: int) -> list[tuple[int, int, Float[np.ndarray, " n"]]]:
    grid = np.linspace(-3.0, 3.0, SWEEP)
    found = []
    for k in range(0, views.effort.bases, 2):
        z = np.repeat(views.z[k : k + 1], SWEEP, axis=0)
        z[:, i] = grid
        off = ((views.seen(z) - views.features[k]) ** 2).sum(axis=1)
        off[np.abs(grid - views.z[k, i]) < APART] = np.inf
        found.append((k, i, z[int(off.argmin())]))
    return found


def _best(searches: Searches, distance: Float[np.ndarray, " searches"]) -> Int[np.ndarray, " kept"]:
    """Return the row of the nearest search for every base and control."""
    order = np.argsort(distance, kind="stable")
    _, first = np.unique(np.stack([searches.base, searches.control])[:, order], axis=1, return_index=True)
    return order[first]


def _refined(
    views: Views, searches: Searches, steps: int, coarse: bool
) -> tuple[Searches, Float[np.ndarray, " searches"]]:
    """Take damped Gauss-Newton steps (Levenberg-Marquardt) on the image distance; return the best states found."""
    target = _images(views.features[searches.base], views, coarse)
    z, best = searches.z, searches.z.copy()
    damping = np.full(len(z), 1e-2)
    least = np.full(len(z), np.inf)
    slope = curve = None
    for step in range(steps + 1):
        residual, jacobian = _linearised(views, z, target, coarse, last=step == steps)
        distance = np.sqrt((residual**2).mean(axis=1))
        better = distance < least
        least, best = np.where(better, distance, least), np.where(better[:, None], z, best)
        damping = np.where(better, damping / 3.0, damping * 5.0)
        if jacobian is None:
            break
        g, h = (jacobian @ residual[:, :, None])[:, :, 0], jacobian @ jacobian.transpose(0, 2, 1)
        slope = g if slope is None else np.where(better[:, None], g, slope)
        curve = h if curve is None else np.where(better[:, None, None], h, curve)
        z = _allowed(views, searches, best - _solved(curve, slope, damping))
    return Searches(searches.base, searches.control, best), least


def _linearised(
    views: Views,
    z: Float[np.ndarray, "searches n"],
    target: Float32[np.ndarray, "searches m"],
    coarse: bool,
    last: bool,
) -> tuple[Float32[np.ndarray, "searches m"], Float32[np.ndarray, "searches n m"] | None]:
    """Return how the states' images differ from their targets, and how that changes with each control."""
    if last:
        return _images(views.seen(z), views, coarse) - target, None
    n = z.shape[1]
    steps = views.steps * (COARSE_STEP if coarse else 1.0)
    around = (z[:, None, :] + np.concatenate([np.zeros((1, n)), np.diag(steps)])).reshape(-1, n)
    images = _images(views.seen(around), views, coarse).reshape(len(z), n + 1, -1)
    return images[:, 0] - target, (images[:, 1:] - images[:, :1]) / steps[:, None].astype(np.float32)


def _images(features: Float32[np.ndarray, "N m"], views: Views, coarse: bool) -> Float32[np.ndarray, "N k"]:
    if not coarse:
        return features
    height, width = views.small_shape
    tall, wide = -(-height // COARSE_SIDE), -(-width // COARSE_SIDE)
    shaped = features.reshape(len(features), height, width, 3)[:, : height // tall * tall, : width // wide * wide]
    blocks = shaped.reshape(len(features), height // tall, tall, width // wide, wide, 3)
    return blocks.mean(axis=(2, 4)).reshape(len(features), -1)


def _solved(
    curve: Float[np.ndarray, "s n n"], slope: Float[np.ndarray, "s n"], damping: Float[np.ndarray, " s"]
) -> Float[np.ndarray, "s n"]:
    scale = np.maximum(np.trace(curve, axis1=1, axis2=2) / curve.shape[1], 1e-6)
    damped = curve + (damping * scale)[:, None, None] * np.eye(curve.shape[1])
    step: np.ndarray = np.linalg.solve(damped.astype(np.float64), slope[..., None].astype(np.float64))[..., 0]
    return np.clip(step, -0.5, 0.5)


def _allowed(views: Views, searches: Searches, z: Float[np.ndarray, "searches n"]) -> Float[np.ndarray, "searches n"]:
    """Keep states within reach of the centre, and a unit away from their base on the side where they started."""
    rows = np.arange(len(z))
    z = np.clip(z, -FURTHEST, FURTHEST)
    home = views.z[searches.base, searches.control]
    side = np.sign(searches.z[rows, searches.control] - home)
    z[rows, searches.control] = home + side * np.maximum(side * (z[rows, searches.control] - home), APART)
    return z


def _gate(views: Views, searches: Searches, distance: Float[np.ndarray, " searches"], i: int) -> Gate:
    value = float(np.quantile(distance, QUANTILE)) / views.typical_distance
    worst = int(distance.argmin())
    here, there = views.z[searches.base[worst]], searches.z[worst]
    name = views.names[i]
    advice = (
        f"Two states {abs(there[i] - here[i]):.1f} units of {name} apart ({here[i]:.2f} and {there[i]:.2f}) differ by "
        f"{distance[worst]:.2g} grey levels only, and one state in ten has such a counterpart. Break the symmetry (a "
        f"mark on one wall, a colour of its own), or narrow {name} until only one of the two states is visited."
    )
    evidence = {
        "controls": [dict(zip(views.names, map(float, z), strict=True)) for z in (here, there)],
        "distance": float(distance[worst]),
        "typical distance": views.typical_distance,
    }
    if len(views.world.observation_shape) == 3:
        evidence["frames"] = side_by_side(views.world.observe(np.stack([here, there])))
    return ALIASING.judge(name, value, advice, evidence=evidence)


def side_by_side(frames: UInt8[np.ndarray, "2 H W 3"]) -> UInt8[np.ndarray, "H wide 3"]:
    """Return two frames side by side with a white line between them."""
    line = np.full((frames.shape[1], max(1, SIDE // 16), 3), 255, dtype=np.uint8)
    return np.concatenate([frames[0], line, frames[1]], axis=1)
