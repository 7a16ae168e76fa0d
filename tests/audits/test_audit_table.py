"""What `worldprobe audit` prints: a row per exploration, causes folded, contrasts marked, data printed as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from worldprobe.audits import Audit, Gate
from worldprobe.audits.audit_folder import save_audit
from worldprobe.audits.audit_outcome import by_part, folded, worst_gate
from worldprobe.cli import app
from worldprobe.errors import DamagedData
from worldprobe.results import AuditedPart, Prediction, Verdict, load_audit

RUNNER = CliRunner(env={"COLUMNS": "200"})


def gate(name: str, subject: str, verdict: Verdict, value: float = 1.0) -> Gate:
    advice = "" if verdict is Verdict.PASS else f"{subject} is wrong. Change it."
    return Gate(name, subject, verdict, value, 0.5, advice, "Theorem 1")


def audit(expected: bool = False) -> Audit:
    gates = [
        gate("visible", "x", Verdict.PASS),
        gate("dead-control", "film: x", Verdict.FAIL, 0.6),
        gate("dead-control", "film: y", Verdict.FAIL, 0.9),
        gate("coverage", "film: x", Verdict.WARN),
    ]
    known = {"r2": 0.4, "ci95": (0.3, 0.5), "r2_per_control": {"x": 0.4}, "r2_per_control_ci95": {"x": (0.3, 0.5)}}
    predicted = Prediction(refused=None, r2_on_test=0.2, bracket=(0.1, 0.6), **known)
    world = AuditedPart(label="world", gates=1)
    film = AuditedPart(label="film", gates=3, expected_to_fail=expected, predicted=predicted)
    return Audit(gates, [world, film], ["y never moves"])


def test_a_contrast_that_fails_as_expected_does_not_fail_the_audit() -> None:
    assert (audit().verdict, audit().exit_status) == (Verdict.FAIL, 1)
    assert (audit(expected=True).verdict, audit(expected=True).exit_status) == (Verdict.PASS, 0)


def test_one_gate_of_several_controls_is_one_line_with_the_worst_first() -> None:
    [one] = folded(audit().parts, audit().gates, Verdict.FAIL)
    assert (one.part, one.gate.subject, one.subjects) == ("film", "film: y", ("y", "x"))


def test_the_worst_gate_is_the_first_cause() -> None:
    (_, world), (_, film) = by_part(audit().parts, audit().gates)
    worst = worst_gate(film)
    assert worst is not None
    assert worst.subject == "film: x"
    assert worst_gate(world) is None


def test_json_keeps_its_keys_and_adds_the_parts() -> None:
    told = json.loads(json.dumps(audit().to_json(), allow_nan=False))
    assert set(told) == {"verdict", "gates", "parts", "warnings"}
    assert set(told["gates"][0]) == {"gate", "subject", "verdict", "value", "threshold", "advice"}
    film = told["parts"][1]
    assert film["worst"] == {"gate": "dead-control", "subject": "film: x"}
    assert film["predicted"]["bracket"] == [0.1, 0.6]
    assert film["predicted"]["r2_per_control_ci95"] == {"x": [0.3, 0.5]}


def test_an_audit_in_a_folder_keeps_its_parts(tmp_path: Path) -> None:
    save_audit(audit(expected=True), tmp_path, "key")
    found = load_audit(tmp_path)
    assert found is not None
    assert (found.exit_status, found.warnings) == (0, ["y never moves"])
    assert [part.label for part in found.parts] == ["world", "film"]
    broken = json.loads((tmp_path / "audit.json").read_text())
    broken["parts"][0]["gates"] = 7
    (tmp_path / "audit.json").write_text(json.dumps(broken))
    with pytest.raises(DamagedData, match="do not add up"):
        load_audit(tmp_path)


def call(*arguments: str) -> Any:
    return RUNNER.invoke(app, ["audit", *arguments])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    settings = {
        "name": "contrast",
        "title": "A control that never moves, on purpose",
        "question": "Is it marked?",
        "world": {"name": "identity", "n": 2},
        "regimes": {"gaussian": {"rho": 0.8}, "narrow": {"name": "yaw-only", "control": "z1", "rho": 0.8}},
        "objectives": {"lejepa": {"lambda": 0.02}},
        "encoder": {"name": "mlp"},
        "frames": 4000,
        "training": {"steps": 10},
        "seeds": [0],
        "expect": {"narrow": "fail"},
    }
    path = tmp_path / "contrast.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    return path


@pytest.mark.slow
def test_the_table_has_a_row_for_the_world_and_for_every_exploration(study: Path) -> None:
    done = call(str(study))
    assert done.exit_code == 0, done.output
    rows = {line.split("│")[1].strip(): line for line in done.stdout.splitlines() if line.startswith("│")}
    assert set(rows) == {"world", "gaussian", "narrow"}
    assert "1.00 (" in rows["gaussian"]
    assert "fail (expected)" in rows["narrow"]
    assert "dead-control: z2" in rows["narrow"]
    assert sum(line.startswith("fail  dead-control") for line in done.stdout.splitlines()) == 1
    assert "not counted: narrow" in done.stdout
    assert "Every gate" not in done.stdout


@pytest.mark.slow
def test_verbose_shows_every_gate_and_what_the_prediction_says(study: Path) -> None:
    done = call(str(study), "--verbose")
    assert "Every gate" in done.stdout
    assert "Prediction for gaussian: mean R² 1.0" in done.stdout
    assert "map tried, plain map" in done.stdout
    assert "Any whitened map" in done.stdout


@pytest.mark.slow
def test_names_are_printed_as_they_are(tmp_path: Path) -> None:
    walk = np.random.default_rng(0).standard_normal((3000, 2)).cumsum(0)
    head = "pos[x],[/nope]\x1b[31m,still\n"
    body = "\n".join(f"{a:.5f},{b:.5f},1" for a, b in walk)
    (tmp_path / "log.csv").write_text(head + body + "\n", encoding="utf8")
    done = call("--data", str(tmp_path / "log.csv"), "--verbose")
    assert done.exit_code == 1, done.output
    assert "pos[x]" in done.stdout
    assert "[/nope]" in done.stdout
    assert "\x1b[31m" not in done.stdout
    assert "still does not move: constant in all 3,000 rows" in done.stdout


def test_an_older_audit_is_read_with_the_present_names(tmp_path: Path) -> None:
    old = {"gate": "look-alikes", "subject": "yaw", "verdict": "fail", "value": 0.03, "threshold": 0.06}
    old |= {"advice": "Break the symmetry.", "because": "Injectivity.", "evidence": {}}
    given = {"verdict": "fail", "of": "key", "gates": [old]}
    (tmp_path / "audit.json").write_text(json.dumps(given), encoding="utf8")
    found = load_audit(tmp_path)
    assert found is not None
    assert found.gate("perceptual-aliasing", "yaw") is not None
    assert (found.exit_status, list(found.parts)) == (1, [])


def test_predictions_in_an_audit_of_format_2_are_read(tmp_path: Path) -> None:
    save_audit(audit(), tmp_path, "key")
    path = tmp_path / "audit.json"
    given = json.loads(path.read_text(encoding="utf8"))
    known = {"refused": None, "refused_briefly": "", "r2": 0.4, "ci95": [0.3, 0.5], "r2_per_control": {"x": 0.4}}
    known |= {"ci95_per_control": {"x": [0.3, 0.5]}, "r2_on_test": 0.2, "proven": False, "bracket": None}
    known |= {"tried": [{"name": "plain", "pair_correlation": 1.2, "error": 0.1, "r2": 0.4, "gaussian": 0.0}]}
    refused = {"refused": "Too small.", "r2": None, "r2_per_control": {}, "ci95_per_control": {}, "notes": []}
    given["parts"][1]["predicted"] = known | {"notes": ["A note."]}
    given["parts"][0]["predicted"] = refused
    path.write_text(json.dumps(given | {"format": 2}), encoding="utf8")
    found = load_audit(tmp_path)
    assert found is not None
    world, film = (part.predicted for part in found.parts)
    assert film is not None
    assert film.r2_per_control_ci95 == {"x": (0.3, 0.5)}
    assert film.tried[0].pair_correlation == 1.2
    assert world is not None
    assert (world.refused, world.r2_per_control, world.r2_per_control_ci95) == ("Too small.", None, None)


def test_the_registry_has_every_gate_and_a_gate_belongs_to_one_file() -> None:
    import worldprobe as wp
    from worldprobe.audits import gates

    assert set(wp.gates) == set(gates.GATES)
    listed = [
        name for line in gates.__doc__.splitlines() if "/" in line for name in line.split(maxsplit=1)[1].split(", ")
    ]
    assert sorted(listed) == sorted(gates.GATES)
