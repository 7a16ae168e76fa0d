"""What is checked before any work, and before a results folder is claimed: that the parts of a study fit each other,
and that this machine can do it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from worldprobe._util.files import content_key
from worldprobe._util.memory import total_bytes
from worldprobe.errors import InvalidValue, NotEnoughRoom, UnknownName
from worldprobe.measures.bound import alignment_optimum
from worldprobe.planning.benchmark import tasks_of
from worldprobe.sources import Source, Split
from worldprobe.sources.source import SPLITS
from worldprobe.study.exploration_pairs import explored_pairs, moving_correlations
from worldprobe.study.held_frames import held
from worldprobe.study.network_size import parameter_count, without_weights
from worldprobe.study.open_sources import check_shapes
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import unwritable
from worldprobe.train.accumulation import check_parts
from worldprobe.train.streamed_pairs import AHEAD_BYTES

WORKING_BYTES = 1_500_000_000
"""What torch and the activations take besides the frames and the weights."""
BYTES_PER_WEIGHT = 16
"""A float32 weight, its gradient and AdamW's two moments."""
PIXEL_COPIES = 3
"""Of the frames in float64, for the ridge regression on raw pixels."""
PAIR_BYTES = 20
"""Of a pair's two places and its place in the shuffled order, for each of its frames, and half as much in between."""
LOOSE_POINTS = 2
"""Points that a linear probe needs beyond its dimensions (`measures.probes.fit_probe`)."""


def preflight(studies: Iterable[Study], out: Path) -> None:
    """Check the study at every point of its axes, and that the results folder `out` can be written.

    Raises InvalidValue, NotEnoughRoom, Unreachable, MissingDependency or WorldprobeError for what cannot be run.
    """
    distinct = {content_key(study.model_dump(mode="json")): study for study in studies}.values()
    for study in distinct:
        _sources(study)
        _batches(study)
        _accumulation(study)
        _weights(study)
        _probes(study)
        _memory(study)
        _planning(study)
    _explorations(distinct)
    _writable(out)


def check_frames(studies: Iterable[Study]) -> None:
    """Draw one observation of every world and recording, so that what is lacking here is found before any training.

    Raises as `check_frame`.
    """
    seen = set()
    for study in studies:
        for label in study.labels:
            source = study.source(label)
            key = content_key([source.world_name, study.world.settings()] if study.world else source.fingerprint)
            if key not in seen:
                seen.add(key)
                check_frame(source)


def check_frame(source: Source) -> None:
    """Draw one observation of a source.

    Raises MissingDependency or BlenderFailed where it cannot be drawn on this machine, and InvalidValue where it is not
    what is declared.
    """
    try:
        seen = source.first_frame()
    except BaseException:
        source.close()
        raise
    dtype = np.dtype(np.uint8 if len(source.observation_shape) == 3 else np.float32)
    if seen.shape != (1, *source.observation_shape) or seen.dtype != dtype:
        declared = f"{dtype} {(1, *source.observation_shape)}, as the world declares"
        raise InvalidValue(f"{source.world_name}'s observe", f"{seen.dtype} {seen.shape}", declared)


def frame_bytes(study: Study) -> int:
    """Return the bytes of one observation."""
    shape = study.observation_shape
    return prod(shape) * (1 if len(shape) == 3 else 4)


def _sources(study: Study) -> None:
    """Raise InvalidValue where sources do not fit each other, or hypotheses name a state that they do not have."""
    if not study.sources:
        return
    check_shapes({label: study.source(label) for label in study.labels})
    needing = [label for label, objective in study.objectives.items() if objective.uses_actions]
    for label in study.labels if needing else ():
        actions = study.source(label).sample("train", study.frames, study.seeds[0]).pairs.actions
        if actions is None or not np.isfinite(actions).all():
            found = "has none" if actions is None else "has some that are not finite"
            allowed = f"an objective that needs no actions: {label} {found}"
            raise InvalidValue(f"objectives.{needing[0]}", "given", allowed)
    names = [spec.name for spec in study.controls]
    for hypothesis in study.hypotheses:
        if hypothesis.control is not None and hypothesis.control not in names:
            raise UnknownName("control of a hypothesis:", hypothesis.control, names)


def _batches(study: Study) -> None:
    if study.afresh:
        return
    frames = _count(study, "train")
    if 2 * study.training.batch > frames:
        allowed = f"at most frames / 2 = {frames // 2}"
        raise InvalidValue("training.batch", study.training.batch, allowed, "A pair takes two frames.")


def _accumulation(study: Study) -> None:
    """Raise InvalidValue where the encoder's layers need the whole batch, which is to pass in parts."""
    if study.training.accumulate > 1:
        network = without_weights(study.encoder, study.observation_shape, study.dimensions)
        if network is not None:
            check_parts(network, study.training.accumulate)


