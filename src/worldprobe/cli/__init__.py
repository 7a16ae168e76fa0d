"""The command line: a thin door to the Python API."""

from __future__ import annotations

import sys

from worldprobe.cli import running, auditing, registering, looking  # isort: skip  # commands are listed in this order
from worldprobe.cli.app import app
from worldprobe.errors import WorldprobeError

__all__ = ["app", "auditing", "looking", "main", "registering", "running"]


def main() -> None:
    """Run the command line; a user's error is one message and exit status 2."""
    try:
        app()
    except WorldprobeError as error:
        print(f"worldprobe: {error}", file=sys.stderr)
        raise SystemExit(2) from None
