"""`worldprobe open`: show a report in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say
from worldprobe.errors import NoResults

SHIPPED = Path(__file__).parents[1] / "reports" / "shipped" / "camera.html"
"""The report of the study `camera`, which comes with the package."""


@app.command("open")
def open_report(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A results folder. Default: a finished report of the study camera, to see what one is."),
    ] = None,
    show: Annotated[bool, typer.Option("--browser/--path", help="Open a browser, or only print the path.")] = True,
) -> None:
    """Show the report of a results folder in the browser, or a finished one that comes with worldprobe."""
    report = SHIPPED if folder is None else folder / "report.html"
    if not report.is_file():
        raise NoResults(f"{report.parent} holds no report. Write it with `worldprobe report {report.parent}`.")
    say("Report: {}", report.resolve())
    if show:
        webbrowser.open(report.resolve().as_uri())
