"""Two results beside each other: differences with their intervals, and the settings that differ."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from worldprobe.cli import app
from worldprobe.results import Interval, Results, compare, versioned

FOLDER = Path(__file__).parent / "format_1"


@pytest.fixture
def changed() -> Results:
    """The same study with a longer training, in which one exploration got better and another is gone."""
    results = Results.load(FOLDER).model_copy(deep=True)
    results.study["training"]["steps"] = 4000
    results.study["title"] = "Another title"
    gaussian = results.summary[0]
    gaussian.r2 = Interval(mean=0.9, ci95=(0.88, 0.92))
    gaussian.r2_per_control["wrist"] = Interval(mean=0.95, ci95=(0.9, 0.97))
    results.summary = [row for row in results.summary if row.regime != "policy"]
    return results


def test_a_difference_has_the_interval_of_independent_estimates() -> None:
    found = Interval(mean=0.9, ci95=(0.86, 0.93)).minus(Interval(mean=0.5, ci95=(0.47, 0.54)))
    assert found.mean == pytest.approx(0.4)
    assert found.ci95 == pytest.approx((0.4 - (0.04**2 + 0.04**2) ** 0.5, 0.4 + (0.03**2 + 0.03**2) ** 0.5))


def test_series_are_matched_and_what_one_lacks_is_none(changed: Results) -> None:
    first = Results.load(FOLDER)
    found = compare(first, changed)
    gaussian, policy, *references = found.series
    assert gaussian.difference is not None
    assert gaussian.difference.mean == pytest.approx(0.9 - first.summary[0].r2.mean)
    assert gaussian.most_changed is not None
    assert (gaussian.most_changed.name, gaussian.most_changed.second) == ("wrist", 0.95)
    assert (policy.second, policy.difference, policy.most_changed) == (None, None, None)
    assert [row.difference.mean for row in references if row.difference is not None] == [0.0, 0.0]


def test_only_settings_that_change_numbers_are_named(changed: Results) -> None:
    found = compare(Results.load(FOLDER), changed)
    assert [(s.path, s.second) for s in found.settings] == [("training.steps", 4000)]
    assert compare(changed, changed).settings == []


def test_folders_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    first, second = (shutil.copytree(FOLDER, tmp_path / place / "camera") for place in "ab")
    done = CliRunner().invoke(app, ["compare", str(first), str(second)], env={"COLUMNS": "400"})
    assert done.exit_code == 0, done.output
    assert {str(first), str(second)} <= set(done.output.split())


def test_the_command_prints_both_and_the_settings(changed: Results, tmp_path: Path) -> None:
    other = Path(shutil.copytree(FOLDER, tmp_path / "other"))
    (other / "results.json").write_text(json.dumps(versioned(changed)), encoding="utf8")
    done = CliRunner().invoke(app, ["compare", str(FOLDER), str(other)], env={"COLUMNS": "250"})
    assert done.exit_code == 0, done.output
    assert "+0.509" in done.output
    assert "training.steps: 20 -> 4,000" in done.output
    assert {"format_1", "other"} <= set(done.output.split())
    assert str(tmp_path) not in done.output
    as_json = CliRunner().invoke(app, ["compare", str(FOLDER), str(other), "--json"])
    assert json.loads(as_json.output)["settings"][0]["path"] == "training.steps"
