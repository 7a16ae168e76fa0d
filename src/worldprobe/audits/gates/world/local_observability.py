"""What a frame tells of each control, near where the world is: how much it changes, and whether others change it so."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32
from scipy.special import ndtri

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.world.canonical_views import Views

DETERMINISTIC = check(
    "deterministic",
    "Do the same controls give the same observation, to the byte?",
    because="The world is a deterministic map x = g(z).",
    past="above",
    warn=0.0,
    fail=0.0,
    calibration="Observations that differ when drawn again, in another order, or alone. None may.",
)
DRAWN_AGAIN, DRAWN_ALONE = 48, 4

VISIBLE = check(
    "visible",
    "Does every control change what is seen?",
    because="Linear recovery needs g to be injective.",
    past="below",
    warn=1.0,
    fail=0.1,
    calibration="Root mean square grey levels per unit of the control, median over canonical states. 8-bit rounding "
    "alone has an rms of .29: at .1 most pixels never change.",
)

INFORMATION = check(
    "information",
    "How well do the pixels determine every control, all others unknown?",
    because="No encoder reads what the frame does not hold (Cramer-Rao).",
    past="below",
    warn=0.95,
    fail=0.5,
    calibration="1 - E[(I + J J^T / s^2)^-1]_ii over canonical states, J the derivatives of the pixels and s = 2.55 "
    "grey levels of noise, 1 % of white: the R^2 that a local Bayesian reader reaches. The shipped rooms have .999 "
    "and more.",
)
PIXEL_NOISE = 2.55

OCCLUDED = check(
    "occluded",
    "In how many states is a control all but invisible?",
    because="g is injective everywhere, not only at the centre.",
    past="above",
    warn=0.05,
    fail=0.25,
    calibration="Share of canonical states in which the frame leaves more than half of the control's variance open.",
)

DISTINCT = check(
    "distinct",
    "Does every control change the image in a way of its own?",
    because="Linear recovery needs g to be injective: two controls with one effect cannot be told apart.",
    past="below",
    warn=8.0,
    fail=3.0,
    calibration="Angle in degrees between a control's change of the image and all that the others can do, median "
    "over canonical states. The shipped room's smallest is 23 (pedestal beside pitch). 8-bit rounding alone makes "
    "about 1 in a control that changes an image by 50 grey levels, so that less than 3 cannot be told from 0.",
)

SATURATED = check(
    "saturated",
    "Does a control's squash leave room over the canonical distribution?",
    because="Assumption (iii): where the squash is flat, steps of the control move nothing.",
    past="above",
    warn=0.05,
    fail=0.3,
    calibration="Canonical mass where the quantity moves by less than a tenth of what it does at the centre. The "
    "shipped rooms: less than .003.",
)
FLAT = 0.1


def sight(views: Views) -> list[Gate]:
    """Return the gates on determinism, visibility, information, occlusion, distinctness and the squash."""
    j = views.derivatives
    gram = np.stack([rows @ rows.T for rows in j]).astype(np.float64)
    open_variance = np.diagonal(np.linalg.inv(gram / PIXEL_NOISE**2 + np.eye(j.shape[1])), axis1=1, axis2=2)
    gates = [_deterministic(views)]
    for i, name in enumerate(views.names):
        gates += [
            _visible(name, j[:, i]),
            _information(name, open_variance[:, i]),
            _occluded(name, open_variance[:, i]),
        ]
        gates += [_distinct(views.names, gram, i)] if j.shape[1] > 1 else []
        gates.append(_saturated(views, i))
    return gates


def _deterministic(views: Views) -> Gate:
    """Draw A, B, B, A; then A in another order, and some of A alone."""
    a, b = views.z[:DRAWN_AGAIN], views.z[DRAWN_AGAIN : 2 * DRAWN_AGAIN]
    world = views.world
    first, other, other_again, again = world.observe(a), world.observe(b), world.observe(b), world.observe(a)
    alone = np.concatenate([world.observe(a[i : i + 1]) for i in range(min(DRAWN_ALONE, len(a)))])
    differs = np.concatenate(
        [
            _differs(first, again),
            _differs(other, other_again),
            _differs(first[::-1], world.observe(a[::-1])),
            _differs(first[: len(alone)], alone),
        ]
    )
    advice = (
        f"{int(differs.sum())} of {len(differs)} observations changed when they were drawn again, reordered or "
        "alone. Seed or remove the world's noise, and let nothing outlive a frame."
    )
    return DETERMINISTIC.judge("world", float(differs.mean()), advice)


def _differs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    changed: np.ndarray = (a != b).reshape(len(a), -1).any(axis=1)
    return changed


def _visible(name: str, derivative: Float32[np.ndarray, "poses m"]) -> Gate:
    grey = float(np.median(np.sqrt((derivative**2).mean(axis=1))))
    advice = (
        f"{name} changes the image by {grey:.2g} grey levels per unit. Give it a larger scale, a larger or closer "
        "thing to move, or more pixels."
    )
    return VISIBLE.judge(name, grey, advice)


def _information(name: str, left_open: Float[np.ndarray, " poses"]) -> Gate:
    value = 1.0 - float(left_open.mean())
    advice = (
        f"With 1 % pixel noise at most {value:.0%} of {name}'s variance can be read from a frame. Make what it "
        "moves larger, or let it move things that no other control moves."
    )
    return INFORMATION.judge(name, value, advice, evidence={"Cramer-Rao sd": float(np.sqrt(np.median(left_open)))})


def _occluded(name: str, left_open: Float[np.ndarray, " poses"]) -> Gate:
    share = float((left_open > 0.5).mean())
    advice = (
        f"In {share:.0%} of the states a frame hardly shows {name}: it is hidden, out of view or too small there. "
        "Move the camera, narrow the scales, or take away what hides it."
    )
    return OCCLUDED.judge(name, share, advice)


def _distinct(names: list[str], gram: Float[np.ndarray, "poses n n"], i: int) -> Gate:
    length = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2), 1e-12))
    cosines = gram / length[:, :, None] / length[:, None, :] + 1e-9 * np.eye(len(names))
    own = 1.0 / np.diagonal(np.linalg.inv(cosines), axis1=1, axis2=2)[:, i]
    angle = float(np.median(np.degrees(np.arcsin(np.sqrt(np.clip(own, 0.0, 1.0))))))
    alike = np.median(np.abs(cosines[:, i]), axis=0)
    partner = names[int(np.argmax(np.where(np.arange(len(names)) == i, -1.0, alike)))]
    advice = (
        f"What {names[i]} does to the image, the others can do too, most of all {partner}. Take one of them out, or "
        "add something that only one of them moves (near and far things in one view tell a step from a turn)."
    )
    return DISTINCT.judge(names[i], angle, advice, evidence={"most alike": partner})


def _saturated(views: Views, i: int) -> Gate:
    spec = views.world.controls[i]
    z = ndtri((np.arange(2000) + 0.5) / 2000)
    step = 1e-3
    slope = (spec.physical(z + step) - spec.physical(z - step)) / (2.0 * step * spec.scale)
    share = float((slope < FLAT).mean())
    advice = (
        f"Over {share:.0%} of the canonical distribution {spec.name} presses against its limit ({spec.limit:g} "
        f"{spec.unit}). Lower its scale (now {spec.scale:g}), or widen the limit."
    )
    return SATURATED.judge(spec.name, share, advice)
