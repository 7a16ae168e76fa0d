"""Recorded frames compared with their states: whether they belong together, frame by frame."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped

from worldprobe.audits.canonical_views import SIDE, shrunk
from worldprobe.audits.gate import Gate, check
from worldprobe.audits.gates.exploration.sample_size import OVERLAP
from worldprobe.audits.gates.frames.clip_agreement import agreement
from worldprobe.audits.gates.frames.clip_read_out import ClipViews, clips, readable
from worldprobe.audits.gates.frames.unstated_content import unstated
from worldprobe.audits.gates.unmade import kept
from worldprobe.audits.gates.world.linear_cues import read_out, weak_cues
from worldprobe.audits.sampling_bounds import SIGMAS
from worldprobe.audits.trajectory import Log
from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs
from worldprobe.stats.sampling_error import standard_error
from worldprobe.stats.subsample import even_stretches, evenly_spaced

IN_STEP = check(
    "in-step",
    "Is every frame aligned in time with its state?",
    because="x = g(z): a frame one step late shows the controls of another state.",
    past="above",
    warn=0.0,
    fail=0.0,
    calibration="Frames by which the controls have to be shifted until a linear read-out of the pixels follows them "
    "best: 0, unless another shift lowers the squared error on held-out frames by 5 standard errors and by a "
    "hundredth of the variance it leaves.",
)
SHIFTS, LEAST_GAIN = (-2, -1, 1, 2), 0.01

DROPPED = check(
    "dropped-frames",
    "Is every frame recorded anew?",
    because="x = g(z): a frame that is repeated while the controls move shows another state.",
    past="above",
    warn=0.001,
    fail=0.02,
    calibration="Share of frames identical to their predecessor although a control moved by .05 sd. A world seen at "
    "32 px changes about 3 grey levels then.",
)
MOVED = 0.05


MOST_FRAMES = 6000
"""Frames that are read at most, in stretches spread over the whole recording."""
AT_ONCE = 250
"""Frames that are in memory at their full size at a time."""
LONGEST_STRIDE = 64
"""Members of a pair that are at most this many frames apart lie in one stretch of the recording."""


@runtime_checkable
class FrameSource(Protocol):
    """Frames that are read when they are asked for, such as those of a recording."""

    def __len__(self) -> int: ...

    def read(self, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        """Return some rows' frames in the order asked for."""


@dataclass(frozen=True)
class ArrayReader:
    """Frames that are in memory."""

    frames: Shaped[np.ndarray, "F ..."]

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        """Return some rows' frames."""
        return self.frames[rows]


def audit_frames(
    frames: Shaped[np.ndarray, "F ..."] | FrameSource,
    pairs: Pairs,
    names: Sequence[str],
    *,
    test_frames: Shaped[np.ndarray, "T ..."] | None = None,
) -> list[Gate]:
    """Return the gates on frames: in step, none dropped, readable, alike in all clips, what no state says, test frames.

    Frames are uint8 (F, H, W, 3) or vectors (F, m), one per row of `pairs.controls`; at most 6,000 are read, in
    stretches that are evenly spread over all of them. Raises InvalidValue where frames and controls are not equally
    many, or for fewer than 64 pairs.
    """
    if len(frames) != len(pairs.controls):
        raise InvalidValue("frames", len(frames), f"as many as rows of controls, {len(pairs.controls):,}")
    reader = ArrayReader(frames) if isinstance(frames, np.ndarray) else frames
    log = Log.of(pairs, names)
    together = same_stretch(log.index, len(reader))
    rows = even_stretches(len(reader), MOST_FRAMES)
    joined = together[rows[:-1]] & (np.diff(rows) == 1)
    (seen, repeated), moving = _seen(reader, rows), log.moving
    gates = []
    if joined.any():
        gates.append(_dropped(repeated, log.x[rows], joined))
    if moving.names:
        views = ClipViews(seen, moving.x[rows], clips(joined))
        if joined.sum() > 200:
            gates += kept("frames in step", lambda: [_in_step(views, joined)])
        gates += kept("what can be read", lambda: readable(views, moving.names))
        gates += kept("agreement of clips", lambda: agreement(views, moving.names))
        gates += kept(
            "what no state says", lambda: unstated(views, moving.names, joined, float(moving.effective.min()))
        )
        order = views.order
        gates += kept("linear cues", lambda: weak_cues(seen[order], views.x[order], moving.names, moving.rho))
    if test_frames is not None:
        gates.append(_overlap(reader, test_frames))
    return gates


def same_stretch(index: Int[np.ndarray, "pairs 2"], frames: int) -> Bool[np.ndarray, " neighbours"]:
    """Return, for every frame but the last, whether it and the next lie between the members of some near pair."""
    first, last = index.min(axis=1), index.max(axis=1)
    near = last - first <= LONGEST_STRIDE
    edges = np.zeros(frames, dtype=np.int64)
    np.add.at(edges, first[near], 1)
    np.add.at(edges, last[near], -1)
    between: np.ndarray = np.cumsum(edges)[:-1] > 0
    return between


