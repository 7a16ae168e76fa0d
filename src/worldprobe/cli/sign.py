"""`worldprobe sign`: add a reviewer's sign-off to a protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say


@app.command()
def sign(
    folder: Annotated[Path, typer.Argument(help="A folder that `worldprobe plan` wrote.")],
    name: Annotated[str, typer.Option(help="Who signs, a person or an assistant.")],
    role: Annotated[str, typer.Option(help="In what capacity: author, outside reviewer, assistant ...")],
    verdict: Annotated[str, typer.Option(help="approve, reject or comment.")],
    notes: Annotated[str, typer.Option(help="What was found.")] = "",
) -> None:
    """Add a reviewer's sign-off to a protocol.

    It is run with two approvals (or as many as were planned) by different names, and no rejection.
    """
    from worldprobe import protocol

    protocol.sign(folder, name=name, role=role, verdict=verdict, notes=notes)
    planned = protocol.read_protocol(folder)
    lack = protocol.lacking(planned, protocol.reviews(folder, planned))
    said = "it can be run" if lack is None else f"it cannot be run yet: {lack}"
    say("Signed by {}; {}.", name, said)