def _weights(study: Study) -> None:
    """Raise InvalidValue where SIGReg's weight is to be found from the pairs of an exploration that say nothing of it.

    No frame is drawn: the pairs' correlation is exact where it is known, else measured on the controls.
    """
    chosen = [name for name, objective in study.objectives.items() if objective.weight_is_chosen]
    for label in study.labels if chosen else ():
        source = study.source(label)
        moving = moving_correlations(source, partial(explored_pairs, source, study.frames, study.seeds[0]))
        for name in chosen:
            try:
                optimum = alignment_optimum(moving) if len(moving) else None
                study.objectives[name].for_pairs(optimum, study.training.batch)
            except InvalidValue:
                found = f"have a correlation of {moving.mean():.2f}" if len(moving) else "never move"
                why = f"The controls of {label}'s pairs {found}, and it is found where they share something and move."
                raise InvalidValue(f"objectives.{name}.lambda", "auto", "a number here", why) from None


def _probes(study: Study) -> None:
    """Raise InvalidValue where a probe would have as many dimensions as points: its R² would say nothing."""
    dimensions = max(study.dimensions, len(study.controls)) + LOOSE_POINTS
    points = {"probe_frames": (_count(study, "probe"), 1), "heldout_frames": (_count(study, "heldout"), 2)}
    for key, (count, parts) in points.items():
        need = parts * (dimensions if key == "probe_frames" else study.dimensions + LOOSE_POINTS)
        if count < need:
            raise InvalidValue(
                key,
                count,
                f"{need:,} or more, for d = {study.dimensions:,} and {len(study.controls):,} controls",
                f"A probe is fitted on {'half of them' if parts == 2 else 'them'}; lower d, or give more frames.",
            )


def _count(study: Study, split: Split) -> int:
    """Return how many frames a split has: of recordings, as many as the least of them."""
    asked = {
        "train": study.frames,
        "heldout": study.heldout_frames,
        "probe": study.probe_frames,
        "test": study.test_frames,
    }[split]
    if not study.sources:
        return asked or 0
    if split in ("probe", "test"):
        return len(study.test_source.sample(split, asked, study.canonical_seed))
    return min(len(study.source(label).sample(split, asked, study.seeds[0])) for label in study.labels)


def memory_need(study: Study) -> int:
    """Return the bytes of memory that a process takes which executes one run of a study after another."""
    return sum(size for size, _ in _memory_parts(study).values()) + WORKING_BYTES


def _memory_parts(study: Study) -> dict[str, tuple[int, str]]:
    """Return the bytes of each large part by what it is, and what to lower for less of it."""
    n, plan = len(study.controls), study.planning
    counts = [_count(study, split) for split in SPLITS]
    each = frame_bytes(study)
    in_memory = sum(count * each if held(count * each) else AHEAD_BYTES for count in counts)
    plans = 0
    if plan is not None:
        in_memory += (plan.library + 2 * plan.experience) * each
        plans = 8 * plan.pairs * n * (plan.steps + 4 * plan.population * plan.horizon)
    weights = parameter_count(study.encoder, study.observation_shape, study.dimensions)
    trained = weights * BYTES_PER_WEIGHT * study.restarts
    ridge = PIXEL_COPIES * 8 * study.pixel_frames * prod(study.observation_shape) if study.references.pixels else 0
    # The ridge regression and the trainings come one after another.
    largest = {
        f"an encoder of {weights:,} weights": (trained, "the encoder's width, d or restarts"),
        "the ridge regression on raw pixels": (ridge, "references.pixel_frames or world.size"),
    }
    what = max(largest, key=lambda name: largest[name][0])
    return {
        f"{sum(counts):,} frames of {study.observation_shape}": (in_memory, "frames or world.size"),
        f"the controls and pairs of {sum(counts):,} frames": (sum(counts) * (8 * n + PAIR_BYTES), "frames"),
        what: largest[what],
        "the planner's plans": (plans, "planning.pairs, population or horizon"),
    }


def _memory(study: Study) -> None:
    need, have = memory_need(study), total_bytes()
    if have is None or need <= have:
        return
    what, (largest, lower) = max(_memory_parts(study).items(), key=lambda part: part[1][0])
    raise NotEnoughRoom(
        f"The study needs {need / 1e9:,.1f} GB of memory, of which {largest / 1e9:,.1f} GB are for {what}; "
        f"{have / 1e9:.1f} GB may be used here. Lower {lower}."
    )


def _planning(study: Study) -> None:
    if study.planning is None:
        return
    tasks_of(study.known_world("planning"), study.planning)


def _explorations(studies: Iterable[Study]) -> None:
    """Let every regime explore its world for as long as its held-out frames last; no frame is drawn."""
    seen = set()
    for study in studies:
        controls = [spec.described() for spec in study.controls]
        for label in study.labels:
            key = content_key(
                [label, (study.sources or study.regimes)[label].settings(), controls, study.heldout_frames]
            )
            if key in seen:
                continue
            seen.add(key)
            pairs = study.source(label).sample("heldout", study.heldout_frames, study.seeds[0]).pairs
            # Pairs drawn afresh for every step must fill its batch: half as many as there are frames.
            least = study.heldout_frames // 2 if study.afresh else 1
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
