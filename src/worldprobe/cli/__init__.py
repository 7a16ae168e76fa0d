"""The command line: a thin door to the Python API, one file a command."""

from __future__ import annotations

import sys
from importlib import import_module

from worldprobe._util.visible import visible
from worldprobe.cli.app import app
from worldprobe.errors import WorldprobeError, on_command_line

__all__ = ["app", "main"]

COMMANDS = [
    "audit",
    "run",
    "report",
    "conclude",
    "compare",
    "open_report",
    "measure",
    "plan",
    "sign",
    "render",
    "lists",
    "cache",
    "doctor",
]
"""The modules that hold the commands, in the order in which --help lists them."""
for _name in COMMANDS:
    import_module(f"worldprobe.cli.{_name}")


def main() -> None:
    """Run the command line; a user's error is one message and exit status 2."""
    try:
        with on_command_line():
            app()
    except WorldprobeError as error:
        print(f"worldprobe: {visible(error)}", file=sys.stderr)
        raise SystemExit(2) from None
