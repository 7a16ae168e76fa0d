"""`worldprobe measure`: measure somebody's trained encoder, or its embeddings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.places_to_write import check_folder
from worldprobe.cli.recording_options import RECORDING, DropBad, Episode, Format, States, Stride
from worldprobe.cli.terminal import cell, console, say, table
from worldprobe.errors import InvalidValue, WrongChoice

SETTING = "world."
ENCODER, INPUT = "The encoder, or its embeddings", "What the encoder takes"
REFERENCES, ANSWER = "What it is compared with", "The answer"


@app.command()
def measure(
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORLD] [NAME=FILE]...",
            help="A world instead of --data, its settings as world.KEY=VALUE; further embeddings as NAME=FILE.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The log that it is measured on: NPZ, CSV, Parquet, HDF5, LeRobot.", rich_help_panel=RECORDING
        ),
    ] = None,
    states: States = None,
    frames: Annotated[
        str | None, typer.Option(help="With --encoder: the frames' column or video.", rich_help_panel=RECORDING)
    ] = None,
    episode: Episode = None,
    stride: Stride = 1,
    drop_bad: DropBad = False,
    format: Format = None,
    embeddings: Annotated[
        list[str] | None,
        typer.Option(
            help="A row of numbers for every row of the log: FILE, FILE[ARRAY] or NAME=FILE for every tap.",
            rich_help_panel=ENCODER,
        ),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            help="FILE.py:NAME, FILE.onnx, TorchScript, timm:NAME, or a folder with a model's config.json.",
            rich_help_panel=ENCODER,
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Weights for FILE.py:NAME or timm:NAME.", rich_help_panel=ENCODER)
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels of a side that frames are resized to.", rich_help_panel=INPUT)
    ] = None,
    layout: Annotated[str, typer.Option(help="NHWC or NCHW.", rich_help_panel=INPUT)] = "NHWC",
    value_range: Annotated[
        str | None, typer.Option("--range", help="What 0 .. 255 becomes, as 0,1; uint8 without.", rich_help_panel=INPUT)
    ] = None,
    mean: Annotated[
        str | None, typer.Option(help="Taken off after --range; one number or one a channel.", rich_help_panel=INPUT)
    ] = None,
    std: Annotated[str | None, typer.Option(help="Divided by after --mean.", rich_help_panel=INPUT)] = None,
    output: Annotated[
        str | None, typer.Option(help="Which of the encoder's outputs: its name or number.", rich_help_panel=ENCODER)
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(help="For outputs that are not vectors: mean, flatten or first.", rich_help_panel=ENCODER),
    ] = None,
    batch: Annotated[int, typer.Option(help="Frames encoded at a time.", min=1, rich_help_panel=ENCODER)] = 256,
    lag: Annotated[
        int | None,
        typer.Option(help="Embeddings belong to the row so many later; 0: as they are.", rich_help_panel=ENCODER),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(help="What was trained with: sigreg or whitening, for the prediction.", rich_help_panel=ANSWER),
    ] = "sigreg",
    supervised: Annotated[
        int | None,
        typer.Option(
            help="Steps to train the same module, initialised anew, with the states as targets.",
            min=1,
            rich_help_panel=REFERENCES,
        ),
    ] = None,
    pretrained: Annotated[
        str | None,
        typer.Option(
            help="A frozen encoder to compare with, and its input: 'MODEL size=224 layout=NCHW range=0,1'.",
            rich_help_panel=REFERENCES,
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Linear recovery alone, in seconds.", rich_help_panel=ANSWER)
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for measure.json and measure.html.", rich_help_panel=ANSWER)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=ANSWER)] = False,
) -> None:
    """Measure a trained encoder: what it recovers of the states, and where the rest went.

    Exit status: 0 where it was measured, 2 where it could not be.

    [bold]worldprobe measure --data log.h5 --states pos,yaw --embeddings h.npz[/bold]
    [bold]worldprobe measure --data log.h5 --embeddings backbone=a.npz projector=b.npz[/bold]    taps side by side
    [bold]worldprobe measure --data log.h5 --encoder model.py:load --checkpoint 9.pt --layout NCHW --range 0,1[/bold]
    [bold]worldprobe measure room --encoder encoder.onnx[/bold]                                  a world's canonical set
    """
    from worldprobe.evaluation.measurement import check_objective

    check_objective(objective)
    worlds = [text for text in given or [] if "=" not in text]
    settings = [text.removeprefix(SETTING) for text in given or [] if text.startswith(SETTING)]
    files = [*(embeddings or []), *(t for t in given or [] if "=" in t and not t.startswith(SETTING))]
    if (data is None) == (not worlds) or len(worlds) > 1:
        raise WrongChoice("a world", "--data PATH")
    if (encoder is None) == (not files):
        raise WrongChoice("--embeddings FILE", "--encoder MODEL")
    if settings and data is not None:
        raise InvalidValue(f"{SETTING}KEY", settings[0], "a setting of a world", "Data were given: leave it out.")
    if out is not None:
        check_folder(out)
    if quick:
        _refuse_references({"supervised": supervised, "pretrained": pretrained})
    prepare = {"size": size, "layout": layout, "range": value_range, "mean": mean, "std": std}
    how = {"lag": lag, "objective": objective, "quick": quick, "asked": _asked(supervised, pretrained, bool(files))}
    asked = {"output": output, "pool": pool, "batch": batch}
    listed = None if states is None else [name.strip() for name in states.split(",")]
    log = {"states": listed, "episode": episode, "drop_bad": drop_bad, "format": format, "stride": stride}
    seen = frames if encoder is not None or pretrained is not None else "none"
    unread = None if files and pretrained is not None else frames
    _check_use({"checkpoint": checkpoint, **prepare, **asked, "frames": unread}, log, bool(files), bool(worlds))
    if files:
        taps = {name: _read(file, pool) for name, file in _named(files).items()}
        subject = _world(worlds[0], settings, as_json) if worlds else _recording(data, {**log, "frames": seen})
        found = _embeddings(taps, subject, how, as_json)
    else:
        tap = _tap(str(encoder), checkpoint, prepare, asked)
        subject = _world(worlds[0], settings, as_json) if worlds else _recording(data, {**log, "frames": seen})
        found = _encoder(tap, subject, how, as_json)
    if out is not None:
        from worldprobe.evaluation.measurement_folder import save_measurement

        page = save_measurement(found, out)
        if not as_json:
            say("Report: {}", page)
    print(json.dumps(found.to_json(), indent=2, allow_nan=False)) if as_json else _print(found)


def _check_use(encoder: dict[str, Any], log: dict[str, Any], has_files: bool, has_world: bool) -> None:
    """Raise for options that nothing would read."""
    from worldprobe.evaluation.inapplicable import refuse_with_embeddings, refuse_with_world

    if has_files:
        refuse_with_embeddings({key: value for key, value in encoder.items() if key != "pool"})
    if has_world:
        refuse_with_world({**log, "frames": encoder["frames"]})


def _refuse_references(asked: dict[str, Any]) -> None:
    """Raise for references where linear recovery alone is measured."""
    from worldprobe.evaluation.inapplicable import refuse_when_quick

    refuse_when_quick(asked)


def _asked(supervised: int | None, pretrained: str | None, of_embeddings: bool) -> Any:
    from worldprobe.evaluation.pretrained_control import open_pretrained
    from worldprobe.evaluation.references import AskedReferences
    from worldprobe.evaluation.supervised_reference import check_supervised

    if of_embeddings:
        check_supervised(supervised, None)
    return AskedReferences(supervised, None if pretrained is None else open_pretrained(pretrained))


def _recording(data: Path | None, given: dict[str, Any]) -> Any:
    from worldprobe.evaluation.subject import from_recording

    return from_recording(str(data), **given)


def _world(name: str, settings: list[str], as_json: bool) -> Any:
    from worldprobe.evaluation.world_subject import named_world, of_world

    world = named_world(name, dict(_setting(text) for text in settings))
    return of_world(world, reporter=_reporter(as_json))


def _setting(text: str) -> tuple[str, Any]:
    key, _, value = text.partition("=")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _read(file: str, pool: str | None) -> Any:
    from worldprobe.taps.embedding_files import read_embeddings

    return read_embeddings(file, pool)


def _embeddings(taps: Any, subject: Any, how: dict[str, Any], as_json: bool) -> Any:
    from worldprobe.evaluation.measurement import measure_embeddings

    return measure_embeddings(taps, subject, **how, reporter=_reporter(as_json))


def _encoder(tap: Any, subject: Any, how: dict[str, Any], as_json: bool) -> Any:
    from worldprobe.evaluation.measurement import measure_encoder

    return measure_encoder(tap, subject, **how, reporter=_reporter(as_json))


def _tap(encoder: str, checkpoint: Path | None, prepare: dict[str, Any], asked: dict[str, Any]) -> Any:
    from worldprobe.taps.encode import Tap
    from worldprobe.taps.open_encoder import open_encoder
    from worldprobe.taps.preprocessing import Preprocessing

    numbers = {key: _numbers(key, prepare[key]) for key in ("range", "mean", "std")}
    ready = Preprocessing(**{**prepare, **numbers})
    return Tap(open_encoder(encoder, checkpoint), ready, **asked)


def _numbers(key: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InvalidValue(f"--{key}", text, "numbers with commas between them") from None


def _reporter(as_json: bool) -> Any:
    from worldprobe._util.progress import SilentReporter, reporter

    return SilentReporter() if as_json else reporter()


def _named(given: list[str]) -> dict[str, str]:
    """Return files by the names of their taps: NAME=FILE, or FILE under its own name."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, file = text.partition("=")
        name, file = (name, file) if equals else (Path(text).stem, text)
        if not name or not file:
            raise InvalidValue("--embeddings", text, "FILE, FILE[ARRAY] or NAME=FILE")
        if name in found:
            raise InvalidValue("--embeddings", text, "a name of its own for every tap", f"{name!r} comes twice.")
        found[name] = file
    return found


def _print(found: Any) -> None:
    headings = ("tap", "R²", "95 % interval", "worst state", "perceptron", "effective dimensions")
    shown = table(f"Measured on {found.of['data']}", *headings)
    for name, tap in found.taps.items():
        values = tap.values
        worst = min(values["r2_per_state"], key=values["r2_per_state"].__getitem__)
        low, high = values["ci95"]
        rank, decoded = values.get("effective_rank"), values.get("mlp_r2")
        shown.add_row(
            cell(name),
            f"{values['r2']:.3f}",
            f"{low:.3f} to {high:.3f}",
            cell(f"{worst} {values['r2_per_state'][worst]:.2f}"),
            "" if decoded is None else f"{decoded:.3f}",
            "" if rank is None else f"{rank['value']:.1f} of {rank['d']}",
        )
    console.print(shown)
    say("{}", found.verdict)
