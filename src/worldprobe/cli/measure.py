"""The command that measures somebody's trained encoder, or its embeddings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from worldprobe.cli.app import app, console
from worldprobe.errors import InvalidValue


@app.command()
def measure(
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORLD] [NAME=FILE]...", help="A world instead of --data; further embeddings."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The log that it is measured on: NPZ, CSV, Parquet, HDF5, LeRobot.")
    ] = None,
    states: Annotated[str | None, typer.Option(help="With --data: its state columns, comma-separated.")] = None,
    episode: Annotated[str | None, typer.Option(help="With --data: its episodes' column, or none.")] = None,
    stride: Annotated[int, typer.Option(help="With --data: rows between the members of a pair.", min=1)] = 1,
    drop_bad: Annotated[bool, typer.Option(help="With --data: leave out rows that are not finite.")] = False,
    embeddings: Annotated[
        list[str] | None,
        typer.Option(help="Embeddings, a row for every row of the log: FILE or NAME=FILE, once for every tap."),
    ] = None,
    pool: Annotated[
        str | None, typer.Option(help="For embeddings that are not vectors: mean, flatten, or first (token).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure a trained encoder: what it recovers of the states, and where the rest went.

    Exit status: 0 where it was measured, 2 where it could not be.

    [bold]worldprobe measure --data log.h5 --states pos,yaw --embeddings h.npz[/bold]
    [bold]worldprobe measure --data log.h5 --embeddings backbone=a.npz projector=b.npz[/bold]    taps side by side
    """
    from worldprobe.evaluation.measurement import measure_embeddings
    from worldprobe.evaluation.subject import from_recording
    from worldprobe.taps.embedding_files import read_embeddings

    files = [*(embeddings or []), *(text for text in given or [] if "=" in text)]
    if data is None or not files:
        raise InvalidValue("measure", None, "--data PATH with --embeddings FILE")
    taps = {name: read_embeddings(file, pool) for name, file in _named(files).items()}
    named = states.split(",") if states else None
    subject = from_recording(data, states=named, episode=episode, drop_bad=drop_bad, stride=stride)
    found = measure_embeddings(taps, subject)
    print(json.dumps(found.to_json(), indent=2, allow_nan=False)) if as_json else _print(found)


def _named(given: list[str]) -> dict[str, str]:
    """Return files by the names of their taps: NAME=FILE, or FILE under its own name."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, file = text.partition("=")
        name, file = (name, file) if equals else (Path(text).stem, text)
        if name in found:
            raise InvalidValue("--embeddings", text, "a name of its own for every tap", f"{name!r} comes twice.")
        found[name] = file
    return found


def _print(found: Any) -> None:
    table = Table(title=escape(f"Measured on {found.of['data']}"))
    for heading in ("tap", "R²", "95 % interval", "worst state"):
        table.add_column(heading)
    for name, tap in found.taps.items():
        values = tap.values
        worst = min(values["r2_per_state"], key=values["r2_per_state"].__getitem__)
        low, high = values["ci95"]
        shown = f"{worst} {values['r2_per_state'][worst]:.2f}"
        table.add_row(escape(name), f"{values['r2']:.3f}", f"{low:.3f} to {high:.3f}", escape(shown))
    console.print(table)
