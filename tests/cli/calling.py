"""Calls the command line in this process: what a person types, what they see, and the exit status."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from functools import cache
from unittest.mock import patch

import typer.main

from worldprobe.cli import main

_get_command = cache(typer.main.get_command)
"""The commands and their options are read off the functions' signatures once, and not at every call: .1 s each."""


@dataclass(frozen=True)
class Called:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


def call(*arguments: str) -> Called:
    """Run `worldprobe ARGUMENTS`; whatever would be a traceback is raised."""
    out, err = io.StringIO(), io.StringIO()
    status: object = 0
    typed = patch.object(sys, "argv", ["worldprobe", *arguments])
    known = patch.object(typer.main, "get_command", _get_command)
    with typed, known, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            status = end.code
    return Called(int(status or 0), out.getvalue(), err.getvalue())  # type: ignore[call-overload]
