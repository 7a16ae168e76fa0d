"""`worldprobe run`: run a study and write its report."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.completion import preset_names, study_names
from worldprobe.cli.engines import ADDRESS_HELP, ENGINE_HELP, engine_of
from worldprobe.cli.results_table import print_summary
from worldprobe.cli.terminal import say
from worldprobe.cli.unread_options import refuse_unread
from worldprobe.errors import InvalidValue, WorldprobeError

WHERE, PROTOCOL = "Where the runs are made", "A protocol"


@app.command()
def run(
    study: Annotated[
        str,
        typer.Argument(
            help="A shipped study (camera, ...) or the path of a study's YAML file.", autocompletion=study_names
        ),
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change: training.steps=500")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="smoke (seconds), cpu (minutes; the default) or gpu.", autocompletion=preset_names),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(help="Results folder, or a URL: s3://BUCKET/RUN. Default: runs/STUDY-PRESET."),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto.", rich_help_panel=WHERE)] = "auto",
    with_audit: Annotated[
        bool, typer.Option("--audit", help="Audit the study first, and keep it for the report.")
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Runs trained at the same time. Default: as many as cores and memory allow.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help=ENGINE_HELP, rich_help_panel=WHERE)] = "local",
    address: Annotated[str | None, typer.Option(help=ADDRESS_HELP, rich_help_panel=WHERE)] = None,
    gpu_share: Annotated[
        float | None,
        typer.Option(
            help="With --engine ray: of a GPU, what a training takes; 0.25 trains four on one. Default: 1.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    cells: Annotated[
        str | None,
        typer.Option(
            metavar="I/K",
            help="Only train and measure the I-th of K shares of the runs, as one job of an array; the same command "
            "without it then makes the rest and the report.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    protocol: Annotated[
        Path | None,
        typer.Option(help="Run what this folder's protocol planned, and only that.", rich_help_panel=PROTOCOL),
    ] = None,
    deviate: Annotated[
        str | None, typer.Option(help="Run another study than planned, and why.", rich_help_panel=PROTOCOL)
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Run without the sign-offs.", rich_help_panel=PROTOCOL)
    ] = False,
) -> None:
    """Render a world, explore it, train an encoder on each exploration, measure what it recovered, write a report.

    Finished runs are never redone: stop it with Ctrl-C, and the same command continues.

    [bold]worldprobe run camera[/bold]                                  the main study, minutes on two cores
    [bold]worldprobe run camera --preset smoke[/bold]                   everything, in under a minute
    [bold]worldprobe run camera regimes.gaussian.rho=0.5 seeds=[0,1,2][/bold]
    """
    from worldprobe.study import DEFAULT_PRESET, load_study
    from worldprobe.study.data_parallel import ranks_of_torchrun, take_part
    from worldprobe.train.ranks import is_first_rank

    where = engine_of(engine, address, gpu_share, processes, cells)
    if cells is not None:
        if protocol is not None:
            raise InvalidValue("--cells", cells, "a run without --protocol")
        alone = "--cells trains and measures runs alone, one after the other; the same command without it does the rest"
        refuse_unread(("with_audit", "processes", "deviate", "unsigned"), alone)
    loaded = load_study(study, overrides or [], preset)
    given = out or str(Path("runs") / f"{loaded.name}-{preset or DEFAULT_PRESET}")
    with ranks_of_torchrun(device) as own, _results_folder(given) as (folder, mirror):
        if not is_first_rank():
            take_part(loaded, folder, own)
        elif cells is not None:
            _carry_out_share(loaded, folder, cells, own)
        else:
            registration = _registration(loaded, protocol, deviate, unsigned)
            carry_out(
                loaded,
                folder,
                with_audit=with_audit,
                device=own,
                engine=where,
                registration=registration,
                mirror=mirror,
            )
            _show(folder, None if with_audit else protocol)


def _show(folder: Path, protocol: Path | None) -> None:
    """Write the report of a finished study, with the audit of its protocol where it has no other, and name it."""
    from worldprobe.audits.audit_folder import copy_audit
    from worldprobe.reports import write_report

    if protocol is not None:
        copy_audit(protocol, folder)
    page = write_report(folder)
    print_summary(folder)
    say("Report: {}", page)


def carry_out(
    study: Any,
    folder: Path,
    *,
    with_audit: bool,
    device: str = "auto",
    engine: Any = None,
    registration: Any = None,
    mirror: Any = None,
) -> None:
    """Audit a study where that is asked for, and run it, until Ctrl-C."""
    from worldprobe._util.progress import reporter
    from worldprobe.study import run_study
    from worldprobe.study.audit_study import keep_audit

    with _until_interrupted(reporter()) as shown:
        if with_audit:
            keep_audit(study, folder, reporter=shown)
        run_study(
            study,
            folder,
            device=device,
            processes=None,
            engine=engine,
            reporter=shown,
            command=_command(),
            registration=registration,
            after_run=_ReportSoFar(mirror, shown),
        )


def _carry_out_share(study: Any, folder: Path, cells: str, device: str) -> None:
    """Run one share of a study's runs, until Ctrl-C."""
    from worldprobe._util.progress import reporter
    from worldprobe.study.execution import Share
    from worldprobe.study.resumable_run import run_share

    share = Share.parse(cells)
    with _until_interrupted(reporter()) as shown:
        run_share(study, folder, share, device=device, reporter=shown)
    say("Share {} of the runs is finished in {}.", cells, folder)


@contextmanager
def _results_folder(out: str) -> Iterator[tuple[Path, Any]]:
    """Give the folder to work in, and for a URL what mirrors it: filled from there first, copied there at the end."""
    from worldprobe.study.mirrored_folder import MirroredFolder, is_url
    from worldprobe.train.ranks import is_first_rank

    if not is_url(out):
        yield Path(out), None
        return
    mirror = MirroredFolder(out)
    if not is_first_rank():
        yield mirror.folder, None
        return
    mirror.check()
    mirror.pull()
    try:
        yield mirror.folder, mirror
    finally:
        mirror.push()
    say("Copied to {}", mirror.url)


@contextmanager
def _until_interrupted(shown: Any) -> Iterator[Any]:
    """Give a reporter that Ctrl-C stops at the next step; exits with 130 then."""
    from worldprobe._util.interrupts import stoppable

    try:
        with stoppable(shown) as stopping:
            yield stopping
    except KeyboardInterrupt:
        print("\nworldprobe: stopped. What is finished is kept; the same command continues.", file=sys.stderr)
        raise typer.Exit(130) from None


class _ReportSoFar:
    """Writes the report of what is finished, at most a tenth of the time."""

    def __init__(self, mirror: Any, reporter: Any) -> None:
        self._next, self._mirror, self._reporter = 0.0, mirror, reporter

    def __call__(self, folder: Path) -> None:
        from worldprobe.reports import write_report

        start = time.monotonic()
        if start >= self._next:
            write_report(folder)
            end = time.monotonic()
            self._next = end + 9 * (end - start)
        if self._mirror is not None:
            try:
                self._mirror.push()
            except WorldprobeError as error:  # the study goes on; the last copy raises
                self._reporter.say(str(error))


def _registration(study: Any, protocol: Path | None, deviate: str | None, unsigned: bool) -> Any:
    """Return what the results will say of the protocol, None without one."""
    from worldprobe.protocol import register

    if protocol is None:
        if deviate is not None or unsigned:
            raise InvalidValue("--protocol", None, "a folder, with --deviate or --unsigned")
        return None
    return register(study, protocol, deviate=deviate, unsigned=unsigned)


def _command() -> str:
    return shlex.join(["worldprobe", *sys.argv[1:]])
