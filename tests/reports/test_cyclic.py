"""Cyclic controls: a table where the results hold them, and nothing where they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reports.reading import Written, rewrite, written

TABLE = "R² of cyclic controls, on the canonical test set"


def test_each_cyclic_control_is_listed_with_its_sine_its_cosine_and_its_value_within_half_a_period(
    swept: Callable[..., Written],
) -> None:
    made = swept({"rho": [0.5, 0.9]}, lambda _, p: p["rho"], seeds=1)
    assert TABLE not in made.page.tables
    for run in made.results["runs"]:
        run["recovery"]["turning"] = {"z2": {"sine": 0.85, "cosine": 0.03, "within": 0.97}}
    rewrite(made.folder, made.results)
    rows = written(made.folder).tables[TABLE].rows
    assert [row[1:] for row in rows[:2]] == [["z2", *map(pytest.approx, (r2, 0.97, 0.85, 0.03))] for r2 in (0.5, 0.9)]
    assert len(rows) == 3
