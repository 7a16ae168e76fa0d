"""`worldprobe render`: draw a world."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say
from worldprobe.errors import InvalidValue, UnknownName


@app.command()
def render(
    world: Annotated[str, typer.Argument(help="A world's name: see `worldprobe worlds`.")],
    controls: Annotated[
        str | None,
        typer.Option(help="name=value pairs in standard units (yaw=1.5,truck=-1), or n values; else a sheet."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG file. Default: WORLD.png.")] = None,
    size: Annotated[int, typer.Option(help="Pixels of a view's side.")] = 256,
    renderer: Annotated[str, typer.Option(help="raster (fast) or cycles (path traced, by Blender).")] = "raster",
    views: Annotated[int, typer.Option(help="Views of the contact sheet of canonical draws.")] = 24,
    seed: Annotated[int, typer.Option(help="Seed of the contact sheet's draws.")] = 0,
) -> None:
    """Draw a world: one view at the given controls, or a contact sheet of canonical N(0, 1) draws.

    [bold]worldprobe render room[/bold]                                   24 canonical views
    [bold]worldprobe render room --controls yaw=1.5,truck=-1[/bold]       one view; controls not named are 0
    """
    from worldprobe.study.contact_sheets import contact_sheet, single_view
    from worldprobe.world import WORLDS

    with WORLDS[world].model_validate({"size": size, "renderer": renderer}) as scene:
        names = [spec.name for spec in scene.controls]
        picture = contact_sheet(scene, views, seed) if controls is None else single_view(scene, _parse(controls, names))
    path = out or Path(f"{world}.png")
    picture.save(path)
    say("Wrote {} ({} x {})", path, picture.width, picture.height)


def _parse(text: str, names: Sequence[str]) -> list[float]:
    """Return control values from "yaw=1.5,truck=-1" or "0,0,0,1.5,0,0"."""
    parts = [part.strip() for part in text.split(",")]
    values = dict.fromkeys(names, 0.0)
    try:
        if any("=" in part for part in parts):
            for name, _, value in (part.partition("=") for part in parts):
                if name not in values:
                    raise UnknownName("control", name, names, "worldprobe worlds")
                values[name] = float(value)
            return list(values.values())
        if len(parts) == len(names):
            return [float(part) for part in parts]
    except ValueError:
        pass
    raise InvalidValue("--controls", text, f"name=number pairs, or {len(names)} numbers for {', '.join(names)}")
