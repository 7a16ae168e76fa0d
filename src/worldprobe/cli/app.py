"""What all commands hang on: the application, and the console they print to."""

from __future__ import annotations

import typer
from rich.console import Console

app = typer.Typer(
    name="worldprobe",
    help="Find out whether a world model can be learned from the way a world is explored.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
console = Console()
