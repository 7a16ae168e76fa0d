"""The pictures and tables of a sweep: which axes ask for which, and that they hold the numbers of the results."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from reports.reading import Page, Written, rewrite, written

TABLE = "R² at every point of the sweep"
VISITED = "What each exploration visited, over its controls"


def charts(page: Page) -> dict[str, int]:
    """Count the charts of a page by kind; those that are drawn for two widths count once."""
    kinds = [(a.get("class") or "").split(" ")[0] for tag, a in page.tags if tag == "svg"]
    return {kind: kinds.count(kind) for kind in ("traces", "heat", "bullets")}


def test_one_number_is_drawn_as_lines(along_alpha: Written) -> None:
    assert charts(along_alpha.page) == {"traces": 2, "heat": 0, "bullets": 0}


def test_two_numbers_are_drawn_as_a_heat_map(over_grid: Written) -> None:
    assert charts(over_grid.page) == {"traces": 0, "heat": 2, "bullets": 0}


def test_words_are_drawn_as_a_panel_each(over_words: Written) -> None:
    assert charts(over_words.page) == {"traces": 0, "heat": 0, "bullets": 2}


def test_numbers_in_quotes_are_numbers(swept: Callable[..., Written]) -> None:
    made = swept({"size": ["1", "10", "2"]}, lambda _, p: 0.1 * float(p["size"]) / 2)
    assert charts(made.page)["traces"] == 2
    assert [row[2] for row in made.page.tables[TABLE].rows if row[0] == "gaussian"] == ["1", "10", "2"]


def test_words_and_numbers_make_a_panel_of_lines_for_each_word(swept: Callable[..., Written]) -> None:
    made = swept({"mixing": ["spiral", "banana", "coupling"], "rho": [0.5, 0.9]}, lambda _, p: p["rho"])
    assert charts(made.page) == {"traces": 3, "heat": 0, "bullets": 0}


def test_words_and_two_numbers_make_a_heat_map_for_each_word_and_objective(swept: Callable[..., Written]) -> None:
    axes = {"mixing": ["spiral", "banana"], "lambda": [1e-3, 1e-2], "rho": [0.5, 0.9]}
    made = swept(axes, lambda _, p: p["rho"], objectives=("lejepa", "whitening"), seeds=1)
    assert charts(made.page) == {"traces": 0, "heat": 4, "bullets": 0}


def test_regimes_with_axes_of_their_own_have_charts_of_their_own(swept: Callable[..., Written]) -> None:
    regimes = {"gaussian": ("rho",), "policy": ("stride",), "cinematic": ()}
    made = swept({"rho": [0.3, 0.9], "stride": [1, 2, 4]}, lambda _, p: 0.5, regimes=regimes)
    assert charts(made.page) == {"traces": 4, "heat": 0, "bullets": 0}
    # What no axis touches stands in both: its line is level and its ends are no measurements.
    lines = re.findall(r'<g class="c2">.*?<path class="line" d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)"/></g>', made.html)
    assert len(lines) == 4
    assert all(left == right for left, right in lines)


def test_table_holds_every_number_of_the_summary(along_alpha: Written) -> None:
    expected = []
    for s in along_alpha.results["summary"]:
        objective = s["objective"] if s["role"] == "measured" else "untrained encoder"
        least = s["r2_per_control"]["z1"]["mean"]
        point = s["axes"].get("alpha", "—")
        numbers = [s["r2"]["mean"], *s["r2"]["ci95"]]
        expected.append([s["regime"], objective, point, *numbers, "z1", least, s["interval"], s["seeds"]])
    assert along_alpha.page.tables[TABLE].rows == expected


def test_answer_names_the_best_and_the_worst_point(along_alpha: Written, over_words: Written) -> None:
    text = along_alpha.page.text
    assert "Every control is recovered at 2 of 10 points: R² is 0.97 at best (lejepa, alpha\u00a02; untrained" in text
    assert "encoder 0.20) and −0.02 at worst (whitening, alpha\u00a08)." in text
    assert "Every control is recovered at all 6 points: R² is 0.9998 at best" in over_words.page.text


def test_answer_tells_values_near_one_apart(swept: Callable[..., Written]) -> None:
    made = swept({"N": [2, 4]}, lambda _, p: 0.99995 if p["N"] == 2 else 0.9984, spread=0.0)
    assert "R² is 0.99995 at best (N\u00a02; untrained encoder 0.20) and 0.998 at worst (N\u00a04)" in made.page.text


def test_cards_are_of_conditions_at_their_best(along_alpha: Written) -> None:
    names = re.findall(r'<p class="name">.*?</i>(.*?)</p>\s*<p class="big">(.*?)</p>', along_alpha.html)
    assert names == [("lejepa", "0.97"), ("whitening", "0.97")]
    assert "R² at its best, alpha 2" in along_alpha.page.text


def test_collapsed_cells_are_marked_and_the_best_one_is_framed(over_grid: Written) -> None:
    wide = over_grid.html.split('<svg class="heat"')[1].split("</svg>")[0]
    cells = re.findall(r"<g><title>(.*?)</title>(.*?)</g>", wide)
    assert len(cells) == 8
    assert [title.split(":")[0] for title, body in cells if 'class="collapsed"' in body] == [
        "lambda 0.1, rho 0.9",
        "lambda 0.1, rho 0.5",
    ]
    assert [title.split(":")[0] for title, body in cells if 'class="best"' in body] == ["lambda 0.01, rho 0.9"]
    assert "every seed collapsed" in over_grid.page.text


def test_cell_of_which_one_seed_collapsed_has_a_corner(swept: Callable[..., Written]) -> None:
    axes = {"lambda": [0.1, 0.2], "rho": [0.5, 0.9]}
    made = swept(axes, lambda _, p: 0.4 if p == {"lambda": 0.1, "rho": 0.5} else 0.8, spread=0.7, seeds=2)
    wide = made.html.split('<svg class="heat"')[1].split("</svg>")[0]
    assert wide.count('class="corner"') == 1
    assert 'class="collapsed"' not in wide


def test_one_seed_says_what_its_intervals_are(swept: Callable[..., Written]) -> None:
    made = swept({"rho": [0.5, 0.9]}, lambda _, p: p["rho"], seeds=1)
    assert "a bootstrap over test points of one training, whose own spread is not in the interval" in made.page.text
    assert "Student" not in made.page.text


def test_explorations_that_visited_the_same_share_a_row(swept: Callable[..., Written]) -> None:
    made = swept({"mixing": ["spiral", "banana"], "rho": [0.5, 0.9]}, lambda _, p: p["rho"])
    for e in made.results["explorations"]:
        e["settings"] = {"rho": e["axes"]["rho"]}
    rewrite(made.folder, made.results)
    rows = written(made.folder).tables[VISITED].rows
    assert [row[0] for row in rows] == ["rho 0.5", "rho 0.9"]


def test_table_of_explorations_holds_means_over_controls(along_alpha: Written) -> None:
    rows = along_alpha.page.tables[VISITED].rows
    assert [row[:6] for row in rows] == [[f"alpha {a}", 2, 0.5, 1.0, 1.0, 1.0] for a in ("0.5", "1", "2", "4", "8")]


def test_sections_of_many_series_have_tables_in_the_place_of_curves(along_alpha: Written) -> None:
    assert not any(a.get("class") == "curves" for tag, a in along_alpha.page.tags if tag == "svg")
    rows = along_alpha.page.tables["How the training of every series ended, mean over seeds"].rows
    assert rows[0] == ["lejepa, alpha 0.5", 0.2, pytest.approx(0.1), pytest.approx(0.2), "0 of 3"]


@pytest.mark.slow
def test_grid_of_189_runs_and_a_world_of_1024_controls_stay_small(swept: Callable[..., Written]) -> None:
    axes: dict[str, list[Any]] = {"lambda": [10.0**-k for k in range(9)], "rho": [0.1 * k for k in range(1, 8)]}
    made = swept(axes, lambda _, p: p["rho"], seeds=3)
    assert len(made.results["runs"]) == 190
    assert len(made.html) < 1_000_000
    large = swept({"N": [512, 1024]}, lambda *_: 0.9, controls=lambda p: p.get("N", 512), seeds=2)
    assert len(large.html) < 500_000


def test_thousand_controls_without_a_sweep_are_tabled_by_their_rank(swept: Callable[..., Written]) -> None:
    made = swept({}, lambda *_: 0.9, controls=1024, seeds=2)
    assert len(made.html) < 700_000
    assert len(made.page.tables["R² per control and exploration"].rows) == 2 * 6
    assert made.page.tables["The hidden controls"].rows == [["z1 … z1024", "a bare number", "1", "—"]]


def test_predictions_are_dashed_and_tabled_with_what_was_measured(swept: Callable[..., Written]) -> None:
    made = swept(
        {"alpha": [1, 2, 4]},
        lambda *_: 0.8,
        objectives=("mine", "infonce"),
        predicted=lambda p: None if p["alpha"] == 4 else 0.9,
        study={"objectives": {"mine": {"name": "lejepa"}, "infonce": {"name": "infonce"}}},
    )
    wide = made.html.split('<svg class="traces"')[1].split("</svg>")[0]
    (dashed,) = re.findall(r'<g class="c0"><path class="line predicted" d="([^"]*)"', wide)
    assert dashed.count("L") == 1  # two points: the third was refused, and InfoNCE has no ceiling
    rows = made.page.tables["Measured R² and what is predicted for the ideal encoder"].rows
    assert [row[1:3] for row in rows] == [["mine", 1], ["mine", 2], ["mine", 4]]
    assert rows[0][3:] == [0.8, 0.8, 0.25, pytest.approx(0.795), 0.9, "—", "—", "of any optimum"]
    assert rows[2][-1] == "made up"
