"""The audit of a log with actions says what is recovered by prediction from them, besides what alignment recovers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from audits.action_logs import controlled
from worldprobe.audits import Audit
from worldprobe.audits.audit_folder import save_audit
from worldprobe.cli import app
from worldprobe.recordings import read_recording
from worldprobe.reports import audit_exports
from worldprobe.results import AuditedPart, Prediction, load_audit
from worldprobe.study.audit_sources import audit_recording

RUNNER = CliRunner(env={"COLUMNS": "200"})
GIVEN = ["--states", "states", "--frames", "none"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Actions move a state that turns by itself: its rows look unrelated, and the next one is predictable."""
    acted = controlled(n=2, clips=60, clip=60)
    actions = acted.actions.copy()
    actions[acted.rows - 1 :: acted.rows] = np.nan
    path = tmp_path_factory.mktemp("log") / "log.npz"
    episode = np.repeat(np.arange(60), 60)
    np.savez(path, states=acted.states, actions=actions, episode=episode)
    return path


@pytest.fixture(scope="module")
def audit(log: Path) -> Audit:
    return audit_recording(read_recording(log))


@pytest.mark.slow
def test_alignment_recovers_little_and_prediction_from_actions_all(audit: Audit, tmp_path: Path) -> None:
    (part,) = audit.parts
    assert part.predicted is not None
    assert part.predicted_from_actions is not None
    assert part.predicted.r2 < 0.6
    assert part.predicted_from_actions.r2 == pytest.approx(1.0, abs=0.02)
    assert part.with_actions.startswith("An ideal encoder trained to predict the next embedding from the action")
    save_audit(audit, tmp_path, "log")
    kept = load_audit(tmp_path)
    assert kept is not None
    assert kept.parts[0].predicted_from_actions == part.predicted_from_actions
    assert part.with_actions in audit_exports.markdown(audit, "log")


@pytest.mark.slow
def test_the_terminal_and_json_hold_both_answers(log: Path) -> None:
    shown = RUNNER.invoke(app, ["audit", "--data", str(log), *GIVEN, "--verbose"]).stdout
    assert "from the action instead" in " ".join(shown.split())
    assert "the same, from actions" in shown
    assert "from its actions" in shown
    printed = json.loads(RUNNER.invoke(app, ["audit", "--data", str(log), *GIVEN, "--json"]).stdout)
    assert printed["parts"][0]["predicted_from_actions"]["r2"] > 0.98


@pytest.mark.slow
def test_without_actions_there_is_no_second_answer(log: Path) -> None:
    plain = RUNNER.invoke(app, ["audit", "--data", str(log), *GIVEN, "--actions", "none", "--json"]).stdout
    assert json.loads(plain)["parts"][0]["predicted_from_actions"] is None


def test_a_refusal_is_said_with_its_reason() -> None:
    refused = Prediction(refused="Too few pairs have an action.", refused_briefly="too few actions")
    part = AuditedPart(label="", gates=0, predicted_from_actions=refused)
    assert part.with_actions is not None
    assert part.with_actions.endswith("Too few pairs have an action.")
