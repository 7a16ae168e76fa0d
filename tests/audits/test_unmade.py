"""What cannot be computed loses nothing else: the gates are printed, and the exit status is 2."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from audits.logs import clean
from worldprobe.audits import exploration_audit
from worldprobe.audits.limits import answering
from worldprobe.cli import app
from worldprobe.predictor import log_prediction

RUNNER = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.npz"
    np.savez(path, states=clean(2, frames=2000, clip=40).controls, episode=np.repeat(np.arange(50), 40))
    return path


def broken(*_: object, **__: object) -> None:
    raise np.linalg.LinAlgError("Singular matrix")


def in_the_predictor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(log_prediction, "predict", broken)
    patch.setattr(log_prediction, "approximate", broken)


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the predictor": in_the_predictor,
    "the answer": lambda patch: patch.setattr(answering, "log_answer", broken),
    "a gate": lambda patch: patch.setattr(exploration_audit, "transitions", broken),
}


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("where", BREAKS)
def test_the_other_gates_are_printed_and_the_exit_status_is_2(
    where: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    BREAKS[where](monkeypatch)
    done = RUNNER.invoke(app, ["audit", "--data", str(log), "--verbose"])
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    for kept in ("gaussian-control", "effective-samples", "correlated-controls"):
        assert kept in done.output
    assert "not made" in done.output
    assert "LinAlgError" in done.output


@pytest.mark.slow
def test_json_of_an_incomplete_audit_says_what_is_missing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKS["a gate"](monkeypatch)
    done = RUNNER.invoke(app, ["audit", "--data", str(log), "--json"])
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert done.exit_code == 2
    assert [gate["subject"] for gate in found["gates"] if gate["gate"] == "unmade"] == ["transitions"]
