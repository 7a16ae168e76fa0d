"""Numbers read as people read them, and never as more than they are."""

from __future__ import annotations

import pytest

from worldprobe.reports.wording import brief_r2, count, duration, memory, number, ratio, setting


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.974, "0.97"), (0.9995, "0.9995"), (0.999998, "0.999998"), (1.0, "1.00"), (-0.031, "−0.03"), (-0.001, "0.00")],
)
def test_ratio_below_one_never_reads_as_one(value: float, said: str) -> None:
    assert ratio(value) == said


@pytest.mark.parametrize(("value", "said"), [(0.974, "0.97"), (0.9999, "> 0.99"), (1.0, "1.00"), (-0.03, "−0.03")])
def test_brief_r2_below_one_never_reads_as_one(value: float, said: str) -> None:
    assert brief_r2(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(40000, "40,000"), (-3, "−3"), (0.12345, "0.123"), (0.0, "0.000"), (1.5e-5, "1.50e−05")]
)
def test_numbers_keep_three_decimals_or_three_digits(value: float, said: str) -> None:
    assert number(value) == said


def test_tick_labels_have_no_trailing_noise_and_never_vanish() -> None:
    assert [number(v, 2) for v in (0.25, 0.5, 1.0, 0.001)] == ["0.25", "0.5", "1", "1e−3"]


def test_quantities_have_their_largest_units() -> None:
    assert (duration(3.21), duration(412.7), duration(7260)) == ("3.2 s", "6 min 53 s", "2 h 1 min")
    assert (memory(2**30 * 2.5), memory(2**20 * 3)) == ("2.50 GiB", "3 MiB")
    assert (count(1, "control"), count(6, "control"), count(512, "control")) == (
        "one control",
        "six controls",
        "512 controls",
    )


def test_verdicts_and_reports_write_thousands_alike() -> None:
    assert number(20_000) == setting(20_000) == f"{20_000:,}"
    assert setting(1024) == "1,024"
