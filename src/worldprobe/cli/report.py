"""`worldprobe report`: write the report of a results folder again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A results folder that `worldprobe run` wrote.")]) -> None:
    """Write the report of a results folder again: one self-contained HTML file."""
    from worldprobe.reports import write_report

    say("Report: {}", write_report(folder))
