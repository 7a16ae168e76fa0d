"""Style on the page: its section, its part of what is missing, its words in the headline; nothing without style."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.reading import Page, Written, results_of, rewrite, written

TABLE = "What embeddings show of style, mean over seeds"
MISSING = "What every control is missing, mean over seeds"


def _styled(folder: Path, style: float | None) -> Page:
    """Write records of style into an example's results, and decompositions in which it has the largest part."""
    results, told = results_of(folder), []
    for run in results["runs"]:
        if run["role"] == "pixels":
            continue
        read = {"sun": 0.4, "sofa-hue": -0.01}
        run["recovery"]["style"] = {"invariance": 0.8, "r2_per_style": read, "variance_in_regime": 0.25}
        if run["role"] == "measured":
            parts = {
                name: {
                    **dict.fromkeys(("regime", "scene", "data", "optimisation"), 0.0),
                    "missing": 1 - r2,
                    "style": style and 1 - r2,
                    "unexplained": 0.0 if style else 1 - r2,
                }
                for name, r2 in run["recovery"]["r2_per_control"].items()
            }
            told.append({"run": run["id"], "refused": None, "controls": parts})
    rewrite(folder, {**results, "decomposition": told, "format": 4})
    return written(folder)


def test_the_section_has_invariance_every_style_control_and_what_it_costs(one_seed: Path) -> None:
    page = _styled(one_seed, 1.0)
    table = page.tables[TABLE]
    assert table.columns[1:] == [
        "invariance",
        "share in its own frames",
        "costs of mean R²",
        "sun",
        "sofa-hue",
    ]
    missing = {str(row[0]): row for row in page.tables[MISSING].rows}
    names = [row[0] for row in table.rows[:3]]
    assert set(map(str, names)) == set(missing)
    for row in table.rows[:3]:
        lost = [found[2] for found in page.tables[MISSING].rows if found[0] == row[0]]
        assert row[1:] == [*map(pytest.approx, (0.8, 0.25, sum(map(float, lost)) / len(lost), 0.4, -0.01))]
    assert "invariance 0.80" in page.text
    assert len(table.rows) == 5  # supervised and untrained encoders beside the three explorations


def test_style_is_a_part_and_the_headline_names_it(one_seed: Path) -> None:
    page = _styled(one_seed, 1.0)
    assert "style" in page.tables[MISSING].columns
    assert "because the embedding shows style in its place" in page.text
    assert "style is the limit" in page.text


def test_a_cost_that_was_not_separated_is_said(one_seed: Path) -> None:
    assert "what it costs could not be separated" in _styled(one_seed, None).text


def test_a_study_without_style_has_neither(example: Written) -> None:
    assert TABLE not in example.page.tables
    assert "Style that should be ignored" not in example.page.text
