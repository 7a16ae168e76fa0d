"""Whether all clips show their states alike: mirrored clips, swapped or flipped states, frames of other clips."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.frames.clip_read_out import ClipViews
from worldprobe.audits.gates.world.linear_cues import read_out
from worldprobe.stats.r2 import r2_from_errors

AGREE = check(
    "clips-agree",
    "Do all clips show their states in one way?",
    because="x = g(z), one g: clips that are mirrored, or whose states change places or sign, have another.",
    past="above",
    warn=0.1,
    fail=0.4,
    calibration="R^2 of two linear read-outs, each for the clips that it fits better, less R^2 of one for all. Clips "
    "are assigned by their first halves, R^2 is that of their second halves, each less its own mean. Every other clip "
    "mirrored, a sign flipped or two columns swapped in half of the clips: .4 to .9; clean recordings: below .03.",
)
COMPONENTS, ROUNDS = 50, 5
FEWEST_ROWS, FEWEST_CLIPS = 8, 8
"""Rows of a clip, and clips, that agreement is judged from."""

FOREIGN = check(
    "foreign-clips",
    "Does every clip's states belong to its frames?",
    because="x = g(z): frames of another clip show its states.",
    past="above",
    warn=0.02,
    fail=0.2,
    calibration="Share of frames in clips whose states are read no better than half as badly as frames of any other "
    "clip would read them, where the median clip is read four times as well as that. Frames of other clips in a tenth "
    "of the clips give .1, clean recordings 0.",
)
CHANCE, USUAL = 0.5, 0.125
"""Squared errors over those of frames of other clips: of a foreign clip at least, of the median clip at most."""

OFFSET = check(
    "clip-offset",
    "Are states recorded on one scale in all clips?",
    because="R^2 is measured against what was recorded: a constant that a record adds in each clip is in no frame.",
    past="above",
    warn=0.1,
    fail=0.5,
    calibration="R^2 of the states' movement within clips, less R^2 of the clips' means, both as read from frames of "
    "other clips; without offsets the means are read better. Offsets of .5 sd per clip of 200 rows: .6.",
)
LEAST_WITHIN = 0.3
"""R^2 within clips from which offsets are judged."""


def agreement(views: ClipViews, names: Sequence[str]) -> list[Gate]:
    """Return the gates on clips that differ from the others; none where clips are few or short."""
    rows = np.bincount(views.clip)
    if (rows >= FEWEST_ROWS).sum() < FEWEST_CLIPS:
        return []
    return [*_agree(views, names), *_foreign(views), *_offset(views, names)]


def _agree(views: ClipViews, names: Sequence[str]) -> list[Gate]:
    kept = np.bincount(views.clip)[views.clip] >= FEWEST_ROWS
    x, clip = views.x[kept], np.unique(views.clip[kept], return_inverse=True)[1]
    c, guess = views.components[kept][:, :COMPONENTS], views.guess[kept]
    half = _second_half(clip)
    parts = 2 * clip + half
    fold = views.fold[kept]
    one = _reading(c, x, fold, np.zeros_like(clip))
    group = _split(_centred(c, parts), _centred(x - one, parts), clip, ~half)
    for _ in range(ROUNDS):
        errors = [
            _per_clip(_centred(x - _reading(c, x, fold, group, always), parts) ** 2, clip, ~half) for always in (0, 1)
        ]
        chosen = (errors[1] < errors[0]).astype(np.int64)[clip]
        if (chosen == group).all() or min(chosen.mean(), 1.0 - chosen.mean()) == 0.0:
            break
        group = chosen
    two = _reading(c, x, fold, group)
    truth = _centred(x, parts)[half]
    variance = (truth**2).mean(axis=0)
    r2 = [r2_from_errors((_centred(x - read, parts)[half] ** 2).mean(axis=0), variance) for read in (two, one, guess)]
    gain = r2[0] - np.maximum(np.maximum(r2[1], r2[2]), 0.0)
    worst = int(gain.argmax())
    share = float(min(group.mean(), 1.0 - group.mean()))
    advice = (
        f"About {share:.0%} of the clips show {names[worst]} in another way than the rest: read apart, R^2 of it is "
        f"{r2[0][worst]:.2f}, together {max(r2[1][worst], r2[2][worst], 0.0):.2f}. Look for clips that are mirrored "
        "or from another camera, and for states that changed place or sign."
    )
    evidence = {"R^2 apart": r2[0].tolist(), "R^2 together": r2[1].tolist()}
    return [AGREE.judge(names[worst], float(gain[worst]), advice, evidence=evidence)]


def _second_half(clip: Int[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
    rows = np.bincount(clip)
    place = np.arange(len(clip)) - (np.cumsum(rows) - rows)[clip]
    found: Bool[np.ndarray, " rows"] = place >= rows[clip] // 2
    return found


def _centred(y: Float[np.ndarray, "rows k"], parts: Int[np.ndarray, " rows"]) -> Float[np.ndarray, "rows k"]:
    """Return y less the mean of every part."""
    rows = np.maximum(np.bincount(parts), 1)
    sums = np.zeros((len(rows), y.shape[1]))
    np.add.at(sums, parts, y)
    return y - (sums / rows[:, None])[parts]


def _per_clip(
    y: Float[np.ndarray, "rows k"], clip: Int[np.ndarray, " rows"], rows: Bool[np.ndarray, " rows"]
) -> Float[np.ndarray, " clips"]:
    """Return the sum over some rows and all columns, per clip."""
    return np.bincount(clip[rows], weights=y[rows].sum(axis=1), minlength=int(clip[-1]) + 1)


def _split(
    c: Float[np.ndarray, "rows c"],
    error: Float[np.ndarray, "rows n"],
    clip: Int[np.ndarray, " rows"],
    rows: Bool[np.ndarray, " rows"],
) -> Int[np.ndarray, " rows"]:
    """Return two groups of clips: by the sign of the direction in which their errors' slopes differ most."""
    white = c / np.maximum(c.std(axis=0), 1e-12)
    slopes = np.zeros((int(clip[-1]) + 1, white.shape[1] * error.shape[1]))
    products = (white[:, :, None] * error[:, None, :]).reshape(len(c), -1)
    np.add.at(slopes, clip[rows], products[rows])
    slopes /= np.maximum(np.bincount(clip[rows], minlength=len(slopes)), 1)[:, None]
    side = np.linalg.svd(slopes - slopes.mean(axis=0), full_matrices=False)[0][:, 0]
    return (side > np.median(side)).astype(np.int64)[clip]


