"""What all commands hang on: the application."""

from __future__ import annotations

import typer

from worldprobe.cli.terminal import console

__all__ = ["app", "console"]

app = typer.Typer(
    name="worldprobe",
    help="Find out whether a world model can be learned from the way a world is explored.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
