"""The audit of a study's world and explorations, or of a recording, before any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from worldprobe._util.files import content_key
from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.audits import Audit, Gate, audit_frames, audit_regime, audit_world
from worldprobe.audits.audit_folder import save_audit
from worldprobe.audits.gates.exploration.predicted_r2 import judged
from worldprobe.audits.limits.ideal_logs import against_ideal
from worldprobe.audits.limits.log_answer import answered
from worldprobe.audits.limits.odd_episodes import odd_episodes
from worldprobe.audits.thresholds import Thresholds, thresholds, thresholds_in_words
from worldprobe.datasets import canonical, exploration
from worldprobe.explore import Pairs
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.prediction_steps import STEPS
from worldprobe.recordings import Recording
from worldprobe.recordings.recorded_world import RecordedWorld
from worldprobe.results import AuditedPart, SavedAudit, audited_settings, load_audit
from worldprobe.study.claim_folder import claim_folder
from worldprobe.study.labels import WORLD
from worldprobe.study.machine import versions
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_predictions import foreseen

_NONE: Thresholds = MappingProxyType({})

FRESH_FRAMES = 50_000
"""Frames whose controls are audited where a study draws its pairs afresh."""


def audited(study: Study | Mapping[str, Any]) -> str:
    """Return the key of the settings that an audit of this study (or of its settings in results) depends on."""
    settings = study.model_dump(mode="json") if isinstance(study, Study) else study
    return content_key(audited_settings(settings))


def audit_study(study: Study, *, reporter: Reporter | None = None) -> Audit:
    """Audit a study's world once, and each of its explorations against the canonical test set; nothing is trained.

    Of a sweep, the study's own settings are audited, not every point.
    """
    if isinstance(study.world, RecordedWorld):
        return audit_recording(study.world.recording, stride=study.world.stride, reporter=reporter, chosen=study.audit)
    with thresholds(study.audit):
        found = _audit_study(study, reporter or SilentReporter())
    return replace(found, warnings=_thresholds_set(study.audit))


def _thresholds_set(chosen: Thresholds) -> list[str]:
    return [f"Thresholds that were set: {thresholds_in_words(chosen)}"] if chosen else []


def _audit_study(study: Study, shown: Reporter) -> Audit:
    names = [spec.name for spec in study.world.controls]
    test = canonical(study.world, study.test_frames, study.canonical_seed, "test").pairs.controls
    gates: list[Gate] = []
    parts: list[AuditedPart] = []
    with study.world as world:
        shown.say(f"Auditing the world: {len(names)} controls")
        gates += audit_world(world, _rho(study), seed=study.canonical_seed)
        parts.append(AuditedPart(label=WORLD, gates=len(gates), expected_to_fail=WORLD in study.expect))
        for label, regime in study.regimes.items():
            shown.say(f"Auditing the exploration {label}")
            pairs = exploration(world, regime, study.frames or FRESH_FRAMES, study.seeds[0]).pairs
            ahead = foreseen(world, regime, study.frames, study.seeds[0])
            predicted = predict_shown(ahead, names, label, study.seeds[0], shown, study.d).record(test)
            answer, not_made = answered(pairs, names, predicted, seed=study.seeds[0])
            own = audit_regime(pairs, names, test=test, seed=study.seeds[0]) + judged(predicted, names)
            gates += [replace(gate, subject=f"{label}: {gate.subject}") for gate in own]
            contrast = label in study.expect
            known: dict[str, Any] = {"expected_to_fail": contrast, "predicted": predicted}
            known |= {"answer": answer, "not_made": not_made}
            parts.append(AuditedPart(label=label, gates=len(own), **known))
    return Audit(gates, parts)


def keep_audit(study: Study, folder: Path, *, reporter: Reporter | None = None) -> Audit | SavedAudit:
    """Audit a study and keep the audit in its results folder, which is claimed for it; return it.

    An audit of the same settings that is already there is kept. Raises StudyChanged where the folder holds another
    study.
    """
    claim_folder(StudyFolder(folder), study, versions())
    before = load_audit(folder)
    if before is not None and before.of == audited(study):
        return before
    found = audit_study(study, reporter=reporter)
    save_audit(found, folder, audited(study))
    return found


def audit_recording(
    recording: Recording, *, stride: int = 1, reporter: Reporter | None = None, chosen: Thresholds = _NONE
) -> Audit:
    """Audit a recording's states, pairs `stride` rows apart, and its frames where it has any.

    States are standardised first: what is canonical for a recording is its own mean and standard deviation. `chosen`
    are thresholds in place of the calibrated ones.
    """
    with thresholds(chosen):
        found = _audit_recording(recording, stride, reporter or SilentReporter())
    return replace(found, warnings=[*found.warnings, *_thresholds_set(chosen)])


def _audit_recording(recording: Recording, stride: int, shown: Reporter) -> Audit:
    shown.say(f"Auditing {recording.rows:,} rows of {', '.join(recording.names)}")
    pairs = recording.standardised().pairs(stride)
    own = audit_regime(pairs, recording.names)
    predicted = predict_shown(pairs, recording.names, "the recording", 0, shown).record()
    gates = own + judged(predicted, recording.names)
    if recording.frames is not None:
        shown.say("Comparing frames with states")
        gates += audit_frames(recording.frames, pairs, recording.names)
    answer, not_made = answered(pairs, recording.names, predicted)
    part = AuditedPart(label="", gates=len(gates), predicted=predicted, answer=answer, not_made=not_made)
    shown.say("Comparing with ideal logs of its size")
    odd = odd_episodes(recording.states, recording.episodes, recording.names)
    more = {"against_ideal": against_ideal(pairs, recording.names, own), "odd_episodes": odd}
    part = part.model_copy(update=more)
    return Audit(gates, [part], recording.warnings)


def predict_shown(
    pairs: Pairs, names: Sequence[str], label: str, seed: int, reporter: Reporter, d: int | None = None
) -> IdealEncoder:
    """Return the prediction for an exploration's pairs, with its progress shown."""
    with reporter.task(f"predicting {label}", STEPS, "steps") as advance:
        return predict_log(pairs, names, d=d, seed=seed, advance=advance)


def _rho(study: Study) -> np.ndarray | None:
    """Return the pair correlations of the first exploration that states them for every control."""
    for regime in study.regimes.values():
        rho = regime.exact_correlation(study.world.controls)
        if rho is not None and not np.isnan(rho).any():
            return rho
    return None