def _batches(rows: Int[np.ndarray, " rows"]) -> Iterator[Int[np.ndarray, " some"]]:
    for low, high in pairwise([*range(0, len(rows), AT_ONCE), len(rows)]):
        yield rows[low:high]


def _seen(
    reader: FrameSource, rows: Int[np.ndarray, " rows"]
) -> tuple[Float32[np.ndarray, "rows m"], Bool[np.ndarray, " joints"]]:
    """Return the frames' features, and which frames are copies of the one that was read before them."""
    features, same, before = [], [], None
    for batch in _batches(rows):
        frames = reader.read(batch)
        after = frames if before is None else np.concatenate([before[None], frames])
        same.append((after[1:] == after[:-1]).reshape(len(after) - 1, -1).all(axis=1))
        small = shrunk(frames, SIDE) if frames.ndim == 4 else frames.astype(np.float32)
        features.append(small.reshape(len(frames), -1))
        before = frames[-1]
    return np.concatenate(features), np.concatenate(same)


def _dropped(
    repeated: Bool[np.ndarray, " joints"], x: Float[np.ndarray, "rows n"], joined: Bool[np.ndarray, " joints"]
) -> Gate:
    moved = (np.abs(np.diff(x, axis=0)).max(axis=1) > MOVED) & joined
    share = float((repeated & moved).sum() / max(moved.sum(), 1))
    advice = (
        f"{share:.1%} of the frames are copies of the frame before although the state changed. Drop them: the camera "
        "or the simulation did not keep up with the log."
    )
    if len(repeated) and repeated.all():
        advice = (
            f"The frames never change: all {len(repeated) + 1:,} that were read are one picture. The camera recorded "
            "nothing, or another column holds the pictures."
        )
    return DROPPED.judge("frames", share, advice)


def _in_step(views: ClipViews, joined: np.ndarray) -> Gate:
    """Judge the shift under which the states are read best, every clip as the others are read."""
    errors = {0: 0.0}
    best, best_gain = 0, 0.0
    for shift in SHIFTS:
        pairs = _shifted(joined, shift)
        if len(pairs) < 200:
            continue
        seen, fold = views.components[pairs[:, 0]], views.fold[pairs[:, 0]]
        mine, other = (_squared_errors(seen, views.x[pairs[:, member]], fold) for member in (0, 1))
        gain = mine - other
        error = float(standard_error(gain[:, None])[0])
        errors[0], errors[shift] = float(mine.mean()), float(other.mean())
        if gain.mean() > max(SIGMAS * error, LEAST_GAIN * mine.mean(), best_gain):
            best, best_gain = shift, float(gain.mean())
    advice = (
        f"The frames show the states of {abs(best)} row{'s' if abs(best) > 1 else ''} "
        f"{'later' if best > 0 else 'earlier'}. Shift one against the other; common causes are an observation that is "
        "recorded before its action, and a delay of the camera."
    )
    evidence = {"squared error by shift": errors, "shift": best}
    return IN_STEP.judge("frames", float(abs(best)), advice, evidence=evidence)


def _shifted(joined: Bool[np.ndarray, " joints"], shift: int) -> Int[np.ndarray, "pairs 2"]:
    """Return (row, row + shift) for every row that is joined to that one without a break."""
    length = abs(shift)
    whole = np.lib.stride_tricks.sliding_window_view(joined, length).all(axis=1)
    low = np.flatnonzero(whole)
    return np.stack([low, low + length], axis=1) if shift > 0 else np.stack([low + length, low], axis=1)


def _squared_errors(
    seen: Float[np.ndarray, "rows c"], y: Float[np.ndarray, "rows n"], fold: Int[np.ndarray, " rows"]
) -> Float[np.ndarray, " rows"]:
    """Return the squared errors of linear read-outs that were fitted on other folds, mean over controls."""
    read = np.zeros_like(y)
    for own in np.unique(fold):
        fresh = fold == own
        read[fresh] = read_out(seen[~fresh], y[~fresh], seen[fresh]) if not fresh.all() else y[fresh].mean(axis=0)
    errors: np.ndarray = ((read - y) ** 2).mean(axis=1)
    return errors


def _overlap(reader: FrameSource, test: Shaped[np.ndarray, "T ..."]) -> Gate:
    trained = {_digest(frame) for batch in _batches(np.arange(len(reader))) for frame in reader.read(batch)}
    chosen = evenly_spaced(len(test), 2000)
    known = [_digest(test[i]) in trained for i in chosen]
    share = float(np.mean(known))
    advice = f"{share:.1%} of the test frames are training frames, to the byte. Split by episode rather than by frame."
    return OVERLAP.judge("test frames", share, advice, evidence={"exact": share})


def _digest(frame: np.ndarray) -> bytes:
    return hashlib.blake2b(frame.tobytes(), digest_size=16).digest()
