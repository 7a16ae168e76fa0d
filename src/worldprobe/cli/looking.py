"""Commands that show what there is: worlds, regimes, pictures, this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app, console
from worldprobe.errors import InvalidValue, UnknownName


@app.command()
def worlds(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the worlds: their controls, with units and scales, and their settings."""
    from worldprobe.world import WORLDS

    _list_components(WORLDS, as_json, lambda world: [spec.described() for spec in world().controls])


@app.command()
def regimes(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the regimes, the ways of exploring a world, and their settings."""
    from worldprobe.explore import REGIMES

    _list_components(REGIMES, as_json, lambda regime: [])


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
    console.print(f"Wrote {path} ({picture.width} x {picture.height})", soft_wrap=True)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check what this machine has: one line each for what works, what is missing, and the command that installs it."""
    from dataclasses import asdict

    from worldprobe import doctor as physician

    checks = physician.checks()
    print(json.dumps([asdict(check) for check in checks], indent=2) if as_json else physician.render(checks))
    raise typer.Exit(0 if all(check.ok for check in checks if check.required) else 1)


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


def _list_components(registry: Any, as_json: bool, details: Any) -> None:
    if as_json:
        listed = {
            name: {"settings": thing.model_json_schema(), "controls": details(thing)}
            for name, thing in registry.items()
        }
        print(json.dumps(listed, indent=2))
        return
    for name, thing in registry.items():
        summary = (thing.__doc__ or "").strip().splitlines()[0]
        console.print(f"[bold]{name}[/bold]  {summary}")
        for spec in details(thing):
            limit = f", within ±{spec['limit']:g}" if spec["limit"] is not None else ""
            console.print(
                f"    {spec['name']:<10} {spec['scale']:g} {spec['unit']} for one sd{limit}: {spec['meaning']}"
            )
        for key, field in thing.model_fields.items():
            default = "required" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
            console.print(f"    [dim]{key} ({default}): {field.description or ''}[/dim]", highlight=False)
