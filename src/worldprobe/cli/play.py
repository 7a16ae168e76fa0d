"""`worldprobe play`: the page on which one moves the controls and sees what encoders believe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say


@app.command()
def play(
    run: Annotated[Path, typer.Argument(help="A results folder, or one of its runs: DIR/runs/RUN.")],
    host: Annotated[str, typer.Option(help="Address to serve on. Default: this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes any that is free.", min=0, max=65535)] = 8080,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="A run whose encoder is shown (may be repeated). Default: those of the first seed."),
    ] = None,
) -> None:
    """Open a page with the world in 3-D, a slider for every control, and where each encoder believes the camera to be.

    [bold]worldprobe play runs/camera-cpu[/bold]
    """
    from worldprobe.playing.page_server import play as serve

    serve(run, host=host, port=port, encoders=encoder or (), said=lambda where: say("{}  (Ctrl-C ends it)", where))
