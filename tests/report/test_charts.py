"""Charts put data where the axes say it is."""

from __future__ import annotations

import re

import numpy as np
import pytest
from markupsafe import Markup

from worldprobe.report.charts import SPAN, Axis, Bar, Group, Line, Mark, bar_chart, curves, histogram, scatter


def numbers(pattern: str, drawn: str) -> list[float]:
    return [float(found) for found in re.findall(pattern, drawn)]


def group(*values: float, marks: tuple[Mark, ...] = ()) -> Group:
    return Group("yaw", tuple(Bar(f"r{i}", i, v, v - 0.1, v + 0.1) for i, v in enumerate(values)), marks)


def test_bars_are_as_long_as_their_values() -> None:
    lengths = numbers(r'class="bar"[^>]* width="([\d.]+)"', bar_chart([group(0.25, 0.5, 1.0)], 860, "t", "d"))
    assert lengths[1] == pytest.approx(2 * lengths[0], abs=0.4)
    assert lengths[2] == pytest.approx(4 * lengths[0], abs=0.4)


def test_negative_bar_goes_left_of_zero_and_what_is_far_below_is_marked_as_cut() -> None:
    drawn = bar_chart([group(-0.2)], 860, "t", "d")
    zero = numbers(r'class="axis" d="M([\d.]+)', drawn)[0]
    left, width = (
        numbers(r'class="bar" x="([\d.]+)"', drawn)[0],
        numbers(r'class="bar"[^>]* width="([\d.]+)"', drawn)[0],
    )
    assert left + width == pytest.approx(zero, abs=0.2)
    assert "◂" not in drawn
    low_floor = bar_chart([group(0.5, marks=(Mark("pixels", "raw pixels", -0.3),))], 860, "t", "d")
    assert "−0.5</text>" in low_floor
    assert "◂ −3.00" in bar_chart([group(-3.0)], 860, "t", "d")


def test_marks_stand_at_their_value_on_the_bars_axis() -> None:
    drawn = bar_chart([group(0.5, marks=(Mark("floor", "untrained", 0.5),))], 350, "t", "d")
    left, width = (
        numbers(r'class="bar" x="([\d.]+)"', drawn)[0],
        numbers(r'class="bar"[^>]* width="([\d.]+)"', drawn)[0],
    )
    assert numbers(r'class="mark floor" d="M([\d.]+)', drawn)[0] == pytest.approx(left + width, abs=0.2)


def test_scatter_of_equal_values_lies_on_the_diagonal_and_outliers_on_the_frame() -> None:
    values = np.array([-SPAN, 0.0, SPAN, 9.0])
    places = re.findall(r"M([\d.]+) ([\d.]+)h0", scatter(values, values, 0, "t", "d"))
    assert [(float(x) - 22) + (float(y) - 4) for x, y in places] == pytest.approx([134] * 4)
    assert places[3] == places[2]


def test_histogram_of_normal_draws_covers_the_canonical_area() -> None:
    drawn = histogram(np.random.default_rng(0).standard_normal(4000), False, 0, "t", "d")
    steps = re.search(r'class="area c0" d="M4 92(.*)L156 92Z"', drawn)
    assert steps is not None
    corners = [tuple(map(float, corner.split())) for corner in steps[1].split("L")[1:]]
    area = sum((b[0] - a[0]) * (92 - a[1]) for a, b in zip(corners[::2], corners[1::2], strict=True))
    unit = (156 - 4) / (2 * SPAN) * (92 - 6) / 0.8  # one unit of probability in square user units
    assert area / unit == pytest.approx(1.0, abs=0.02)


def test_control_that_is_still_is_drawn_as_a_spike_where_it_stood() -> None:
    drawn = histogram(np.full(10, 1.0), True, 0, "t", "d")
    assert numbers(r'class="spike c0" d="M([\d.]+)', drawn) == [pytest.approx(Axis(-SPAN, SPAN, 4, 156)(1.0), abs=0.1)]


def test_curve_above_its_optimum_is_drawn_above_it() -> None:
    line = Line("train", np.arange(500.0), np.full(500, 0.8))
    drawn = curves([line], 0.4, 500, (0.1, 1.0), 0, "t", "d")
    optimum = numbers(r'class="optimum" d="M40 ([\d.]+)', drawn)[0]
    heights = numbers(r"[ML][\d.]+ ([\d.]+)", re.search(r'class="line train c0" d="([^"]*)"', drawn)[1])  # type: ignore[index]
    assert len(heights) <= 160
    assert max(heights) < optimum
    assert "optimum 0.4" in drawn


def test_text_in_charts_is_escaped() -> None:
    drawn = bar_chart([group(0.5)], 350, "<b>", "&")
    assert isinstance(drawn, Markup)
    assert "<title>&lt;b&gt;</title><desc>&amp;</desc>" in drawn
