"""A study of a recording from end to end: audited, trained on, measured, reported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sources.dots import write_dots
from worldprobe.cli import app
from worldprobe.datasets import Store
from worldprobe.errors import on_command_line
from worldprobe.reports import write_report
from worldprobe.results import load_audit
from worldprobe.study import run_study
from worldprobe.study.audit_study import keep_audit
from worldprobe.study.recorded_study import recorded_study
from worldprobe.study.source_settings import RecordedSettings

pytestmark = pytest.mark.slow


def test_a_recording_is_audited_trained_on_measured_and_reported(tmp_path: Path) -> None:
    path = write_dots(tmp_path / "dots.npz", 40)
    study = recorded_study(RecordedSettings(recording=path, states=("state",), size=16))
    study = study.model_copy(update={"training": study.training.model_copy(update={"steps": 30})})
    out = tmp_path / "out"
    keep_audit(study, out)
    results = run_study(study, out, store=Store(tmp_path / "datasets"))
    assert [run.role for run in results.runs] == ["measured", "ceiling", "floor", "pixels"]
    assert results.explorations[0].frames == 28 * 12
    assert {run.world for run in results.runs} == {"recording"}
    assert min(next(run for run in results.runs if run.role == "pixels").recovery.r2_per_control.values()) >= 0.0
    assert load_audit(out) is not None
    page = write_report(out).read_text(encoding="utf8")
    assert "What the audit found before training" in page
    assert "stretches of the recording that were kept out of training" in page


def test_the_command_keeps_the_audit_of_states_alone_and_says_what_training_needs(tmp_path: Path) -> None:
    steps = np.random.default_rng(0).standard_normal((3000, 2))
    np.savez(tmp_path / "log.npz", state=steps.astype(np.float32))
    given = ["audit", "--data", str(tmp_path / "log.npz"), "--states", "state"]
    CliRunner().invoke(app, [*given, "--out", str(tmp_path / "kept")])
    kept = load_audit(tmp_path / "kept")
    assert kept is not None
    assert any(gate.gate == "prediction" for gate in kept.gates)
    assert "--out" in str(CliRunner().invoke(app, [*given, "--train"]).exception)
    with on_command_line():
        refused = CliRunner().invoke(app, [*given, "--train", "--out", str(tmp_path / "kept")]).exception
    assert "--frames" in str(refused)
