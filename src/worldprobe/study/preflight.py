"""What is checked before any work, and before a results folder is claimed: that the parts of a study fit each other,
and that this machine can do it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from math import prod
from pathlib import Path

import numpy as np

from worldprobe._util.files import content_key
from worldprobe._util.memory import total_bytes
from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue, NotEnoughRoom
from worldprobe.planning.benchmark import tasks_of
from worldprobe.study.network_size import parameter_count
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import unwritable
from worldprobe.world import World

WORKING_BYTES = 1_500_000_000
"""What torch and the activations take besides the frames and the weights."""
BYTES_PER_WEIGHT = 16
"""A float32 weight, its gradient and AdamW's two moments."""
LOOSE_POINTS = 2
"""Points that a linear probe needs beyond its dimensions (`measures.probes.fit_probe`)."""


def preflight(studies: Iterable[Study], out: Path) -> None:
    """Check the study at every point of its axes, and that the results folder `out` can be written.

    Raises InvalidValue, NotEnoughRoom, Unreachable, MissingDependency or WorldprobeError for what cannot be run.
    """
    distinct = {content_key(study.model_dump(mode="json")): study for study in studies}.values()
    for study in distinct:
        _batches(study)
        _probes(study)
        _memory(study)
        _planning(study)
    _explorations(distinct)
    _writable(out)


def check_worlds(worlds: Iterable[World]) -> None:
    """Draw one observation of every world, so that what it lacks here is found before anything is trained.

    Raises MissingDependency or BlenderFailed where a world cannot be drawn on this machine, and InvalidValue where an
    observation is not what the world declares.
    """
    for world in worlds:
        shown = world.shown("test")
        z = np.zeros((1, len(world.controls)), dtype=np.float32) if shown is None else shown[0][:1]
        try:
            seen = world.observe(z)
        except BaseException:
            world.close()
            raise
        dtype = np.dtype(np.uint8 if len(world.observation_shape) == 3 else np.float32)
        if seen.shape != (1, *world.observation_shape) or seen.dtype != dtype:
            declared = f"{dtype} {(1, *world.observation_shape)}, as the world declares"
            raise InvalidValue(f"{type(world).__name__}.observe", f"{seen.dtype} {seen.shape}", declared)


def frame_bytes(study: Study) -> int:
    """Return the bytes of one observation."""
    shape = study.world.observation_shape
    return prod(shape) * (1 if len(shape) == 3 else 4)


def _batches(study: Study) -> None:
    if study.frames is not None and 2 * study.training.batch > study.frames:
        allowed = f"at most frames / 2 = {study.frames // 2}"
        raise InvalidValue("training.batch", study.training.batch, allowed, "A pair takes two frames.")


def _probes(study: Study) -> None:
    """Raise InvalidValue where a probe would have as many dimensions as points: its R² would say nothing."""
    dimensions = max(study.dimensions, len(study.world.controls)) + LOOSE_POINTS
    points = {"probe_frames": (_count(study, "probe"), 1), "heldout_frames": (_count(study, "heldout"), 2)}
    for key, (count, parts) in points.items():
        need = parts * (dimensions if key == "probe_frames" else study.dimensions + LOOSE_POINTS)
        if count < need:
            raise InvalidValue(
                key,
                count,
                f"{need:,} or more, for d = {study.dimensions:,} and {len(study.world.controls):,} controls",
                f"A probe is fitted on {'half of them' if parts == 2 else 'them'}; lower d, or give more frames.",
            )


def _count(study: Study, split: str) -> int:
    shown = study.world.shown(split)
    return len(shown[0]) if shown is not None else study.probe_frames if split == "probe" else study.heldout_frames


def _memory(study: Study) -> None:
    n, plan = len(study.world.controls), study.planning
    frames = study.stored_frames + study.heldout_frames + study.probe_frames + study.test_frames
    plans = 0
    if plan is not None:
        frames += plan.library + 2 * plan.experience
        plans = 8 * plan.pairs * n * (plan.steps + 4 * plan.population * plan.horizon)
    weights = parameter_count(study.encoder, study.world.observation_shape, study.dimensions)
    trained = weights * BYTES_PER_WEIGHT * study.restarts
    need = frames * frame_bytes(study) + trained + plans + WORKING_BYTES
    have = total_bytes()
    if have is None or need <= have:
        return
    parts = {
        f"{frames:,} frames of {study.world.observation_shape}": (frames * frame_bytes(study), "frames or world.size"),
        f"an encoder of {weights:,} weights": (trained, "the encoder's width, d or restarts"),
        "the planner's plans": (plans, "planning.pairs, population or horizon"),
    }
    what, (largest, lower) = max(parts.items(), key=lambda part: part[1][0])
    raise NotEnoughRoom(
        f"The study needs {need / 1e9:,.1f} GB of memory, of which {largest / 1e9:,.1f} GB are for {what}; "
        f"{have / 1e9:.1f} GB may be used here. Lower {lower}."
    )


def _planning(study: Study) -> None:
    if study.planning is None:
        return
    if study.world.shown("train") is not None:
        allowed = "left out for a recording"
        raise InvalidValue("planning", "given", allowed, "A planner moves to states that nobody recorded.")
    tasks_of(study.world, study.planning)


def _explorations(studies: Iterable[Study]) -> None:
    """Let every regime explore its world for as long as its held-out frames last; no frame is drawn."""
    seen = set()
    for study in studies:
        if study.world.shown("heldout") is not None:
            continue
        controls = study.world.controls
        for label, regime in study.regimes.items():
            parts = [type(regime).__qualname__, regime.settings(), [spec.described() for spec in controls]]
            key = content_key([*parts, study.heldout_frames])
            if key in seen:
                continue
            seen.add(key)
            pairs = regime.sample(study.heldout_frames, controls, stream(study.seeds[0], "preflight", label))
            # Pairs drawn afresh for every step must fill its batch: half as many as there are frames.
            least = 1 if study.frames is not None else study.heldout_frames // 2
            if len(pairs.index) < least:
                found = f"{study.heldout_frames:,} frames of {label} form {len(pairs.index):,} pairs, not {least:,}"
                raise InvalidValue("frames", study.frames, "a number here", f"{found}.")


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            return
    except OSError as error:
        raise unwritable(out, error) from None
