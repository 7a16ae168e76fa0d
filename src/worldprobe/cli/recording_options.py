"""The options that say how a recording is read, of every command that reads one."""

from __future__ import annotations

from typing import Annotated

import typer

RECORDING = "Recordings of your own"
"""What these options are listed under."""

OF_RECORDINGS = ("states", "frames", "episode", "actions", "time", "format", "stride", "drop_bad")
"""Their parameters' names."""

States = Annotated[str | None, typer.Option(help="State columns, comma-separated.", rich_help_panel=RECORDING)]
Frames = Annotated[
    str | None,
    typer.Option(
        help="The frames' column or video, or none. With --states, frames are read only if named.",
        rich_help_panel=RECORDING,
    ),
]
Episode = Annotated[str | None, typer.Option(help="The episodes' column, or none.", rich_help_panel=RECORDING)]
Actions = Annotated[str | None, typer.Option(help="Columns of actions, or none.", rich_help_panel=RECORDING)]
Time = Annotated[str | None, typer.Option(help="The column that rises with time, or none.", rich_help_panel=RECORDING)]
Format = Annotated[
    str | None,
    typer.Option(help="The layout, where several fit: see `worldprobe formats`.", rich_help_panel=RECORDING),
]
Stride = Annotated[int, typer.Option(help="Rows between the members of a pair.", min=1, rich_help_panel=RECORDING)]
DropBad = Annotated[
    bool, typer.Option("--drop-bad", help="Leave out rows that are not finite.", rich_help_panel=RECORDING)
]


def column_names(columns: str | None) -> list[str] | None:
    """Return comma-separated names as a list; None where none were given."""
    return columns.split(",") if columns else None
