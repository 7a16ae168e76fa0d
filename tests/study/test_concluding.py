"""`worldprobe conclude`: a finished or half-finished folder is judged anew from its files, without training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from worldprobe.cli import app
from worldprobe.results import Results
from worldprobe.study.conclusion import conclude_study

FINISHED = Path(__file__).parents[1] / "results" / "format_1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FINISHED, tmp_path / "results"))


def test_a_finished_folder_keeps_every_number(folder: Path) -> None:
    before, found = Results.load(folder), conclude_study(folder)
    assert found.runs == before.runs
    assert [lost.controls for lost in found.decomposition] == [lost.controls for lost in before.decomposition]
    assert all(lost.ideal is not None for lost in found.decomposition)
    assert found.controls == before.controls
    kept = [[row.model_dump(exclude={"verdict"}) for row in results.summary] for results in (before, found)]
    assert kept[0] == kept[1]
    assert Results.load(folder) == found


def test_verdicts_say_whether_it_was_the_data_the_scene_or_the_training(folder: Path) -> None:
    gaussian, policy = (row.verdict for row in conclude_study(folder).summary if row.role == "measured")
    assert "Your exploration can teach 1.00, but training stopped short of its optimum after 20 steps" in gaussian
    assert policy.startswith("Your exploration can teach only 0.25: not even an ideal encoder learns")
    assert "0.36 is recovered means that training stopped short of its optimum" in policy


def test_a_half_finished_folder_is_judged_by_what_it_holds(folder: Path) -> None:
    (folder / "results.json").unlink()
    shutil.rmtree(folder / "runs" / "policy__lejepa__stride-16__seed0")
    found = conclude_study(folder)
    assert [row.regime for row in found.summary if row.role == "measured"] == ["gaussian"]
    assert [control.name for control in found.controls] == ["shoulder", "wrist"]
    assert len(found.decomposition) == 1


def test_a_smoke_test_has_no_verdict_and_decides_no_hypothesis(folder: Path) -> None:
    path = folder / "study.yaml"
    claimed = yaml.safe_load(path.read_text(encoding="utf8"))
    claimed["study"] |= {"smoke": True, "hypotheses": ["gaussian: r2 >= 0.9"]}
    path.write_text(yaml.safe_dump(claimed, sort_keys=False), encoding="utf8")
    found = conclude_study(folder)
    said = {row.verdict for row in found.summary if row.role == "measured"}
    assert said == {"20 steps: the numbers mean nothing."}
    assert found.outcomes == []
    claimed["study"]["smoke"] = False
    path.write_text(yaml.safe_dump(claimed, sort_keys=False), encoding="utf8")
    assert [outcome.verdict for outcome in conclude_study(folder).outcomes] == ["refuted"]


def test_the_command_writes_results_and_report_and_prints_the_verdicts(folder: Path) -> None:
    done = CliRunner().invoke(app, ["conclude", str(folder)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    assert "Your exploration can teach" in done.output
    assert (folder / "report.html").is_file()
    assert json.loads((folder / "results.json").read_text(encoding="utf8"))["format"] >= 2
