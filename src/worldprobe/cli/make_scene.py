"""`worldprobe scene`: make a world from a scene of one's own."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say


@app.command()
def scene(
    file: Annotated[Path, typer.Argument(help="A .blend, .glb, .gltf, .fbx, .obj, .usd ... file.")],
    out: Annotated[Path | None, typer.Option(help="Folder to make. Default: FILE's name with .world.")] = None,
    camera: Annotated[str | None, typer.Option(help="The file's camera to rest at. Default: its active one.")] = None,
    triangles: Annotated[int, typer.Option(help="Most triangles that the file may have.")] = 1_000_000,
    decimate: Annotated[bool, typer.Option("--decimate", help="Merge triangles where there are more.")] = False,
    control: Annotated[
        list[str] | None,
        typer.Option(
            help='What becomes a control (may be repeated): "Door.rotation_z:0..90 degrees", '
            '"Lamp.energy:-2..1 stops", "Paint.hue:-120..120 degrees".'
        ),
    ] = None,
    detail: Annotated[
        int, typer.Option(help="Pixels of a frame's side below which detail is merged; 0 keeps all.")
    ] = 64,
    texels: Annotated[int, typer.Option(help="Side of the baked texture: 512, 1024, 2048 or 4096.")] = 2048,
    samples: Annotated[int, typer.Option(help="Paths of light traced for a texel.")] = 16,
    bake: Annotated[
        bool | None,
        typer.Option("--bake/--no-bake", help="Whether light is baked. Default: unless every material is unlit."),
    ] = None,
    scale: Annotated[float, typer.Option(help="Multiplies the file's units (0.01 where they are centimetres).")] = 1.0,
    exposure: Annotated[float | None, typer.Option(help="Stops by which the picture is brightened.")] = None,
    assets: Annotated[
        list[Path] | None,
        typer.Option(help="Folder, besides the file's own, that its textures may lie in (may be repeated)."),
    ] = None,
    minutes: Annotated[float, typer.Option(help="Minutes after which Blender is stopped.")] = 20.0,
    memory: Annotated[float, typer.Option(help="GiB of memory above which Blender is stopped.")] = 8.0,
) -> None:
    """Make a world from a scene of your own: a folder that every command takes where a world is named.

    Blender opens the file in a process that may read the file's folder only and runs nothing that the file holds.
    Surfaces become matte, light is traced once into a texture, and the camera's controls are scaled to the free space
    around it.

    [bold]worldprobe scene my_room.blend[/bold]             makes my_room.world
    [bold]worldprobe audit my_room.world[/bold]             can a world model be learned from moving through it?
    [bold]worldprobe run camera world=my_room.world[/bold]
    """
    from worldprobe.world.scene.conversion_options import ConversionOptions
    from worldprobe.world.scene.convert import convert
    from worldprobe.world.scene.light_request import parse_control

    options = ConversionOptions(
        triangles=triangles,
        decimate=decimate,
        detail=detail,
        texels=texels,
        samples=samples,
        bake=bake,
        scale=scale,
        camera=camera,
        exposure=exposure,
        minutes=minutes,
        memory_gib=memory,
        assets=tuple(assets or ()),
        controls=tuple(parse_control(text) for text in control or ()),
    )
    target = out or Path(file.with_suffix(".world").name)
    made = convert(file, target, options, lambda line: say("{}", line))
    _print_made(target, made)


def _print_made(target: Path, made: Any) -> None:
    if made.notes:
        say("[dim]Noted in the manifest: {}[/dim]", "; ".join(made.notes))
    changed = [f"{surface.name} ({surface.treatment})" for surface in made.materials if surface.treatment != "matte"]
    if changed:
        say("[dim]Surfaces that were changed: {}[/dim]", ", ".join(changed))
    if made.fidelity is not None:
        say(
            "Against Cycles at {} px: {} dB with surfaces made matte, {} dB as in the file (medians of {} views).",
            made.fidelity.side,
            f"{median(made.fidelity.matte):.1f}",
            f"{median(made.fidelity.original):.1f}",
            made.fidelity.poses,
        )
        if made.fidelity.moved:
            say(
                "With objects moved, in the light that was baked with them at rest: {} dB.",
                f"{median(made.fidelity.moved):.1f}",
            )
        if made.fidelity.lit:
            say(
                "With light and colours at draws of their controls: {} dB, {} in the worst.",
                f"{median(made.fidelity.lit):.1f}",
                f"{min(made.fidelity.lit):.1f}",
            )
    say("Wrote {}: {} triangles, {} controls.", target, f"{made.triangles:,}", len(made.controls))
