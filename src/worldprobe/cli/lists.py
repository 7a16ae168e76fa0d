"""`worldprobe worlds` and its like: what there is to choose from."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app, console


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
