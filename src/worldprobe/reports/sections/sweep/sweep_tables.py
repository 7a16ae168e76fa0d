"""The numbers behind a sweep's pictures: measured at every point, and predicted for it."""

from __future__ import annotations

from collections.abc import Sequence

from worldprobe.reports.html_blocks import Cell, Shown, Table, mean_within, shown_r2
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.series_prediction import predicted_for
from worldprobe.reports.sweep_conditions import SweptAxis
from worldprobe.reports.wording import setting, squares
from worldprobe.results import Label, Prediction, Summary


def measured(folder: ResultsFolder, axes: Sequence[SweptAxis]) -> Table:
    """Tabulate R² at every point, floors and ceilings among them."""
    names = [axis.name for axis in axes]
    numbers = ("R²", "95 % from", "to", "worst control", "its R²", "interval over", "seeds")
    rows = tuple((*_where(folder, s, names), *_numbers(s)) for s in folder.results.summary)
    return Table("R² at every point of the sweep", ("regime", "objective", *names, *numbers), rows)


def predicted(folder: ResultsFolder, axes: Sequence[SweptAxis]) -> Table:
    """Tabulate measured and predicted R², on the test points and within the regime."""
    names = [axis.name for axis in axes]
    columns = (
        "R² on the test points",
        "predicted on the test points",
        "test points beyond the regime",
        "R² within the regime",
        "predicted within the regime",
        "95 % from",
        "to",
        "certainty",
    )
    rows = [
        (*_where(folder, s.summary, names), *_compared(s, p))
        for s in folder.series
        if (p := predicted_for(folder, s)) is not None
    ]
    title = "Measured R² and what is predicted for the ideal encoder"
    return Table(title, ("regime", "objective", *names, *columns), tuple(rows))


def _where(folder: ResultsFolder, s: Summary, names: Sequence[str]) -> tuple[Cell, ...]:
    objective = s.objective if s.role == "measured" else folder.role(s.role)
    return s.regime, objective, *(_label(s.axes.get(name)) for name in names)


def _label(label: Label | None) -> Cell:
    return Shown(label, setting(label)) if isinstance(label, int | float) else label


def _numbers(s: Summary) -> tuple[Cell, ...]:
    worst = min(s.r2_per_control, key=lambda name: s.r2_per_control[name].mean)
    low, high = s.r2.ci95
    least = shown_r2(s.r2_per_control[worst].mean)
    return shown_r2(s.r2.mean), shown_r2(low), shown_r2(high), worst, least, s.interval, s.seeds


def _compared(s: Series, p: Prediction) -> tuple[Cell, ...]:
    inside = mean_within(s.median_run)
    low, high = p.ci95 or (None, None)
    sure = squares(p.refused or "") or ("of any optimum" if p.proven else "of the best map found")
    values = (_r2(v) for v in (s.summary.r2.mean, p.r2_on_test))
    there = (_r2(v) for v in (inside, p.r2, low, high))
    return *values, None if p.outside is None else Shown(p.outside, f"{100 * p.outside:.1f}\u00a0%"), *there, sure


def _r2(value: float | None) -> Cell:
    return None if value is None else shown_r2(value)
