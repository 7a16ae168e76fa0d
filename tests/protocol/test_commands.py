"""The commands, from a plan to a report: what each refuses, and what the next one finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from worldprobe.cli import app
from worldprobe.errors import NotSigned, StudyChanged, WorldprobeError

pytestmark = pytest.mark.slow

STUDY = {
    "name": "spiralling",
    "title": "A spiral",
    "question": "Can the plane be unrolled?",
    "world": "spiral",
    "regimes": {"gaussian": {"rho": 0.9}},
    "objectives": {"lejepa": {}},
    "encoder": {"name": "mlp", "width": 16, "depth": 1},
    "frames": 1024,
    "heldout_frames": 128,
    "probe_frames": 256,
    "test_frames": 256,
    "training": {"steps": 5, "batch": 64},
    "seeds": [0],
    "references": {"untrained": False, "pixels": False},
    "hypotheses": ["gaussian: r2 >= 0.999"],
}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf8")
    return "s.yaml"


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def _sign(name: str) -> Result:
    return _call("sign", "protocol", "--name", name, "--role", "reviewer", "--verdict", "approve")


def test_from_plan_to_report(study: str, tmp_path: Path) -> None:
    run = ("run", study, "--protocol", "protocol", "--out", "out", "--device", "cpu")
    planned = _call("plan", study, "--out", "protocol")
    assert "gaussian: r2 >= 0.999" in planned.stdout
    audit = _call("audit", study, "--protocol", "protocol", "--brief", "--json")
    assert audit.exit_code in (0, 1)
    assert json.loads(audit.stdout)["gates"]
    assert "Can the plane be unrolled?" in (tmp_path / "protocol" / "brief.md").read_text(encoding="utf8")
    assert isinstance(_call(*run).exception, NotSigned)
    assert "1 of 2 approvals" in _sign("Ada").stdout
    assert "it can be run" in _sign("Emmy").stdout
    changed = _call(*run[:2], "training.steps=6", *run[2:])
    assert isinstance(changed.exception, StudyChanged)
    assert "training.steps was 5, is 6" in str(changed.exception)
    assert not (tmp_path / "out").exists()
    done = _call(*run)
    assert done.exit_code == 0, done.output
    assert "refuted: gaussian: r2 >= 0.999" in done.stdout
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf8")
    for key in ("audited", "missing", "concluded"):
        assert f'<section id="{key}"' in page


def test_options_that_need_a_protocol_or_a_study_say_so(study: str) -> None:
    assert "--protocol" in str(_call("run", study, "--unsigned").exception)
    assert isinstance(
        _call("sign", "nowhere", "--name", "A", "--role", "B", "--verdict", "approve").exception, WorldprobeError
    )
    assert "it is about a study" in str(_call("audit", "--data", "log.npz", "--brief").exception)
