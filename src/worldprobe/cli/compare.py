"""`worldprobe compare`: two results folders series by series, or recordings side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.recording_options import (
    RECORDING,
    Actions,
    DropBad,
    Episode,
    Format,
    Frames,
    States,
    Stride,
    Time,
    column_names,
)
from worldprobe.cli.terminal import cell, console, say, table
from worldprobe.cli.unread_options import refuse_unread
from worldprobe.errors import InvalidValue, WorldprobeError

if TYPE_CHECKING:
    from worldprobe.results import ComparedSeries, Interval

RESULTS_FILES = ("study.yaml", "results.json", "runs")
"""What tells a results folder from the folder of a recording."""


@app.command()
def compare(
    paths: Annotated[
        list[Path], typer.Argument(help="Two results folders, or two or more recordings.", show_default=False)
    ],
    states: States = None,
    frames: Frames = None,
    episode: Episode = None,
    actions: Actions = None,
    time: Time = None,
    format: Format = None,
    stride: Stride = 1,
    drop_bad: DropBad = False,
    train: Annotated[
        bool,
        typer.Option(
            "--train",
            help="With --out: train on the frames of each, and write a report.",
            rich_help_panel=RECORDING,
        ),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to keep audit.json in.", rich_help_panel=RECORDING)] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print every gate.", rich_help_panel=RECORDING)
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two results folders, or recordings: audited side by side, and with --train by what each of them teaches.

    Of results folders: R² of each exploration, the difference, and the settings that differ. Recordings are read with
    the same options; their states have the same names, and are standardised together.
    Exit status of recordings: 1 where a gate fails.

    [bold]worldprobe compare runs/camera-cpu runs/camera-longer[/bold]
    [bold]worldprobe compare random.h5 teleop.h5 --states pos,yaw[/bold]
    [bold]worldprobe compare random.h5 teleop.h5 --states pos,yaw --train --out compared[/bold]
    """
    given: dict[str, Any] = {
        "states": column_names(states),
        "frames": frames,
        "episode": episode,
        "actions": column_names(actions),
        "time": time,
        "format": format,
        "stride": stride,
        "drop_bad": drop_bad,
    }
    if _are_results(paths):
        of_recordings = (*given, "train", "out", "verbose")
        refuse_unread(of_recordings, "it is about recordings, and results folders were given")
        _compare_results(paths[0], paths[1], as_json)
        return
    from worldprobe.cli.compare_recordings import compare_recordings

    raise typer.Exit(compare_recordings(paths, given, train=train, out=out, verbose=verbose, as_json=as_json))


def _are_results(paths: list[Path]) -> bool:
    """Whether the paths are two results folders; raises InvalidValue where they are of both kinds, or too few."""
    results = [path for path in paths if path.is_dir() and any((path / name).exists() for name in RESULTS_FILES)]
    told = "; ".join(f"{path} {_kind(path, path in results)}" for path in paths)
    if len(paths) < 2 or (results and len(results) < len(paths)):
        raise InvalidValue("paths", told, "two results folders, or two or more recordings")
    if len(results) > 2:
        raise InvalidValue("paths", f"{len(results)} results folders", "two of them: compare each pair in turn")
    if not results and (lost := [path for path in paths if not path.exists()]):
        raise WorldprobeError(f"There is no file or folder {lost[0]}. Give two results folders, or recordings.")
    return bool(results)


def _kind(path: Path, results: bool) -> str:
    return "is a results folder" if results else "is no results folder" if path.exists() else "does not exist"


def _compare_results(first: Path, second: Path, as_json: bool) -> None:
    from worldprobe.results import Results
    from worldprobe.results import compare as compared

    found = compared(Results.load(first), Results.load(second))
    if as_json:
        print(json.dumps(found.model_dump(mode="json"), indent=2))
        return
    shown = table(
        "Mean R²",
        *("exploration", "objective"),
        *_headings(first, second),
        *("difference", "95 % interval", "most changed control"),
    )
    for series in found.series:
        shown.add_row(*map(cell, _row(series)))
    console.print(shown)
    for setting in found.settings:
        say("{}: {} -> {}", setting.path, _value(setting.first), _value(setting.second))
    if not found.settings:
        say("The studies have the same settings.")


def _headings(first: Path, second: Path) -> tuple[str, str]:
    """Return the folders' own names; the paths as they were given where both have one name."""
    names = first.resolve().name, second.resolve().name
    return (str(first), str(second)) if names[0] == names[1] else names


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
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return "none" if value is None else str(value)
