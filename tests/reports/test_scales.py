"""Scales space values as their kind says, and are chosen by how the values are spaced."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.reports.charts.scale import Scale, ScaleKind, apart, evenly_in_logs, spanning
from worldprobe.reports.sections.sweep.traces import At, Style, Trace, r2_scale


@pytest.mark.parametrize(
    ("values", "logs"),
    [
        ([0.125, 0.25, 0.5, 1, 1.5, 2, 4, 8, 16, 32], True),
        ([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024], True),
        ([1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1, 5e-1], True),
        ([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99], False),
        ([0.05, 0.25, 0.5, 0.75, 0.95], False),
        ([1, 2, 4, 8], False),  # less than a decade
        ([0, 1, 10, 100], False),
        ([-1, 1, 100], False),
        ([5], False),
    ],
)
def test_logarithms_where_they_space_values_more_evenly(values: list[float], logs: bool) -> None:
    assert evenly_in_logs(values) is logs
    assert (spanning(values, 0, 100).kind is ScaleKind.LOG) is logs


def test_nines_take_equal_steps_and_end_at_both_ends() -> None:
    scale = Scale(0.0, 0.99999, 0, 100, ScaleKind.NINES)
    places = scale.places(np.array([0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 1.0]))
    np.testing.assert_allclose(places, [0, 20, 40, 60, 80, 100, 100], atol=1e-6)
    assert scale.ticks() == [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999]


def trace(*values: float, style: Style = Style.MEASURED) -> Trace:
    return Trace("t", style, tuple(At(float(i), v) for i, v in enumerate(values)))


def test_r2_is_drawn_in_nines_only_where_much_of_it_is_near_one() -> None:
    assert r2_scale([trace(0.2, 0.9, 0.95)], 0, 1).kind is ScaleKind.LINEAR
    assert r2_scale([trace(0.999, 0.9999, 0.5)], 0, 1).kind is ScaleKind.NINES
    # A ceiling near 1 and a prediction are not what was measured; a published value was.
    for style in (Style.REFERENCE, Style.PREDICTED):
        assert r2_scale([trace(0.2, 0.3), trace(0.999, 0.999, style=style)], 0, 1).kind is ScaleKind.LINEAR
    assert r2_scale([trace(0.2, 0.3), trace(0.999, 0.999, style=Style.PUBLISHED)], 0, 1).kind is ScaleKind.NINES


def test_r2_starts_at_zero_unless_something_lies_below() -> None:
    assert r2_scale([trace(0.6, 0.7)], 0, 1).low == 0
    assert r2_scale([trace(-0.3, 0.7)], 0, 1).low == -0.5
    assert r2_scale([trace(-9.0, 0.7)], 0, 1).low == -0.5


def test_labels_stand_apart_and_the_ends_are_kept() -> None:
    kept = apart([0, 10, 20, 30, 38, 44], 15)
    assert kept == [True, False, True, False, False, True]
    assert apart([0.0], 15) == [True]
