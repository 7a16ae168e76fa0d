"""Published numbers are compared with ours: the difference, whether it is within our spread, and enough digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reports.reading import Written
from reports.sweeps import published
from worldprobe.reports.quoted_values import Quoted
from worldprobe.reports.sections.published_comparison import ComparedValue
from worldprobe.reports.wording import precise, quoted

TABLE = "Our R² and the published one"


def pair(theirs: float, *ours: float) -> ComparedValue:
    return ComparedValue(Quoted("gaussian", "lejepa", {}, theirs), ours)


def test_table_holds_ours_theirs_and_the_difference(along_alpha: Written) -> None:
    rows = along_alpha.page.tables[TABLE].rows
    assert rows[0] == [
        "gaussian",
        "lejepa",
        "alpha 2",
        *map(pytest.approx, (0.97, 0.01)),
        3,
        0.97,
        pytest.approx(0),
        "yes",
    ]
    assert rows[1][3:] == [*map(pytest.approx, (0.82, 0.01)), 3, 0.2, pytest.approx(0.62), "no"]


def test_published_value_at_a_point_that_was_not_run_says_so(along_alpha: Written) -> None:
    assert along_alpha.page.tables[TABLE].rows[2] == [
        "gaussian",
        "lejepa",
        "alpha 64",
        "—",
        "—",
        0,
        0.5,
        "—",
        "not run",
    ]
    assert "1 of 2 published values lie within our spread." in along_alpha.page.text
    assert "Not run here: 1 of 3." in along_alpha.page.text


def test_published_values_are_open_markers_on_the_line_chart(along_alpha: Written) -> None:
    wide = along_alpha.html.split('<svg class="traces"')[1].split("</svg>")[0]
    assert wide.count('class="sign open"') == 3
    assert "lejepa, alpha 64: published R² 0.50" in wide


def test_one_seed_has_no_spread_to_judge_by(swept: Callable[..., Written]) -> None:
    made = swept({"N": [2, 4]}, lambda *_: 0.9, seeds=1, published=published([("lejepa", {"N": 2}, 0.5)]))
    assert made.page.tables[TABLE].rows == [
        ["gaussian", "lejepa", "N 2", 0.9, "—", 1, 0.5, pytest.approx(0.4), "one seed"]
    ]
    assert "With one seed there is no spread" in made.page.text


def test_spread_is_two_standard_deviations_and_half_a_unit_of_the_last_digit() -> None:
    assert pair(0.90, 0.80, 0.82).within is False
    assert pair(0.84, 0.80, 0.82).within is True  # sd .0141: .81 + .028 + .005
    assert pair(0.85, 0.80, 0.82).within is False
    assert pair(0.9999, 0.99997, 0.99997).within is False  # no spread, and 4 digits allow ± 0.00005
    assert pair(0.9999, 0.99994, 0.99994).within is True
    assert pair(0.9, 0.9).within is None


def test_what_values_near_one_lack_of_it_is_compared(swept: Callable[..., Written]) -> None:
    quoted_values = published([("lejepa", {"N": 2}, 0.999998), ("lejepa", {"N": 4}, 0.95)])
    made = swept({"N": [2, 4]}, lambda _, p: 0.99996 if p["N"] == 2 else 0.9, spread=0.0, published=quoted_values)
    near, far = made.page.tables[TABLE].rows
    assert near[-2:] == [pytest.approx(4e-5), pytest.approx(2e-6)]
    assert far[-2:] == ["—", "—"]
    assert "0.999\u202f960" in made.page.text
    assert "0.999\u202f998" in made.page.text


def test_source_and_every_deviation_are_listed(swept: Callable[..., Written]) -> None:
    told = ["training.steps: 100, published 20000", "seeds: [0], published [0, 1, 2]"]
    made = swept({"N": [2, 4]}, lambda *_: 0.9, published=published([], deviations=told))
    assert "Source: A paper, arXiv 0000.00000. What was done differently here:" in made.page.text
    assert all(deviation in made.page.text for deviation in told)
    assert TABLE not in made.page.tables
    assert "quotes no number" in made.page.text


def test_reference_is_compared_too(swept: Callable[..., Written]) -> None:
    floor = {"regime": "canonical", "objective": "untrained", "axes": {}, "r2": 0.25}
    made = swept({"N": [2, 4]}, lambda *_: 0.9, published=published([]) | {"values": [floor]})
    assert made.page.tables[TABLE].rows[0][:4] == ["canonical", "untrained", "—", 0.2]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.951, "0.951"),
        (0.99998, "0.999\u202f980"),
        (0.9999983, "0.999\u202f998\u202f3"),
        (1.0, "1.000"),
        (-0.03, "−0.030"),
    ],
)
def test_precise_shows_two_digits_of_what_is_lacking(value: float, said: str) -> None:
    assert precise(value) == said


def test_quoted_keeps_the_published_digits() -> None:
    assert [quoted(v) for v in (0.9, 0.951, 0.999998)] == ["0.90", "0.951", "0.999\u202f998"]


def test_axis_in_quotes_and_as_a_number_are_one_point() -> None:
    value = Quoted("gaussian", "lejepa", {"N": "2"}, 0.9)
    assert value.is_of("gaussian", "lejepa", {"N": 2})
    assert not value.is_of("gaussian", "lejepa", {"N": 4})
    assert not value.is_of("gaussian", "whitening", {"N": 2})


def test_an_axis_that_is_not_quoted_was_chosen_for_the_best_and_so_is_ours(swept: Callable[..., Written]) -> None:
    axes = {"rho": [0.5, 0.9], "lambda": [0.001, 0.1]}
    made = swept(axes, lambda _, p: p["rho"] - p["lambda"], published=published([("lejepa", {"rho": 0.9}, 0.95)]))
    (row,) = made.page.tables[TABLE].rows
    assert row[3] == pytest.approx(0.899)


def test_value_of_one_control_says_whose_it_is_and_is_not_drawn_among_the_means(swept: Callable[..., Written]) -> None:
    of_one = {"regime": "gaussian", "objective": "lejepa", "axes": {"N": 2}, "control": "z2", "r2": 0.5}
    made = swept({"N": [2, 4]}, lambda *_: 0.9, published=published([]) | {"values": [of_one]})
    assert made.page.tables[TABLE].rows[0][2] == "N 2, z2"
    assert "published R²" not in made.html
