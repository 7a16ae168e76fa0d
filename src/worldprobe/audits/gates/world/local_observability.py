"""Local observability: pixel sensitivity, Fisher information, occlusion and collinearity of every control.

All from derivatives of the frame in the controls, at canonical states.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32

from worldprobe.audits.canonical_views import Views
from worldprobe.audits.gate import Gate, check

VISIBLE = check(
    "visible",
    "Does every control change the observation?",
    because="Linear recovery needs g to be injective.",
    past="below",
    warn=1.0,
    fail=0.1,
    calibration="Root mean square grey levels per unit of the control, median over canonical states. 8-bit rounding "
    "alone has an rms of .29: at .1 most pixels never change.",
)

INFORMATION = check(
    "information",
    "How much of every control can be read from the pixels when all others are unknown?",
    because="No encoder reads more than the frame contains (Cramer-Rao).",
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
    "In what share of the states is a control almost invisible?",
    because="g is injective everywhere, not only at the centre.",
    past="above",
    warn=0.05,
    fail=0.25,
    calibration="Share of canonical states in which more than half of the control's variance cannot be read.",
)

DISTINCT = check(
    "distinct",
    "Is every control's effect on the image different from what the others can do?",
    because="Linear recovery needs g to be injective: two controls with one effect cannot be distinguished.",
    past="below",
    warn=8.0,
    fail=3.0,
    calibration="Angle in degrees between a control's change of the image and all that the others can do, median "
    "over canonical states. The shipped room's smallest is 23 (pedestal against pitch). 8-bit rounding alone makes "
    "about 1 in a control that changes an image by 50 grey levels, so that less than 3 cannot be distinguished from 0.",
)


def local_observability(views: Views) -> list[Gate]:
    """Return the gates on visibility, information, occlusion and distinctness of every control."""
    j = views.derivatives
    gram = np.stack([rows @ rows.T for rows in j]).astype(np.float64)
    open_variance = np.diagonal(np.linalg.inv(gram / PIXEL_NOISE**2 + np.eye(j.shape[1])), axis1=1, axis2=2)
    gates = []
    for i, name in enumerate(views.names):
        gates += [
            _visible(name, j[:, i]),
            _information(name, open_variance[:, i]),
            _occluded(name, open_variance[:, i]),
        ]
        gates += [_distinct(views.names, gram, i)] if j.shape[1] > 1 else []
    return gates


def _visible(name: str, derivative: Float32[np.ndarray, "poses m"]) -> Gate:
    grey = float(np.median(np.sqrt((derivative**2).mean(axis=1))))
    advice = (
        f"{name} changes the image by {grey:.2g} grey levels per unit. Give it a larger scale, let it move something "
        "larger or closer, or use more pixels."
    )
    return VISIBLE.judge(name, grey, advice)


def _information(name: str, left_open: Float[np.ndarray, " poses"]) -> Gate:
    value = 1.0 - float(left_open.mean())
    advice = (
        f"With 1 % pixel noise at most {value:.0%} of {name}'s variance can be read from a frame. Make what it moves "
        "larger, or let it move things that no other control moves."
    )
    return INFORMATION.judge(name, value, advice, evidence={"Cramer-Rao sd": float(np.sqrt(np.median(left_open)))})


def _occluded(name: str, left_open: Float[np.ndarray, " poses"]) -> Gate:
    share = float((left_open > 0.5).mean())
    advice = (
        f"In {share:.0%} of the states {name} can hardly be read from the frame: it is hidden, out of view or too "
        "small there. Move the camera, narrow the scales, or remove what hides it."
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
        f"The other controls, above all {partner}, can change the image as {names[i]} does. Remove one of them, or add "
        "something that only one of them moves (near and far things in one view distinguish a step from a turn)."
    )
    return DISTINCT.judge(names[i], angle, advice, evidence={"most alike": partner})
