"""What planning came to stands in the report: every number in its table, one marker a run, films."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from reports.reading import Page, results_of, rewrite, written
from reports.test_sections import sections
from worldprobe.reports import read_folder
from worldprobe.reports.sections import sections_for
from worldprobe.reports.sections.planning_results import AgainstPoint, cost_chart, planning_results, share_chart

TABLE = "Planning, run by run"


def _planned(cost: float, success: float) -> dict[str, Any]:
    reached = {
        "linear": {"success": success / 2, "cost": 1.5 * cost, "median_gap": 0.1, "transition_r2": 0.7},
        "mlp": {"success": success, "cost": cost if success else None, "median_gap": 0.05, "transition_r2": 0.95},
        "oracle": {"success": 1.0, "cost": 1.0, "median_gap": 0.0, "transition_r2": None},
    }
    line = {"cost": {"mean": cost, "ci95": [cost - 0.01, cost + 0.01]}, "sd": 0.03, "cost_of_controls": 1.0074}
    lines = {"3": line, "10": line | {"sd": 0.3}}
    split = {"reached": 30, "search": 1, "transition": 2, "encoder": 7}
    agreement = {"random": 0.9, "middle": 0.5, "elite": None}
    floor = {"success": 0.05, "cost": None, "median_gap": 1.2, "transition_r2": None}
    return {
        "pairs": 40, "tolerance": 0.15, "lines": lines, "reached": reached,
        "failures": {"mlp": split}, "agreement": {"mlp": agreement}, "floor": floor, "left_out": 3,
    }  # fmt: skip


@pytest.fixture
def planned(one_seed: Path) -> tuple[Path, dict[str, Any]]:
    """A folder whose runs were planned with, the pixels aside; the third never arrived."""
    results = results_of(one_seed)
    given = zip((1.02, 1.4, 2.7, 3.1, 4.2), (0.98, 0.5, 0.0, 1.0, 0.1), strict=True)
    for run in results["runs"]:
        run["planning"] = _planned(*next(given)) if run["role"] != "pixels" else None
    rewrite(one_seed, results)
    return one_seed, results


def test_section_stands_where_encoders_were_planned_with_and_nowhere_else(
    planned: tuple[Path, dict[str, Any]],
) -> None:
    assert planning_results in sections_for(read_folder(planned[0]))
    written(planned[0])
    found = sections((planned[0] / "report.html").read_text(encoding="utf8"))
    assert found[found.index("recovered") + 1] == "planning"
    for run in planned[1]["runs"]:
        run["planning"] = None
    rewrite(planned[0], planned[1])
    assert planning_results not in sections_for(read_folder(planned[0]))


def test_the_answer_is_how_many_goal_images_are_reached_between_floor_and_oracle(
    planned: tuple[Path, dict[str, Any]],
) -> None:
    text = written(planned[0]).text
    expected = (
        "98\u00a0% of the goal images are reached after gaussian (untrained encoder 10\u00a0%, supervised encoder "
    )
    assert expected + "100\u00a0%, oracle 100\u00a0%); 50\u00a0% after cinematic and 0\u00a0% after yaw-only." in text


def test_no_goal_image_reached_is_said_in_words(planned: tuple[Path, dict[str, Any]]) -> None:
    for run in planned[1]["runs"]:
        if run["planning"] and run["role"] == "measured":
            run["planning"] = _planned(2.0, 0.0)
    rewrite(*planned)
    text = written(planned[0]).text
    assert "No goal image is reached after any exploration (untrained encoder 10\u00a0%" in text
    assert "nothing of the" not in text


def test_table_holds_every_number_of_every_run(planned: tuple[Path, dict[str, Any]]) -> None:
    rows = written(planned[0]).tables[TABLE].rows
    assert len(rows) == 5
    for row, run in zip(rows, planned[1]["runs"][:5], strict=True):
        p = run["planning"]
        reached = [value for r in p["reached"].values() for value in (r["success"], r["cost"])]
        lines = [v for k in p["lines"].values() for v in (k["cost"]["mean"], k["sd"], k["cost_of_controls"])]
        expected = [run["recovery"]["r2"], *lines, *reached, 0.7, 0.95]
        assert row[1:] == ["—" if value is None else value for value in expected]


def test_one_marker_a_run_and_none_for_a_cost_that_is_not_there(planned: tuple[Path, dict[str, Any]]) -> None:
    titles = _markers(written(planned[0]))
    assert titles == {"Cost of straight lines": 5, "Goal images reached": 5, "Cost of those reached": 4}


def _markers(page: Page) -> dict[str, int]:
    found: dict[str, int] = {}
    inside = ""
    names = iter(["Cost of straight lines", "Goal images reached", "Cost of those reached"])
    for tag, a in page.tags:
        if tag == "svg":
            inside = next(names) if a.get("class") == "against" else ""
        if tag == "path" and inside and str(a.get("class", "")).startswith("sign"):
            found[inside] = found.get(inside, 0) + 1
    return found


def test_film_of_a_planned_path_is_inside_the_page(planned: tuple[Path, dict[str, Any]]) -> None:
    folder, results = planned
    before = sum(tag == "img" for tag, _ in written(folder).tags)
    measured = next(run for run in results["runs"] if run["role"] == "measured")
    shutil.copy(folder / "explorations" / "gaussian.png", folder / "runs" / measured["id"] / "plan.png")
    page = written(folder)
    assert sum(tag == "img" for tag, _ in page.tags) == before + 1
    assert "the oracle’s path above" in page.text
    assert all(load.startswith(("data:", "#")) for load in page.loads)


def test_higher_is_drawn_higher_and_the_oracle_s_level_where_it_is() -> None:
    points = [AgainstPoint(0.2, 1.3, "poor", 0, 0), AgainstPoint(0.9, 1.05, "good", 1, 1)]
    poor, good = (_height(str(cost_chart([p, points[0]], 1.0, "t", "d")), p.name) for p in points)
    assert good > poor  # SVG counts down
    shares = [AgainstPoint(0.2, 0.1, "poor", 0, 0), AgainstPoint(0.9, 1.0, "good", 1, 1)]
    drawn = str(share_chart(shares, 1.0, "t", "d"))
    assert _height(drawn, "good") < _height(drawn, "poor")
    assert f"M44.0 {16 + 0.02 / 1.04 * 194:.1f}H" in drawn


def _height(drawn: str, name: str) -> float:
    data = drawn[: drawn.index(f"<title>{name}")].rpartition(' d="M')[2]
    return float(data.split("a")[0].split("h")[0].split(" ")[1])


def test_a_predictor_that_was_trained_with_an_encoder_has_a_row_and_a_part_of_its_own(
    planned: tuple[Path, dict[str, Any]],
) -> None:
    own = planned[1]["runs"][0]["planning"]
    own["reached"]["joint"] = {"success": 0.6, "cost": 1.2, "median_gap": 0.1, "transition_r2": 0.4}
    own["failures"]["joint"] = {"reached": 24, "search": 1, "transition": 2, "encoder": 5, "predictor": 8}
    rewrite(*planned)
    page = written(planned[0])
    plain, joint, other = page.tables["Whose fault the missed goals are"].rows[:3]
    assert str(joint[0]).endswith(", joint")
    assert joint[1:6] == [24.0, 1.0, 2.0, 5.0, 8.0]
    assert plain[5] == other[5] == "—"
    runs = page.tables[TABLE].rows
    assert 0.6 in runs[0]
    assert 0.4 in runs[0]
    assert "the predictor’s fault" in page.text


def test_whose_fault_missed_goals_are_is_tabulated_and_left_out_of_older_files(
    planned: tuple[Path, dict[str, Any]],
) -> None:
    table = written(planned[0]).tables["Whose fault the missed goals are"]
    assert table.rows[0][1:] == [30.0, 1.0, 2.0, 7.0, 3.0, 0.05, 0.9, 0.5, "—"]
    for run in planned[1]["runs"]:
        if run["planning"]:
            for key in ("failures", "agreement", "floor", "left_out"):
                del run["planning"][key]
    rewrite(planned[0], planned[1])
    assert "Whose fault the missed goals are" not in written(planned[0]).tables
