"""`worldprobe play`: the page on which one moves the controls and sees what encoders believe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say
from worldprobe.cli.unread_options import refuse_unread


@app.command()
def play(
    run: Annotated[Path, typer.Argument(help="A results folder, or one of its runs: DIR/runs/RUN.")],
    host: Annotated[str, typer.Option(help="Address to serve on. Default: this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes any that is free.", min=0, max=65535)] = 8080,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="A run whose encoder is shown (may be repeated). Default: those of the first seed."),
    ] = None,
    coarse: Annotated[
        bool | None,
        typer.Option(
            "--coarse/--sharp", help="3-D at half the resolution. Default: in browsers that draw in software."
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            help="Instead of serving, write a session that plays without a server: FILE.html, FILE.webp (a loop), or "
            "a folder for both. In the results folder, the report shows them."
        ),
    ] = None,
    path: Annotated[
        str | None, typer.Option(help="For --export: an exploration's label. Default: a tour of all controls.")
    ] = None,
    states: Annotated[int | None, typer.Option(help="For --export: states of the session.", min=2, max=600)] = None,
) -> None:
    """Open a page with the world in 3-D, a slider for every control, and where each encoder believes the camera to be.

    [bold]worldprobe play runs/camera-cpu[/bold]
    [bold]worldprobe play runs/camera-cpu --export page.html[/bold]
    """
    if export is not None:
        refuse_unread(("host", "port", "coarse"), "it is about serving a page, and --export writes a file")
        from worldprobe.playing.export_session import export as write

        for written in write(run, export, encoders=encoder or (), path=path, states=states):
            say("Wrote {} ({} kB)", written, f"{written.stat().st_size / 1000:,.0f}")
        return
    refuse_unread(("path", "states"), "it is about a session that is written, and --export was not given")
    from worldprobe.playing.page_server import play as serve

    serve(
        run,
        host=host,
        port=port,
        encoders=encoder or (),
        coarse=coarse,
        said=lambda where: say("{}  (Ctrl-C ends it)", where),
    )
