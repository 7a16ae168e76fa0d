"""`worldprobe worlds` and its like: what there is to choose from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def studies(as_json: AsJson = False) -> None:
    """List the studies that come with the package, each with its question and its presets."""
    from worldprobe.study import DEFAULT_PRESET, load_study, shipped_studies
    from worldprobe.study.load import presets_of

    listed = {}
    for name in shipped_studies():
        study = load_study(name)
        listed[name] = {"title": study.title, "question": study.question, "presets": presets_of(name)}
    if as_json:
        print(json.dumps(listed, indent=2))
        return
    for name, study_ in listed.items():
        presets = ", ".join(
            f"{preset} (default)" if preset == DEFAULT_PRESET else preset for preset in study_["presets"]
        )
        say("[bold]{}[/bold]  {}", name, study_["question"])
        say("    [dim]presets: {}[/dim]", presets or "none")


@app.command()
def worlds(as_json: AsJson = False) -> None:
    """List the worlds: their controls, with units and scales, and their settings."""
    from worldprobe.world.world import WORLDS

    _list_components(WORLDS, as_json, with_controls=True)


@app.command()
def regimes(as_json: AsJson = False) -> None:
    """List the regimes, the ways of exploring a world, and their settings."""
    from worldprobe.explore.regime import REGIMES

    _list_components(REGIMES, as_json)


@app.command()
def encoders(as_json: AsJson = False) -> None:
    """List the encoders and their settings."""
    from worldprobe.train.encoders import ENCODERS

    _list_components(ENCODERS, as_json)


@app.command()
def objectives(as_json: AsJson = False) -> None:
    """List the objectives, what an encoder is trained to minimise, and their settings."""
    from worldprobe.train.objectives import OBJECTIVES

    _list_components(OBJECTIVES, as_json)


@app.command()
def gates(as_json: AsJson = False) -> None:
    """List the gates of an audit: what each one asks, and its thresholds."""
    from worldprobe.audits.gate import GATES

    if as_json:
        listed = {
            name: {"asks": check.asks, "past": check.limit.past, "warn": check.limit.warn, "fail": check.limit.fail}
            for name, check in GATES.items()
        }
        print(json.dumps(listed, indent=2))
        return
    for name, check in GATES.items():
        fail = "never" if check.limit.fail is None else f"{check.limit.past} {check.limit.fail:g}"
        say("[bold]{}[/bold]  {}", name, check.asks)
        say("    [dim]warns {} {}; fails {}[/dim]", check.limit.past, f"{check.limit.warn:g}", fail)


@app.command()
def formats(as_json: AsJson = False) -> None:
    """List the layouts that recordings are read from."""
    from worldprobe.recordings.formats.format import FORMATS

    listed = {name: _summary(format) for name, format in FORMATS.items()}
    if as_json:
        print(json.dumps(listed, indent=2))
        return
    for name, summary in listed.items():
        say("[bold]{}[/bold]  {}", name, summary)


def _list_components(registry: Mapping[str, Any], as_json: bool, with_controls: bool = False) -> None:
    """Print every component with its settings, and of worlds that need no setting their controls."""
    if as_json:
        listed = {
            name: {"settings": kind.model_json_schema(), "controls": _controls(kind) if with_controls else []}
            for name, kind in registry.items()
        }
        print(json.dumps(listed, indent=2))
        return
    for name, kind in registry.items():
        say("[bold]{}[/bold]  {}", name, _summary(kind))
        for spec in _controls(kind) if with_controls else []:
            limit = f", within ±{spec['limit']:g}" if spec["limit"] is not None else ""
            say("    {}", f"{spec['name']:<10} {spec['scale']:g} {spec['unit']} for one sd{limit}: {spec['meaning']}")
        for key, field in kind.model_fields.items():
            default = "required" if field.is_required() else f"default {field.get_default(call_default_factory=True)!r}"
            say("    [dim]{} ({}): {}[/dim]", field.alias or key, default, field.description or "")


def _controls(world: Any) -> list[dict[str, Any]]:
    if any(field.is_required() for field in world.model_fields.values()):
        return []
    return [spec.described() for spec in world().controls]


def _summary(thing: Any) -> str:
    lines = (thing.__doc__ or "").strip().splitlines()
    return lines[0] if lines else ""
