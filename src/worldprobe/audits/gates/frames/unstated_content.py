"""What frames show that no state says, and where they do not show a state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.exploration.decay_rates import Rates, pair_correlation
from worldprobe.audits.gates.frames.clip_read_out import FOLDS, ClipViews
from worldprobe.stats.r2 import r2_from_errors
from worldprobe.stats.whitening import whitening_axes

HIDDEN = check(
    "hidden-factor",
    "Do the frames show nothing that changes more slowly than every state?",
    because="Alignment takes the features that change least: one that no state says takes a dimension from a state.",
    past="above",
    warn=1.5,
    fail=None,
    calibration="K of the slowest function of a single state over K of the slowest linear direction of the frames, K = "
    "-log of the correlation of neighbouring rows, the direction chosen on other clips, at most 1,000. No function of "
    "Gaussian states changes more slowly than the slowest of them: clean recordings stay at 1 or below; a colour or a "
    "light of its own in every clip gives hundreds, a burnt-in counter tens. The error is allowed for as in isotropy.",
)
AXES, BINS, MOST = 40, 8, 1000.0
FEWEST_PAIRS, FEWEST_ROWS = 200, 100

BLIND = check(
    "blind-region",
    "Is every control read equally well wherever the others are?",
    because="Linear recovery needs g to be injective everywhere: out of view it is not in the frame.",
    past="above",
    warn=0.4,
    fail=0.8,
    calibration="Largest difference of the R^2 of a control, as read from frames of other clips, between the lower and "
    "the upper half of the values of any control. A left half that is black gives .5 to .9, clean recordings below .1.",
)
LEAST_R2 = 0.2
"""R^2 from which a control counts as readable at all; below it `readable` warns."""


def unstated(
    views: ClipViews, names: Sequence[str], joined: Bool[np.ndarray, " neighbours"], draws: float
) -> list[Gate]:
    """Return the gates on hidden factors and on regions where states are out of view.

    `draws` says how many independent draws the recording amounts to.
    """
    gates = []
    if joined.sum() >= FEWEST_PAIRS and views.components.shape[1] > 1:
        gates.append(_hidden(views, joined, draws))
    return gates + _blind(views, names)


def _hidden(views: ClipViews, joined: Bool[np.ndarray, " neighbours"], draws: float) -> Gate:
    first = np.flatnonzero(joined)
    fold = views.fold[first]
    c = views.components[:, :AXES]
    found, errors = [], []
    for own in range(FOLDS):
        fitted, fresh = first[fold != own], first[fold == own]
        if min(len(fitted), len(fresh)) < FEWEST_PAIRS // FOLDS:
            continue
        both = np.concatenate([c[fitted], c[fitted + 1]])
        both = both - both.mean(axis=0)
        axes = whitening_axes(both.T @ both / len(both))
        if axes.shape[1] == 0:
            continue
        a, b = c[fitted] @ axes, c[fitted + 1] @ axes
        a, b = a - a.mean(axis=0), b - b.mean(axis=0)
        slowest = axes @ np.linalg.eigh(a.T @ b + b.T @ a)[1][:, -1:]
        rho, error = pair_correlation(c[fresh] @ slowest, c[fresh + 1] @ slowest)
        found.append(float(rho[0]))
        errors.append(float(error[0]))
    known, spread = _slowest_state(views, first)
    # The median fold: a direction that one fold alone has is no factor of the recording.
    middle = int(np.argsort(found)[len(found) // 2]) if found else 0
    seen, sampling = (found[middle], errors[middle]) if found else (0.0, 1.0)
    rates = Rates(("states", "frames"), np.array([known, seen]), np.array([spread, sampling]), draws)
    ratio = float(min(rates.k[0] / rates.k[1], MOST))
    slack = min(np.hypot(rates.slack(0)[0], rates.slack(1)[1]), rates.largest_slack)
    noise = HIDDEN.limit.warn * (np.exp(slack) - 1.0)
    advice = (
        f"The frames show something that changes more slowly (correlation {seen:.4f} from row to row) than any state "
        f"({known:.4f}): light, colour, a background or a counter that differs between clips. Alignment prefers it to "
        "a state. Keep it constant, draw it anew in every frame, or add it to the states."
    )
    return HIDDEN.judge("frames", ratio, advice, noise=float(noise), evidence={"states": known, "frames": seen})


def _slowest_state(views: ClipViews, first: np.ndarray) -> tuple[float, float]:
    """Return the largest correlation, from row to row, of a state or of a function of its ranks, with its error."""
    best = (0.0, 1.0)
    for column in views.x.T:
        rank = np.argsort(np.argsort(column, kind="stable"), kind="stable")
        cells = np.eye(BINS)[rank * BINS // len(column)][:, :-1]
        for functions in (column[:, None], _slowest_function(cells, first)):
            rho, error = pair_correlation(functions[first], functions[first + 1])
            best = max(best, (float(rho[0]), float(error[0])))
    return best


def _slowest_function(cells: Float[np.ndarray, "rows k"], first: np.ndarray) -> Float[np.ndarray, "rows 1"]:
    centred = cells - cells.mean(axis=0)
    axes = whitening_axes(centred.T @ centred / len(centred))
    white = centred @ axes
    a, b = white[first], white[first + 1]
    found: Float[np.ndarray, "rows 1"] = white @ np.linalg.eigh(a.T @ b + b.T @ a)[1][:, -1:]
    return found


def _blind(views: ClipViews, names: Sequence[str]) -> list[Gate]:
    error = (views.x - views.guess) ** 2
    seen = r2_from_errors(error.mean(axis=0), views.x.var(axis=0)) >= LEAST_R2
    if not seen.any():
        return []
    worst, which, where = 0.0, "", ""
    for j, other in enumerate(names):
        low = views.x[:, j] < np.median(views.x[:, j])
        if min(low.sum(), (~low).sum()) < FEWEST_ROWS:
            continue
        parts = [r2_from_errors(error[half].mean(axis=0), views.x[half].var(axis=0)) for half in (low, ~low)]
        gap = np.where(seen, np.abs(np.clip(parts[0], 0.0, 1.0) - np.clip(parts[1], 0.0, 1.0)), 0.0)
        i = int(gap.argmax())
        if gap[i] > worst:
            worst, which = float(gap[i]), names[i]
            where = f"{other} is {'low' if parts[0][i] < parts[1][i] else 'high'}"
    advice = (
        f"{which} is read worse where {where} (R^2 lower by {worst:.2f} than where it is not): something is out of "
        "view, hidden or black there. Keep what the controls move in view."
    )
    return [BLIND.judge(which or "frames", worst, advice, evidence={"where": where})]
