"""`worldprobe export`: a run's encoder as a file that needs neither worldprobe nor torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import say
from worldprobe.errors import InvalidValue


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="A finished run: DIR/runs/RUN of a results folder.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="As ONNX.")] = False,
    probe: Annotated[bool, typer.Option(help="Add the linear probe's controls as a second output.")] = True,
    out: Annotated[Path | None, typer.Option(help="The file. Default: RUN.onnx.")] = None,
) -> None:
    """Export a trained encoder to ONNX; `worldprobe measure WORLD --encoder FILE.onnx` measures it again.

    [bold]worldprobe export runs/camera-cpu/runs/gaussian__lejepa__seed0 --onnx[/bold]
    """
    from worldprobe._util.progress import reporter
    from worldprobe.study.export_encoder import export_onnx

    if not onnx:
        raise InvalidValue("format", None, "--onnx")
    folder = run.absolute()
    if folder.parent.name != "runs":
        raise InvalidValue("RUN", str(run), "DIR/runs/RUN, a run's folder in a results folder")
    target = out or Path(f"{folder.name}.onnx")
    written = export_onnx(folder.parent.parent, folder.name, target, with_probe=probe, reporter=reporter())
    say("Wrote {}", written)
