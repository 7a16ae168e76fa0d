"""Charts put data where the axes say it is."""

from __future__ import annotations

import re

import numpy as np
import pytest
from markupsafe import Markup

from worldprobe.reports.charts import SPAN, Bar, Group, Mark, Scale, bar_chart, histogram, scatter
from worldprobe.reports.sections.bound_check import BoundPoint, bound_chart
from worldprobe.reports.sections.control_plane import colour_at, plane
from worldprobe.reports.sections.sweep.bar_panels import bullets
from worldprobe.reports.sections.sweep.heat_maps import HeatCell, heat_map
from worldprobe.reports.sections.sweep.traces import At, Style, Trace, traces_chart
from worldprobe.reports.sections.training_curves import Line, curves


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
    assert numbers(r'class="spike c0" d="M([\d.]+)', drawn) == [pytest.approx(Scale(-SPAN, SPAN, 4, 156)(1.0), abs=0.1)]


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


def traced(*traces: Trace) -> str:
    return str(traces_chart(traces, [1.0, 10.0, 100.0], "alpha", 350, "t", "d", labels=True))


def test_trace_goes_through_its_points_on_a_logarithmic_axis() -> None:
    points = tuple(At(x, r2) for x, r2 in ((1.0, 0.0), (10.0, 0.5), (100.0, 1.0)))
    drawn = traced(Trace("lejepa", Style.MEASURED, points, colour=3))
    (line,) = re.findall(r'class="line" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', drawn)
    x0, y0, x1, y1, x2, y2 = map(float, line)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.2)
    assert y2 < y1
    assert '<text class="name"' in drawn
    assert '<g class="c3">' in drawn


def test_interval_is_a_band_about_the_line_and_ends_with_the_axis() -> None:
    points = tuple(At(x, 0.9, (0.7, 1.4)) for x in (1.0, 100.0))
    band = re.search(
        r'class="band" d="M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)', traced(Trace("t", Style.MEASURED, points))
    )
    line = re.search(r'class="line" d="M[\d.]+ ([\d.]+)', traced(Trace("t", Style.MEASURED, points)))
    assert band is not None
    assert line is not None
    below, _, above = map(float, band.groups())
    assert below > float(line[1]) > above
    assert above == 14.0  # where 1 is: an interval may promise more, the axis does not


def test_predictions_are_dashed_and_published_values_are_open() -> None:
    points = (At(1.0, 0.5), At(100.0, 0.6))
    predicted, quoted = (traced(Trace("t", style, points)) for style in (Style.PREDICTED, Style.PUBLISHED))
    assert 'class="line predicted"' in predicted
    assert "sign" not in predicted
    assert quoted.count('class="sign open"') == 2
    assert 'class="line' not in quoted


def test_names_at_the_ends_of_lines_stand_apart() -> None:
    names = [Trace(f"n{i}", Style.MEASURED, (At(1.0, 0.5), At(100.0, 0.5 + i / 1000))) for i in range(5)]
    heights = numbers(r'class="name" text-anchor="start" x="[\d.]+" y="([\d.]+)"', traced(*names))
    assert np.diff(sorted(heights)).min() >= 14.9


def test_heat_rises_to_the_right_and_upwards_and_misses_what_was_not_run() -> None:
    cells = {(x, y): HeatCell(r2, f"at {x} {y}") for x, y, r2 in ((1.0, 0.1, 0.0), (2.0, 0.1, 0.5), (2.0, 0.9, 2.0))}
    drawn = heat_map(cells, [1.0, 2.0], [0.1, 0.9], ("x", "y"), 350, "t", "d")
    found = re.findall(
        r'<title>at ([\d.]+) ([\d.]+)</title><rect class="fill" x="([\d.]+)" y="([\d.]+)".*?--v:([\d.]+)%', drawn
    )
    places = {(float(x), float(y)): (float(left), float(top), float(v)) for x, y, left, top, v in found}
    assert len(places) == 3
    assert places[2.0, 0.1][0] > places[1.0, 0.1][0]
    assert places[2.0, 0.9][1] < places[2.0, 0.1][1]
    assert [places[k][2] for k in cells] == [0.0, 50.0, 100.0]


def test_bound_is_kept_below_the_diagonal_and_broken_above_it() -> None:
    points = [BoundPoint(1.0, 0.1, "kept", 0, 0), BoundPoint(0.1, 1.0, "broken", 1, 0)]
    drawn = bound_chart(points, 660, "t", "d")
    x0, y0, x1, y1 = numbers(r"([\d.]+)", re.search(r'class="ideal" d="([^"]*)"', drawn)[1])  # type: ignore[index]
    for colour, above in ((0, False), (1, True)):
        x, y = numbers(r"([\d.]+)", re.search(rf'class="sign c{colour}" d="M([\d.]+ [\d.]+)', drawn)[1])  # type: ignore[index]
        diagonal = y0 + (x + 3.6 - x0) / (x1 - x0) * (y1 - y0)
        assert (y < diagonal) is above
    assert drawn.count('class="said"') == 1
    assert ">broken</text>" in drawn


def test_bullets_are_as_long_as_their_values() -> None:
    bars = group(0.25, 0.5).bars
    lengths = numbers(r'class="bar"[^>]* width="([\d.]+)"', bullets(bars, 0.0, "t", "d"))
    assert lengths == [62.5, 125.0]


def test_plane_keeps_the_colour_of_the_true_place() -> None:
    truth = np.array([[-2.5, 0.0], [2.5, 0.0], [0.0, 2.5], [0.0, -2.5]])
    dots = r'stroke="(#\w+)" d="M([\d.]+) ([\d.]+)h0"'
    there = {colour: (float(x), float(y)) for colour, x, y in re.findall(dots, plane(truth, truth, "t", "d"))}
    turned = {colour: (float(x), float(y)) for colour, x, y in re.findall(dots, plane(-truth, truth, "t", "d"))}
    assert len(there) == 4
    centre = (22 + 156) / 2, (4 + 138) / 2
    for colour, (x, y) in there.items():
        assert turned[colour] == pytest.approx((2 * centre[0] - x, 2 * centre[1] - y), abs=0.11)


def test_colours_of_the_plane_are_grey_in_the_middle_and_differ_all_round() -> None:
    def channels(across: float, up: float) -> np.ndarray:
        colour = colour_at(across, up)
        return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])

    assert np.ptp(channels(0.0, 0.0)) <= 1
    ring = [channels(np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)]
    gaps = [np.abs(a - b).sum() for i, a in enumerate(ring) for b in ring[:i]]
    assert min(gaps) > 30
