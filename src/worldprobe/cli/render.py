"""`worldprobe render`: draw a world."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.completion import world_names
from worldprobe.cli.engines import ADDRESS_HELP, ENGINE_HELP, gatherer
from worldprobe.cli.terminal import say
from worldprobe.cli.unread_options import refuse_unread
from worldprobe.errors import InvalidValue, UnknownName, WorldprobeError

SIDE = 256


@app.command()
def render(
    world: Annotated[
        str,
        typer.Argument(help="A world's name (see `worldprobe worlds`) or a .world folder.", autocompletion=world_names),
    ],
    controls: Annotated[
        str | None,
        typer.Option(help="name=value pairs in standard units (yaw=1.5,truck=-1), or n values; else a sheet."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Picture file. Default: WORLD.png.")] = None,
    size: Annotated[int | None, typer.Option(help=f"Pixels of a view's side. Default: {SIDE}.", min=1)] = None,
    renderer: Annotated[
        str | None, typer.Option(help="For rooms raster (fast) or cycles (path traced, by Blender).")
    ] = None,
    views: Annotated[int, typer.Option(help="Views of the contact sheet of canonical draws.", min=1, max=2000)] = 24,
    seed: Annotated[int, typer.Option(help="Seed of the contact sheet's draws.", min=0)] = 0,
    engine: Annotated[str, typer.Option(help=ENGINE_HELP)] = "local",
    address: Annotated[str | None, typer.Option(help=ADDRESS_HELP)] = None,
) -> None:
    """Draw a world: one view at the given controls, or a contact sheet of canonical N(0, 1) draws.

    [bold]worldprobe render room[/bold]                                   24 canonical views
    [bold]worldprobe render room --controls yaw=1.5,truck=-1[/bold]       one view; controls not named are 0
    [bold]worldprobe render room --renderer cycles --engine ray[/bold]    the sheet's rows as tasks of a cluster
    """
    from worldprobe.study.contact_sheets import canonical_views, sheet

    if controls is not None:
        refuse_unread(("views", "seed"), "it is about the contact sheet, and --controls draws one view")
    path = _picture_file(out or Path(f"{Path(world).name}.png"))
    with _drawable(world, size, renderer) as scene:
        names = [spec.name for spec in scene.controls]
        z = canonical_views(scene, views, seed) if controls is None else _parse(controls, names)
        with gatherer(engine, address) as cluster:
            picture = sheet(_drawn(scene, z, cluster))
    try:
        picture.save(path)
    except OSError as error:
        raise WorldprobeError(
            f"{path} cannot be written: {error.strerror or error}. Give another with --out."
        ) from None
    say("Wrote {} ({} x {})", path, picture.width, picture.height)


def _drawn(scene: Any, z: Any, cluster: Any) -> Any:
    from worldprobe._util.progress import reporter
    from worldprobe.study.contact_sheets import frames_of

    if cluster is None:
        return frames_of(scene, z)
    from worldprobe.study.engines.remote_views import drawn_elsewhere

    return drawn_elsewhere(scene, z, cluster, reporter())


def _drawable(name: str, size: int | None, renderer: str | None) -> Any:
    """Return the world, with the options that it has; raises InvalidValue for those that it lacks or refuses."""
    from pydantic import ValidationError

    from worldprobe.world.world import WORLDS

    filed, implied = WORLDS.resolved(name)
    kind = WORLDS[filed]
    given = {"size": size, "renderer": renderer}
    for key, value in given.items():
        if value is not None and key not in kind.model_fields:
            raise InvalidValue(f"--{key}", value, f"nothing: the world {name!r} has no such setting")
    if size is None and "size" in kind.model_fields:
        given["size"] = SIDE
    try:
        world = kind.model_validate(implied | {key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        key = str(problem["loc"][0])
        if problem["type"] == "missing":
            raise WorldprobeError(f"The world {name!r} cannot be drawn by its name: it needs {key}.") from None
        allowed = str(problem["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
        raise InvalidValue(f"--{key}", problem["input"], allowed) from None
    if len(world.observation_shape) != 3:
        raise InvalidValue(
            "world", name, "a world of frames", f"{name!r} shows vectors of {world.observation_shape[0]}."
        )
    return world


def _picture_file(path: Path) -> Path:
    """Return the path if a picture can be written there; raises InvalidValue or WorldprobeError."""
    from PIL import Image

    known = sorted(suffix for suffix, name in Image.registered_extensions().items() if name in Image.SAVE)
    if path.suffix.lower() not in known:
        raise InvalidValue("--out", str(path), "a name that ends in .png or another picture format's suffix")
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise WorldprobeError(f"{path} cannot be written: {reason}. Give another with --out.")
    return path


def _parse(text: str, names: Sequence[str]) -> Any:
    """Return the controls (1, n) that "yaw=1.5,truck=-1" or "0,0,0,1.5,0,0" names."""
    import numpy as np

    parts = [part.strip() for part in text.split(",")]
    values = dict.fromkeys(names, 0.0)
    try:
        if any("=" in part for part in parts):
            for name, _, value in (part.partition("=") for part in parts):
                if name not in values:
                    raise UnknownName("control", name, names, "worldprobe worlds")
                values[name] = float(value)
        elif len(parts) == len(names):
            values = dict(zip(names, map(float, parts), strict=True))
        else:
            raise ValueError
        if all(map(isfinite, values.values())):
            return np.array([list(values.values())])
    except ValueError:
        pass
    allowed = f"name=number pairs, or {len(names)} numbers for {', '.join(names)}"
    raise InvalidValue("--controls", text, f"{allowed}, all of them finite")
