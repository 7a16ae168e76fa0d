"""A report's sections are picked by what the results hold, never by a study's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from reports.reading import Written, results_of, rewrite
from reports.sweeps import published
from worldprobe.reports import read_folder
from worldprobe.reports.sections import STANDARD, sections_for

ALWAYS = ("how", "glossary", "provenance")


def sections(html: str) -> list[str]:
    return [key for key in re.findall(r'<section id="([\w-]+)"', html) if key not in ALWAYS]


def test_study_without_axes_has_the_standard_sections(example: Written) -> None:
    assert sections_for(read_folder(example.folder)) == STANDARD
    assert sections(example.html) == ["evidence", "recovered", "seen", "visited", "training", "geometry", "runs"]


def test_sweep_of_many_series_goes_without_a_section_for_every_control(along_alpha: Written) -> None:
    assert sections(along_alpha.html) == [
        "sweep",
        "plane",
        "published",
        "bounds",
        "predicted",
        "visited",
        "training",
        "geometry",
        "runs",
    ]


def test_sweep_of_few_series_keeps_the_sections_of_every_control(over_words: Written) -> None:
    found = sections(over_words.html)
    expected = [
        "sweep",
        "evidence",
        "plane",
        "recovered",
        "bounds",
        "predicted",
        "visited",
        "training",
        "geometry",
        "runs",
    ]
    assert found == expected


def test_name_of_a_study_changes_nothing(one_seed: Path) -> None:
    results = results_of(one_seed)
    for name in ("scaling", "mixings-2d", "bound"):
        results["study"]["name"] = name
        rewrite(one_seed, results)
        assert sections_for(read_folder(one_seed)) == STANDARD


def test_axis_with_a_single_point_is_no_sweep(swept: Callable[..., Written]) -> None:
    made = swept({"rho": [0.9]}, lambda *_: 0.9)
    expected = ["evidence", "plane", "recovered", "predicted", "seen", "visited", "training", "geometry", "runs"]
    assert sections(made.html) == expected
    assert "every one of two controls is recovered: R² 0.90 (untrained encoder 0.20)" in made.page.text


def test_plane_is_drawn_of_those_series_that_have_two_controls(swept: Callable[..., Written]) -> None:
    sizes = {"controls": lambda point: point.get("N", 2), "references": False}
    made = swept({"N": [2, 4]}, lambda *_: 0.9, **sizes)
    assert sum(a.get("class") == "panel plane" for tag, a in made.page.tags if tag == "svg") == 2
    assert "plane" not in sections(swept({"N": [4, 8]}, lambda *_: 0.9, **sizes).html)


def test_series_of_different_controls_are_not_drawn_together(swept: Callable[..., Written]) -> None:
    made = swept({"N": [2, 4]}, lambda *_: 0.9, controls=lambda point: point.get("N", 2), references=False)
    assert "recovered" not in sections(made.html)
    assert "R² is the mean over the controls, measured and predicted" in made.page.text


def test_study_without_axes_that_quotes_a_paper_has_the_comparison_too(swept: Callable[..., Written]) -> None:
    made = swept({}, lambda *_: 0.9, published=published([("lejepa", {}, 0.9)]))
    assert "published" in sections(made.html)
    assert made.page.tables["Our R² and the published one"].rows[0][-1] == "yes"
