"""The command line: a thin door to the Python API, one file a command."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NoReturn

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
    "play",
    "measure",
    "export",
    "sigreg",
    "plan",
    "sign",
    "render",
    "make_scene",
    "lists",
    "cache",
    "doctor",
]
"""The modules that hold the commands, in the order in which --help lists them."""
LONGEST_NAME = 120
for _name in COMMANDS:
    import_module(f"worldprobe.cli.{_name}")


def main() -> None:
    """Run the command line; an error that is the user's or the machine's is one message and exit status 2."""
    try:
        with on_command_line():
            app()
    except WorldprobeError as error:
        _stop(str(error))
    except BrokenPipeError:  # whoever read the output has seen enough
        sys.stderr.close()
        raise SystemExit(1) from None
    except OSError as error:
        if error.filename is None or error.strerror is None:
            raise
        _stop(f"{_shortened(str(error.filename))}: {error.strerror}.")


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."


def _stop(message: str) -> NoReturn:
    print(f"worldprobe: {visible(message)}", file=sys.stderr)
    raise SystemExit(2) from None
