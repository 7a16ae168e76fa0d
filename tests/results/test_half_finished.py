"""A half-finished folder: its finished runs are read, summarised and reported."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from worldprobe.errors import DamagedData, NoResults
from worldprobe.reports import write_report
from worldprobe.results import Results

FINISHED = Path(__file__).parent / "format_1"


@pytest.fixture
def half(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(FINISHED, tmp_path / "half"))
    (folder / "results.json").unlink()
    shutil.rmtree(folder / "runs" / "policy__lejepa__stride-16__seed0")
    (folder / "runs" / "policy__lejepa__stride-16__seed0").mkdir()
    return folder


def test_finished_runs_are_what_the_whole_study_has_of_them(half: Path) -> None:
    whole, found = Results.load(FINISHED), Results.load(half)
    assert found.runs == [run for run in whole.runs if run.regime != "policy"]
    assert found.explorations == whole.explorations
    numbers = [part.model_dump(exclude={"verdict"}) for part in found.summary]
    assert numbers == [part.model_dump(exclude={"verdict"}) for part in whole.summary if part.regime != "policy"]
    assert found.study == whole.study
    assert found.seconds_total > 0


def test_a_half_finished_folder_gets_a_report(half: Path) -> None:
    page = write_report(half).read_text(encoding="utf8")
    assert "gaussian" in page


def test_a_folder_stopped_before_its_explorations_were_described_gets_a_report(half: Path) -> None:
    shutil.rmtree(half / "explorations")
    assert Results.load(half).explorations == []
    assert write_report(half).is_file()


def test_no_finished_run_is_no_result(half: Path) -> None:
    shutil.rmtree(half / "runs")
    with pytest.raises(NoResults, match="no finished run"):
        Results.load(half)


def test_a_run_that_is_not_one_is_named_with_what_to_do(half: Path) -> None:
    path = half / "runs" / "gaussian__lejepa__rho-0.7__seed0" / "run.json"
    path.write_text("{}", encoding="utf8")
    with pytest.raises(DamagedData, match=r"run\.json.*Remove .*seed0 and run"):
        Results.load(half)


@pytest.mark.parametrize("text", ["[1]", "study: 3", "a: [", "\x00"])
def test_a_study_file_that_is_not_one_is_named(half: Path, text: str) -> None:
    (half / "study.yaml").write_text(text, encoding="utf8")
    with pytest.raises(DamagedData, match=r"study\.yaml"):
        Results.load(half)
