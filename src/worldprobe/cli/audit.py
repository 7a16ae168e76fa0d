"""`worldprobe audit`: audit a study or a recording before any training."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.completion import preset_names, study_names
from worldprobe.cli.engines import ADDRESS_HELP, ENGINE_HELP, engine_of, gatherer
from worldprobe.cli.places_to_write import check_file, check_folder
from worldprobe.cli.recording_options import (
    OF_RECORDINGS,
    RECORDING,
    Actions,
    DropBad,
    Episode,
    Format,
    Frames,
    States,
    Stride,
    Time,
    column_names,
)
from worldprobe.cli.terminal import say
from worldprobe.cli.train_on_recording import print_chosen, train_on_recording
from worldprobe.cli.unread_options import refuse_unread
from worldprobe.errors import InvalidValue, WrongChoice

TRAINING, ANSWER = "Training on it, with --train", "The answer"


class FailOn(StrEnum):
    """The verdicts that may decide the exit status."""

    WARN = "warn"
    FAIL = "fail"


@app.command()
def audit(
    study: Annotated[
        str | None,
        typer.Argument(help="A shipped study or the path of a study's YAML file.", autocompletion=study_names),
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change, as in `worldprobe run`.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="smoke, cpu (the default) or gpu.", autocompletion=preset_names)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A recording of your own instead of a study: NPZ, CSV, Parquet, HDF5, LeRobot.",
            rich_help_panel=RECORDING,
        ),
    ] = None,
    states: States = None,
    frames: Frames = None,
    episode: Episode = None,
    actions: Actions = None,
    time: Time = None,
    format: Format = None,
    stride: Stride = 1,
    drop_bad: DropBad = False,
    train: Annotated[
        bool,
        typer.Option(
            "--train", help="With --out: train on its frames too, and write a report.", rich_help_panel=TRAINING
        ),
    ] = False,
    encoder: Annotated[
        str | None,
        typer.Option(help="An encoder of `worldprobe encoders`; patchify if not given.", rich_help_panel=TRAINING),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            help="An objective of `worldprobe objectives`; lejepa if not given. lejepa-predictive needs --actions.",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Pixels of a frame's side; 32 if not given.", min=1, rich_help_panel=TRAINING)
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(help="Optimiser steps; as many as suit the frames if not given.", min=1, rich_help_panel=TRAINING),
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            help="GATE.warn=NUMBER or GATE.fail=NUMBER, in place of the calibrated one.", rich_help_panel=ANSWER
        ),
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(help="The verdict from which the exit status is 1: fail, or warn.", rich_help_panel=ANSWER),
    ] = FailOn.FAIL,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Print every gate, warnings too, and what the predictions say.",
            rich_help_panel=ANSWER,
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=ANSWER)] = False,
    ci: Annotated[
        bool,
        typer.Option(
            "--ci", help="Print plain lines, one for each gate that decides the exit status.", rich_help_panel=ANSWER
        ),
    ] = False,
    as_brief: Annotated[
        bool,
        typer.Option(
            "--brief",
            help="Of a study: print a brief for reviewers, in Markdown (brief.md where a folder is given).",
            rich_help_panel=ANSWER,
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to keep audit.json in, with the frames that show it.", rich_help_panel=ANSWER),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option(help="Of a study: add the gates' results to this protocol's folder.", rich_help_panel=ANSWER),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write the gates as JUnit XML to this file.", rich_help_panel=ANSWER)
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(help="Write the answer as Markdown, for a data set's card.", rich_help_panel=ANSWER),
    ] = None,
    engine: Annotated[str, typer.Option(help=ENGINE_HELP)] = "local",
    address: Annotated[str | None, typer.Option(help=ADDRESS_HELP)] = None,
) -> None:
    """Say before any training whether an exploration can teach a world model, and what stands in its way.

    Exit status: 0 where nothing fails but what the study expects to, 1 where a gate fails, 2 where the audit could not
    be made.

    [bold]worldprobe audit camera[/bold]                               the room, and three ways of exploring it
    [bold]worldprobe audit --data log.npz --states x,y,yaw[/bold]      states of your own
    """
    from worldprobe.audits.thresholds import parse_thresholds
    from worldprobe.cli.audit_table import exit_status, print_audit, print_decisive
    from worldprobe.results import Verdict
    from worldprobe.study import load_study

    least = Verdict(fail_on.value)
    chosen = parse_thresholds(threshold or [])
    check_folder(out)
    check_file(junit, "--junit")
    check_file(markdown, "--markdown")
    if (study is None) == (data is None):
        raise WrongChoice("a study", "--data PATH")
    of_training = {"encoder": encoder, "objective": objective, "size": size, "steps": steps}
    if study is not None:
        refuse_unread(("train", *OF_RECORDINGS), "it is about a recording, and a study was given")
        refuse_unread(of_training, "it is about a recording and --train, and a study was given")
        loaded = load_study(study, overrides or [], preset)
        loaded = loaded.model_copy(update={"audit": {**loaded.audit, **chosen}})
        with gatherer(engine, address) as cluster:
            found = _audit_study(loaded, out, protocol, as_brief, as_json, cluster)
    else:
        refuse_unread(("preset", "protocol", "as_brief"), "it is about a study, and a recording was given")
        if not train:
            refuse_unread(of_training, "it is about training, and --train was not given")
        given = {"states": column_names(states), "frames": frames, "episode": episode, "drop_bad": drop_bad}
        order = {"actions": column_names(actions), "time": time, "format": format}
        path = Path(str(data))
        if not train and engine != "local":
            raise InvalidValue("--engine", engine, "local for one recording, which is one piece of work")
        if not train:
            found = _audit_recording(path, given | order, stride, out, chosen, as_json)
        elif chosen:
            raise WrongChoice("--train", "--threshold")
        elif out is None:
            raise InvalidValue("--train", True, "with --out, the folder that holds the report")
        else:
            where = engine_of(engine, address)
            found = train_on_recording(path, given | order | {"stride": stride}, of_training, out, as_json, where)
    _export(found, str(data.name if data is not None else study), least, junit, markdown)
    if as_json:
        print(json.dumps(found.to_json(), indent=2))
    elif ci:
        print_decisive(found, least)
    elif not as_brief:
        print_audit(found, verbose)
    raise typer.Exit(exit_status(found, least))


def _export(found: Any, title: str, fail_on: Any, junit: Path | None, markdown: Path | None) -> None:
    from worldprobe._util.files import atomic_write
    from worldprobe.reports import audit_exports

    for path, text in (
        (junit, lambda: audit_exports.junit(found, title, fail_on)),
        (markdown, lambda: audit_exports.markdown(found, title)),
    ):
        if path is not None:
            with atomic_write(path) as aside:
                aside.write_text(text(), encoding="utf8")


def _audit_study(
    study: Any, out: Path | None, protocol: Path | None, as_brief: bool, as_json: bool, cluster: Any
) -> Any:
    from worldprobe._util.progress import reporter
    from worldprobe.protocol import brief, check_planned, file_audit
    from worldprobe.study.audit_study import audit_study

    if protocol is not None:
        check_planned(study, protocol)
    found = audit_study(study, reporter=reporter(), engine=cluster)
    kept = file_audit(study, found, out=out, protocol=protocol, with_brief=as_brief)
    if not as_json:
        for folder in kept:
            say("Kept in {}", folder)
        if as_brief and not kept:
            print(brief(study, found))
    return found


def _audit_recording(
    data: Path, given: dict[str, Any], stride: int, out: Path | None, chosen: dict[str, dict[str, float]], as_json: bool
) -> Any:
    from worldprobe._util.progress import reporter
    from worldprobe.audits.audit_folder import save_audit
    from worldprobe.recordings import read_recording
    from worldprobe.recordings.choosing import states_alone
    from worldprobe.study.audit_sources import audit_recording

    recording = read_recording(data, **states_alone(given))
    print_chosen(recording, as_json)
    found = audit_recording(recording, stride=stride, reporter=reporter(), chosen=chosen)
    if out is not None:
        kept = save_audit(found, out, recording.source.digest)
        if not as_json:
            say("Kept in {}", kept.parent)
    return found
