"""Thresholds of one's own, and an audit for other tools: plain lines, JUnit, Markdown, exit status."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from audits.logs import clean, names
from worldprobe.audits import Verdict, audit_regime
from worldprobe.audits.thresholds import parse_thresholds, thresholds
from worldprobe.cli import app
from worldprobe.errors import InvalidValue, UnknownName

RUNNER = CliRunner(env={"COLUMNS": "200"})


def test_a_threshold_that_was_set_decides_and_only_while_it_is_set() -> None:
    pairs = clean()
    [before] = [gate for gate in audit_regime(pairs, names(3)) if gate.gate == "effective-samples"]
    with thresholds({"effective-samples": {"warn": 1e9}}):
        [gate] = [gate for gate in audit_regime(pairs, names(3)) if gate.gate == "effective-samples"]
    assert (gate.verdict, gate.threshold) == (Verdict.WARN, 1e9)
    [after] = [gate for gate in audit_regime(pairs, names(3)) if gate.gate == "effective-samples"]
    assert after == before


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("coverage=0.8", InvalidValue, "GATE.warn=NUMBER"),
        ("coverage", InvalidValue, "GATE.warn=NUMBER"),
        ("coverage.warm=0.8", UnknownName, "Did you mean 'coverage.warn'"),
        ("covrage.warn=0.8", UnknownName, "Did you mean 'coverage'"),
        ("coverage.warn=high", InvalidValue, "GATE.warn=NUMBER"),
        ("coverage.warn=nan", InvalidValue, "a finite number"),
        ("coverage.fail=0.95", InvalidValue, "a number below the one that warns"),
    ],
)
def test_impossible_thresholds_are_refused(given: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_thresholds([given])


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.npz"
    z = clean(2, frames=4000, clip=40).controls.copy()
    z[:, 1] = np.clip(z[:, 1], -0.5, 0.5)
    np.savez(path, states=z, episode=np.repeat(np.arange(100), 40))
    return path


@pytest.mark.slow
def test_junit_and_markdown_hold_the_answer_and_every_gate(log: Path, tmp_path: Path) -> None:
    junit, card = tmp_path / "audit.xml", tmp_path / "card.md"
    done = RUNNER.invoke(
        app, ["audit", "--data", str(log), "--json", "--junit", str(junit), "--markdown", str(card), "--ci"]
    )
    found = json.loads(done.stdout[done.stdout.index("{") :])
    suite = ElementTree.parse(junit).getroot()
    assert int(suite.get("tests", "")) == len(found["gates"])
    assert int(suite.get("failures", "")) == sum(gate["verdict"] == "fail" for gate in found["gates"])
    answer = found["parts"][0]["answer"]
    assert answer["recovers"] in (suite.findtext("system-out") or "")
    text = card.read_text(encoding="utf8")
    assert "| R² of an ideal encoder |" in text
    assert "states\\[0\\]" in text


@pytest.mark.slow
def test_ci_prints_what_decides_and_fail_on_says_what_that_is(log: Path) -> None:
    failed = RUNNER.invoke(app, ["audit", "--data", str(log), "--ci"])
    assert failed.exit_code == 1, failed.exception
    assert isinstance(failed.exception, SystemExit), failed.exception
    lines = failed.stdout.splitlines()
    assert any(line.startswith("An ideal encoder trained on this log recovers R²") for line in lines)
    assert any(line.startswith("fail: bounded: states[1]") for line in lines)
    assert not any(line.startswith("warn: ") for line in lines)
    loose = ["--threshold", "bounded.warn=1", "--threshold", "bounded.fail=1"]
    other = RUNNER.invoke(app, ["audit", "--data", str(log), "--ci", "--fail-on", "warn", *loose])
    assert not any(line.startswith("fail: bounded") for line in other.stdout.splitlines())
    assert any(line.startswith("warn: ") for line in other.stdout.splitlines())
    assert other.exit_code == 1
