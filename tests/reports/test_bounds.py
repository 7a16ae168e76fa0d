"""Every run to which Theorem 3's bound applies is on the right side of the diagonal, those above it by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reports.reading import Written, rewrite, written
from reports.sweeps import write_sweep

TABLE = "Theorem 3's bound and the error, run by run"


@pytest.fixture
def sweep(tmp_path: Path) -> dict[str, Any]:
    return write_sweep(tmp_path, {"rho": [0.3, 0.6, 0.9]}, lambda _, p: p["rho"])


def test_bounds_that_hold_are_counted(over_grid: Written) -> None:
    assert "Theorem 3’s bound holds in all 16 runs to which it applies." in over_grid.page.text
    assert "above the diagonal" not in over_grid.page.text


def test_runs_above_the_diagonal_are_counted_and_named(sweep: dict[str, Any], tmp_path: Path) -> None:
    worst, bad = sweep["runs"][3], sweep["runs"][0]
    bad["recovery"]["bound"] |= {"value": 0.1, "error": 0.2}
    worst["recovery"]["bound"] |= {"value": 0.1, "error": 0.5}
    rewrite(tmp_path, sweep)
    text = written(tmp_path).text
    assert "holds in 4 of 6 runs" in text
    assert "Two runs above the diagonal, the farthest first:" in text
    farthest = "rho 0.6, seed 1: error 0.5, bound 0.1, 5 times the bound"
    assert text.index(farthest) < text.index("rho 0.3, seed 0: error 0.2")


def test_table_holds_every_run_to_which_the_bound_applies(sweep: dict[str, Any], tmp_path: Path) -> None:
    sweep["runs"].append(sweep["runs"].pop(0))  # what a folder's order is does not matter
    for run in sweep["runs"]:
        if run["recovery"]["bound"]["applies"]:
            run["recovery"]["bound"]["error"] *= 1.25
    rewrite(tmp_path, sweep)
    rows = written(tmp_path).tables[TABLE].rows
    expected = []
    for run in sweep["runs"]:
        b = run["recovery"]["bound"]
        if b["applies"]:
            told = [b["value"], b["error"], b["error"] / b["value"], b["delta"], b["epsilon"]]
            expected.append(
                [f"rho {run['axes']['rho']}", run["seed"], *told, "yes" if b["error"] <= b["value"] else "no"]
            )
    assert [row[1:] for row in rows] == expected
    assert len(rows) == 6


def test_run_to_which_the_bound_does_not_apply_is_left_out(sweep: dict[str, Any], tmp_path: Path) -> None:
    none = {"applies": False, "reason": "jumps", "delta": None, "epsilon": None, "value": None, "error": None}
    for run in sweep["runs"]:
        if run["axes"] == {"rho": 0.3}:
            run["recovery"]["bound"] = none
    rewrite(tmp_path, sweep)
    page = written(tmp_path)
    assert TABLE not in page.tables  # four runs: the table of geometry says it
    assert "no: jumps" in page.text
