"""The command line: a thin door to the Python API, one file a command."""

from __future__ import annotations

import sys

from worldprobe.cli import run, report, open, audit, measure, plan, sign, lists, render, doctor  # isort: skip  # as --help lists them
from worldprobe._util.visible import visible
from worldprobe.cli.app import app
from worldprobe.errors import WorldprobeError, on_command_line

__all__ = ["app", "audit", "doctor", "lists", "main", "measure", "open", "plan", "render", "report", "run", "sign"]


def main() -> None:
    """Run the command line; a user's error is one message and exit status 2."""
    try:
        with on_command_line():
            app()
    except WorldprobeError as error:
        print(f"worldprobe: {visible(error)}", file=sys.stderr)
        raise SystemExit(2) from None