def _reading(
    c: Float[np.ndarray, "rows c"],
    x: Float[np.ndarray, "rows n"],
    fold: Int[np.ndarray, " rows"],
    group: Int[np.ndarray, " rows"],
    always: int | None = None,
) -> Float[np.ndarray, "rows n"]:
    """Return linear read-outs fitted on other folds' clips of the row's group, or of the group `always`."""
    found = np.zeros_like(x)
    for own in np.unique(fold):
        for label in np.unique(group) if always is None else [always]:
            fitted = (fold != own) & (group == label)
            fresh = (fold == own) & ((group == label) | (always is not None))
            if fresh.any():
                rows = fitted if fitted.sum() > c.shape[1] else fold != own
                # `read_out` is for centred components; those of a group are not.
                mean = c[rows].mean(axis=0)
                found[fresh] = read_out(c[rows] - mean, x[rows], c[fresh] - mean)
    return found


def _foreign(views: ClipViews) -> list[Gate]:
    # What the frames of any clip would give: of a clip far from the middle more than of others.
    chance = (views.x - views.guess.mean(axis=0)) ** 2 + views.guess.var(axis=0)
    rows = np.maximum(np.bincount(views.clip), 1)
    error, usual = (
        np.bincount(views.clip, weights=(y / views.x.var(axis=0)).mean(axis=1)) / rows
        for y in ((views.x - views.guess) ** 2, chance)
    )
    each = error / np.maximum(usual, 1e-12)
    if float(np.median(each)) > USUAL:
        return []
    foreign = (each > CHANCE) & (rows >= FEWEST_ROWS)
    share = float(rows[foreign].sum() / rows.sum())
    first = np.flatnonzero(foreign)[:5]
    advice = (
        f"{share:.1%} of the frames are in clips whose frames do not show their states (clips "
        f"{', '.join(map(str, first))}{' ...' if foreign.sum() > 5 else ''} of those read): they belong to others. "
        "Match frames and states by name or time, or leave these clips out."
    )
    return [FOREIGN.judge("frames", share, advice, evidence={"error of the median clip": float(np.median(each))})]


def _offset(views: ClipViews, names: Sequence[str]) -> list[Gate]:
    error = views.x - views.guess
    within = [_centred(y, views.clip) for y in (error, views.x)]
    means = [y - inner for y, inner in zip((error, views.x), within, strict=True)]
    r2_within, r2_between = (r2_from_errors(one.var(axis=0), other.var(axis=0)) for one, other in (within, means))
    gates = []
    for i, name in enumerate(names):
        if r2_within[i] < LEAST_WITHIN:
            continue
        advice = (
            f"{name} moves within clips as the frames show it (R^2 {r2_within[i]:.2f}), but its mean in a clip is not "
            f"what they show (R^2 {r2_between[i]:.2f}): the record adds a constant that differs between clips. "
            "Calibrate every clip to one zero."
        )
        gates.append(OFFSET.judge(name, float(r2_within[i] - max(r2_between[i], -1.0)), advice))
    return gates
