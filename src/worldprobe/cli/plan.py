"""`worldprobe plan`: fix a study before it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.completion import preset_names, study_names
from worldprobe.cli.terminal import say


@app.command()
def plan(
    study: Annotated[
        str, typer.Argument(help="A shipped study or the path of a study's YAML file.", autocompletion=study_names)
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change, as in `worldprobe run`.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="smoke, cpu (the default) or gpu.", autocompletion=preset_names)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The protocol's folder. Default: protocols/STUDY-PRESET.")] = None,
    reviews: Annotated[int, typer.Option(help="Independent sign-offs that it takes.", min=1)] = 2,
) -> None:
    """Fix what will be run and what would confirm or refute it, before it is run: a protocol with its hash.

    [bold]worldprobe plan camera --out protocol[/bold]                     protocol.json, and protocol.md for people
    [bold]worldprobe audit camera --protocol protocol[/bold]               add the gates' results
    [bold]worldprobe sign protocol --name Ada --role reviewer --verdict approve[/bold]
    [bold]worldprobe run camera --protocol protocol[/bold]                 run that, and nothing else
    """
    from worldprobe import protocol
    from worldprobe.study import DEFAULT_PRESET, load_study

    loaded = load_study(study, overrides or [], preset)
    folder = out or Path("protocols") / f"{loaded.name}-{preset or DEFAULT_PRESET}"
    made = protocol.plan(loaded, folder, reviews=reviews)
    for claim in made.hypotheses:
        say("  {}", claim)
    if not made.hypotheses:
        say("This study states no hypothesis, so nothing can be confirmed or refuted.")
    say("Protocol: {}, SHA-256 {}", folder / "protocol.md", made.hash)
