"""`worldprobe compare`: two results folders, series by series."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import cell, console, say, table

if TYPE_CHECKING:
    from worldprobe.results import ComparedSeries, Interval


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A results folder.")],
    second: Annotated[Path, typer.Argument(help="Another results folder: what changed since the first.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two results folders: R² of each exploration, the difference, and the settings that differ.

    [bold]worldprobe compare runs/camera-cpu runs/camera-longer[/bold]
    """
    from worldprobe.results import Results
    from worldprobe.results import compare as compared

    found = compared(Results.load(first), Results.load(second))
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
        return
    shown = table(
        "Mean R²", "exploration", "objective", first, second, "difference", "95 % interval", "most changed control"
    )
    for series in found.series:
        shown.add_row(*map(cell, _row(series)))
    console.print(shown)
    for setting in found.settings:
        say("{}: {} -> {}", setting.path, _value(setting.first), _value(setting.second))
    if not found.settings:
        say("The studies have the same settings.")


def _row(series: ComparedSeries) -> list[str]:
    point = [f"{axis} {_value(label)}" for axis, label in series.axes.items()]
    change, control = series.difference, series.most_changed
    low, high = change.ci95 if change else (None, None)
    return [
        ", ".join([series.regime, *point]),
        series.objective,
        _mean(series.first),
        _mean(series.second),
        "-" if change is None else f"{change.mean:+.3f}",
        "-" if change is None else f"{low:+.3f} to {high:+.3f}",
        "-" if control is None else f"{control.name} {control.first:.2f} -> {control.second:.2f}",
    ]


def _mean(found: Interval | None) -> str:
    return "-" if found is None else f"{found.mean:.3f} ({found.ci95[0]:.3f} to {found.ci95[1]:.3f})"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)
