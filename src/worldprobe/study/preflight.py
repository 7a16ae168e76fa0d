"""What is checked before any work: that the memory holds the frames and that the results folder can be written."""

from __future__ import annotations

import os
import tempfile
from math import prod
from pathlib import Path

from worldprobe.errors import InvalidValue, NotEnoughRoom
from worldprobe.planning.benchmark import tasks_of
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import unwritable

WORKING_BYTES = 1_500_000_000
"""What torch, the encoder and its activations take beside the frames."""


def preflight(study: Study, out: Path) -> None:
    """Raise NotEnoughRoom, InvalidValue, Unreachable or WorldprobeError where the study cannot be run here."""
    if study.frames is not None and 2 * study.training.batch > study.frames:
        raise InvalidValue(
            "training.batch",
            study.training.batch,
            f"at most frames / 2 = {study.frames // 2}",
            "A pair takes two frames.",
        )
    if study.planning is not None:
        tasks_of(study.world, study.planning)
    _memory(study)
    _writable(out)


def frame_bytes(study: Study) -> int:
    """Return the bytes of one observation."""
    shape = study.world.observation_shape
    return prod(shape) * (1 if len(shape) == 3 else 4)


def _memory(study: Study) -> None:
    frames = study.stored_frames + study.heldout_frames + study.probe_frames + study.test_frames
    if study.planning is not None:
        frames += study.planning.library + 2 * study.planning.experience
    need = frames * frame_bytes(study) + WORKING_BYTES
    have = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if need > total:
        raise NotEnoughRoom(
            f"{frames:,} frames of {study.world.observation_shape} need {need / 1e9:.1f} GB of memory; this "
            f"machine has {total / 1e9:.1f} GB ({have / 1e9:.1f} free). "
            f"Lower frames (now {study.stored_frames:,}) or the world's size."
        )


def _writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            return
    except OSError as error:
        raise unwritable(out, error) from None
