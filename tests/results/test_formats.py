"""Files of results: today's format is written, older ones are upgraded, newer ones refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from worldprobe.errors import DamagedData
from worldprobe.reports import write_report
from worldprobe.results import FORMAT, Exploration, Kind, Results, Run, read_record, versioned
from worldprobe.results.upgrades import UPGRADES, upgraded

FORMAT_1 = Path(__file__).parent / "format_1"
"""A smoke run of the study arm, without weights and pictures, as it was written before formats had numbers."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FORMAT_1, tmp_path / "old"))


def _edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf8")), **changes}), encoding="utf8")


def test_a_folder_of_format_1_reads_with_every_number(old: Path) -> None:
    given, found = json.loads((old / "results.json").read_text(encoding="utf8")), Results.load(old)
    assert "format" not in given
    assert [control.period for control in found.controls] == [control["turn"] for control in given["controls"]]
    for run, before in zip(found.runs, given["runs"], strict=True):
        assert run.recovery.r2_per_control == before["recovery"]["r2_per_control"]
        turning = before["recovery"]["turning"]
        assert {name: cyclic.model_dump() for name, cyclic in run.recovery.cyclic.items()} == turning
    for part, before in zip(found.decomposition, given["decomposition"], strict=True):
        for name, missing in part.controls.items():
            was = before["controls"][name]
            assert (missing.non_identifiability, missing.unexplained) == (was["chance"], was["rest"])


def test_a_folder_of_format_3_has_no_part_of_style_and_keeps_the_others(old: Path) -> None:
    results = Results.load(old)
    given = json.loads(json.dumps(versioned(results)))
    for decomposition in given["decomposition"]:
        for parts in decomposition["controls"].values():
            del parts["style"]
    (old / "results.json").write_text(json.dumps({**given, "format": 3}), encoding="utf8")
    assert upgraded(given, Kind.RESULTS, 3)["decomposition"][0]["controls"]["shoulder"]["style"] is None
    assert Results.load(old) == results


def test_a_folder_of_format_1_gets_its_report(old: Path) -> None:
    page = write_report(old).read_text(encoding="utf8")
    assert "shoulder" in page
    assert "cosine" in page


def test_runs_and_explorations_of_format_1_read_as_those_of_their_results(old: Path) -> None:
    results = Results.load(old)
    for run in results.runs:
        assert read_record(old / "runs" / run.id / "run.json", Kind.RUN, Run, mend="") == run
    for exploration in results.explorations:
        path = old / "explorations" / f"{exploration.id}.json"
        assert read_record(path, Kind.EXPLORATION, Exploration, mend="") == exploration


def test_what_is_written_has_a_number_and_reads_back_equal(old: Path) -> None:
    results = Results.load(old)
    (old / "results.json").write_text(json.dumps(versioned(results)), encoding="utf8")
    assert json.loads((old / "results.json").read_text(encoding="utf8"))["format"] == FORMAT
    assert Results.load(old) == results


def test_every_older_format_has_its_step() -> None:
    assert list(UPGRADES) == list(range(1, FORMAT))


def test_a_newer_format_is_refused_by_name_with_what_to_do(old: Path) -> None:
    _edit(old / "results.json", format=FORMAT + 1)
    with pytest.raises(DamagedData, match=rf"of format {FORMAT + 1}.*up to {FORMAT}.*pip install -U"):
        Results.load(old)
    with pytest.raises(DamagedData, match=rf"of format {FORMAT + 1}"):
        write_report(old)


@pytest.mark.parametrize("number", [0, -1, "2", True, 1.0, None])
def test_a_format_that_is_no_number_is_refused(old: Path, number: Any) -> None:
    _edit(old / "results.json", format=number)
    with pytest.raises(DamagedData, match="not a format's number"):
        Results.load(old)


@pytest.mark.parametrize("changes", [{"runs": None}, {"runs": [1]}, {"controls": {"a": 1}}, {"decomposition": [{}]}])
def test_damage_that_an_upgrade_meets_is_named(old: Path, changes: dict[str, Any]) -> None:
    _edit(old / "results.json", **changes)
    with pytest.raises(DamagedData, match=r"results\.json is not a file of a study's results"):
        Results.load(old)
