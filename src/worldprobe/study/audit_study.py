"""The audit of a study's world and explorations, or of its sources, before any training."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.files import content_key
from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.audits import Audit, Gate, audit_world
from worldprobe.audits.audit_folder import save_audit
from worldprobe.audits.thresholds import thresholds
from worldprobe.results import AuditedPart, SavedAudit, audited_settings, load_audit
from worldprobe.sources import Canonical
from worldprobe.study.audit_sources import AuditedPartAndGates, audited_source, thresholds_set
from worldprobe.study.audited_exploration import audited_exploration
from worldprobe.study.claim_folder import claim_folder
from worldprobe.study.engines.parts import Gatherer, PartTask
from worldprobe.study.exploration_pairs import explored_pairs
from worldprobe.study.labels import WORLD
from worldprobe.study.machine import versions
from worldprobe.study.preflight import WORKING_BYTES
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_predictions import foreseen
from worldprobe.study.task_graph import Takes, TaskKind
from worldprobe.world import World


def audited(study: Study | Mapping[str, Any]) -> str:
    """Return the key of the settings that an audit of this study (or of its settings in results) depends on."""
    settings = study.model_dump(mode="json") if isinstance(study, Study) else study
    return content_key(audited_settings(settings))


def audit_study(study: Study, *, reporter: Reporter | None = None, engine: Gatherer | None = None) -> Audit:
    """Audit a study's world once, and each of its explorations against the canonical test set; nothing is trained.

    Of a sweep, the study's own settings are audited, not every point. The world, and each exploration or source, are
    parts that an `engine` may have made elsewhere; here they are made one after another.
    """
    shown = reporter or SilentReporter()
    labels = list(study.labels) if study.sources else [WORLD, *study.labels]
    if engine is not None:
        takes, text = Takes(study.training.threads, memory=WORKING_BYTES), study.model_dump_json()
        parts = [PartTask(TaskKind.AUDIT, label, partial(_part_elsewhere, text, label), takes) for label in labels]
        made = engine.gather(f"auditing {study.name}", parts, shown)
    elif study.sources:
        made = [_audited_part(study, label, shown) for label in labels]
    else:
        with study.known_world("its audit"):
            made = [_audited_part(study, label, shown) for label in labels]
    gates = [gate for _, own in made for gate in own]
    warnings = study.data_warnings if study.sources else []
    return Audit(gates, [part for part, _ in made], [*warnings, *thresholds_set(study.audit)])


def _part_elsewhere(text: str, label: str) -> AuditedPartAndGates:
    """Return a part of the audit of the study whose settings are given as JSON."""
    study = Study.model_validate_json(text)
    with study.world or nullcontext():
        return _audited_part(study, label, SilentReporter())


def _audited_part(study: Study, label: str, shown: Reporter) -> AuditedPartAndGates:
    """Return the part of an audit that is the world's, an exploration's or a source's, and its gates."""
    with thresholds(study.audit):
        if study.sources:
            return audited_source(study, label, shown)
        return _audited_world(study, shown) if label == WORLD else _audited_regime(study, label, shown)


def _audited_world(study: Study, shown: Reporter) -> AuditedPartAndGates:
    shown.say(f"Auditing the world: {len(study.controls)} controls")
    gates = _of_world(study, study.known_world("its audit"))
    return AuditedPart(label=WORLD, gates=len(gates), expected_to_fail=WORLD in study.expect), gates


def _audited_regime(study: Study, label: str, shown: Reporter) -> AuditedPartAndGates:
    canonical = Canonical(study.known_world("its audit"), style=study.style)
    test = canonical.sample("test", study.test_frames, study.canonical_seed).controls
    source = study.source(label)
    pairs = explored_pairs(source, study.frames, study.seeds[0])
    ahead = foreseen(source, study.frames, study.seeds[0], smoke=study.smoke)
    part, gates = audited_exploration(source, pairs, study, label, test, shown, predicted_from=ahead, canonical=True)
    named = [replace(gate, subject=f"{label}: {gate.subject}") for gate in gates]
    return part.model_copy(update={"expected_to_fail": label in study.expect}), named


def _of_world(study: Study, world: World) -> list[Gate]:
    """Return the gates on the world, without those on a control of style: nothing has to be known of it."""
    rho = _rho(study)
    if not study.style:
        return audit_world(world, rho, seed=study.canonical_seed)
    found = [spec.name for spec in study.controls]
    if rho is not None:
        known = dict(zip(found, rho.tolist(), strict=True))
        rho = np.array([known.get(spec.name, 0.0) for spec in world.controls])
    return [gate for gate in audit_world(world, rho, seed=study.canonical_seed) if gate.subject not in study.style]


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


def _rho(study: Study) -> np.ndarray | None:
    """Return the pair correlations of the first exploration that states them for every control."""
    for label in study.labels:
        rho = study.source(label).exact_correlation()
        if rho is not None and not np.isnan(rho).any():
            return rho
    return None
