"""Auditing before training: a study's world and explorations, or a recording of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from worldprobe.audit import Audit, Gate, audit_frames, audit_regime, audit_world, prediction
from worldprobe.datasets import canonical, exploration
from worldprobe.progress import Reporter, Silent
from worldprobe.recordings import Recording
from worldprobe.studies.schema import Study

FRESH_FRAMES = 50_000
"""Frames whose controls are audited where a study draws its pairs afresh."""
MOST_FRAMES = 6_000
"""Frames of a recording that are looked at."""


def audit_study(study: Study, *, reporter: Reporter | None = None) -> Audit:
    """Audit a study's world once, and each of its explorations against the canonical test set; nothing is trained.

    Of a sweep, what the study itself says is audited, not every point.
    """
    say = (reporter or Silent()).say
    names = [spec.name for spec in study.world.controls]
    test = canonical(study.world, study.test_frames, study.canonical_seed, "test").pairs.controls
    gates: list[Gate] = []
    with study.world as world:
        say(f"auditing the world: {len(names)} controls")
        gates += audit_world(world, _rho(study), seed=study.canonical_seed)
        for label, regime in study.regimes.items():
            say(f"auditing the exploration {label}")
            pairs = exploration(world, regime, study.frames or FRESH_FRAMES, study.seeds[0]).pairs
            found = audit_regime(pairs, names, test=test, seed=study.seeds[0])
            gates += _of(label, [*found, *prediction(pairs, names, test=test, seed=study.seeds[0])])
    return Audit(gates)


def audit_recording(recording: Recording, *, stride: int = 1, reporter: Reporter | None = None) -> Audit:
    """Audit a recording's states, pairs `stride` rows apart, and its frames where it has any.

    States are standardised first: what is canonical for a recording is its own mean and spread.
    """
    say = (reporter or Silent()).say
    say(f"auditing {recording.rows:,} rows of {', '.join(recording.names)}")
    pairs = recording.standardised().pairs(stride)
    gates = [*audit_regime(pairs, recording.names), *prediction(pairs, recording.names)]
    if recording.frames is not None:
        rows = min(recording.rows, MOST_FRAMES)
        frames = recording.frames.read(np.arange(rows))
        inside = pairs.index[(pairs.index < rows).all(axis=1)]
        gates += audit_frames(frames, replace(pairs, controls=pairs.controls[:rows], index=inside), recording.names)
    return Audit(gates)


def _rho(study: Study) -> np.ndarray | None:
    """Return the pair correlations of the first exploration that states them for every control."""
    for regime in study.regimes.values():
        rho = regime.exact_correlation(study.world.controls)
        if rho is not None and not np.isnan(rho).any():
            return rho
    return None


def _of(label: str, gates: Iterable[Gate]) -> list[Gate]:
    return [replace(gate, subject=f"{label}: {gate.subject}") for gate in gates]
