"""`worldprobe conclude`: judge what a results folder holds anew, without training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.results_table import print_summary
from worldprobe.cli.terminal import say


@app.command()
def conclude(
    folder: Annotated[Path, typer.Argument(help="A results folder that `worldprobe run` wrote, finished or not.")],
) -> None:
    """Judge a results folder anew: summary, verdicts, decomposition, hypotheses and report; nothing is trained.

    It reads what was measured in runs/ and explorations/ and, where one was made, the audit.
    """
    from worldprobe.reports import write_report
    from worldprobe.study.conclusion import conclude_study

    conclude_study(folder)
    page = write_report(folder)
    print_summary(folder)
    say("Report: {}", page)
