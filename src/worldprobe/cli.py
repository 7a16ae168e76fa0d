"""The command line: a thin door to the Python API."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from worldprobe.errors import InvalidValue, UnknownName, WorldprobeError

app = typer.Typer(
    name="worldprobe",
    help="Find out whether a world model can be learned from the way a world is explored.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
console = Console()


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A shipped study (camera, ...) or the path of a study's YAML file.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change: training.steps=500")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="smoke (seconds), cpu (minutes; the default) or gpu.")] = None,
    out: Annotated[Path | None, typer.Option(help="Results folder. Default: runs/STUDY-PRESET.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, or auto.")] = "auto",
    with_audit: Annotated[
        bool, typer.Option("--audit", help="Audit the study first, and keep it for the report.")
    ] = False,
    protocol: Annotated[
        Path | None, typer.Option(help="Run what this folder's protocol planned, and only that.")
    ] = None,
    deviate: Annotated[
        str | None, typer.Option(help="With --protocol: run another study than planned, and why.")
    ] = None,
    unsigned: Annotated[bool, typer.Option(help="With --protocol: run without the sign-offs.")] = False,
) -> None:
    """Render a world, explore it, train an encoder on each exploration, measure what it recovered, write a report.

    Finished runs are never redone: stop it with Ctrl-C, and the same command continues.

    [bold]worldprobe run camera[/bold]                                  the main study, minutes on two cores
    [bold]worldprobe run camera --preset smoke[/bold]                   everything, in under a minute
    [bold]worldprobe run camera regimes.gaussian.rho=0.5 seeds=[0,1,2][/bold]
    """
    from worldprobe.audit.saved import copy_audit
    from worldprobe.progress import reporter
    from worldprobe.studies import DEFAULT_PRESET, load_study, run_study
    from worldprobe.studies.auditing import keep_audit

    loaded = load_study(study, overrides or [], preset)
    folder = out or Path("runs") / f"{loaded.name}-{preset or DEFAULT_PRESET}"
    registration = _registration(loaded, protocol, deviate, unsigned)
    try:
        if with_audit:
            keep_audit(loaded, folder, reporter=reporter())
        run_study(loaded, folder, device=device, reporter=reporter(), command=_command(), registration=registration)
    except KeyboardInterrupt:
        print("\nworldprobe: stopped. What is finished is kept; the same command continues.", file=sys.stderr)
        raise typer.Exit(130) from None
    if protocol is not None and not with_audit:
        copy_audit(protocol, folder)
    from worldprobe.report import write_report

    page = write_report(folder)
    _print_summary(folder)
    console.print(f"Report: {page}", soft_wrap=True)


@app.command()
def audit(
    study: Annotated[str | None, typer.Argument(help="A shipped study or the path of a study's YAML file.")] = None,
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change, as in `worldprobe run`.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="smoke, cpu (the default) or gpu.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="A recording of your own instead: NPZ, CSV, Parquet, HDF5, LeRobot.")
    ] = None,
    states: Annotated[str | None, typer.Option(help="With --data: its state columns, comma-separated.")] = None,
    frames: Annotated[str | None, typer.Option(help="With --data: its frames' column or video, or none.")] = None,
    episode: Annotated[str | None, typer.Option(help="With --data: its episodes' column, or none.")] = None,
    stride: Annotated[int, typer.Option(help="With --data: rows between the members of a pair.", min=1)] = 1,
    drop_bad: Annotated[bool, typer.Option(help="With --data: leave out rows that are not finite.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder to keep audit.json in, with the frames that show it.")
    ] = None,
    protocol: Annotated[Path | None, typer.Option(help="Add the gates' results to this protocol's folder.")] = None,
    as_brief: Annotated[
        bool,
        typer.Option("--brief", help="Print a brief for reviewers, in Markdown (brief.md where a folder is given)."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say before any training whether an exploration can teach a world model, and what stands in its way.

    Exit status: 0 where nothing fails, 1 where a gate fails, 2 where the audit could not be made.

    [bold]worldprobe audit camera[/bold]                               the room, and three ways of exploring it
    [bold]worldprobe audit --data log.npz --states x,y,yaw[/bold]      states of your own
    """
    from worldprobe.studies import load_study

    if (study is None) == (data is None):
        raise InvalidValue("audit", study, "a study, or --data PATH, and not both")
    if study is not None:
        loaded = load_study(study, overrides or [], preset)
        found = _audit_study(loaded, out, protocol, as_brief, as_json)
    else:
        if as_brief or out is not None or protocol is not None:
            raise InvalidValue("--data", str(data), "without --out, --protocol and --brief, which are a study's")
        found = _audit_recording(str(data), states, frames, episode, stride, drop_bad, as_json)
    if not as_brief or as_json:
        print(json.dumps(found.to_json(), indent=2)) if as_json else _print_audit(found)
    raise typer.Exit(found.exit_status)


@app.command()
def plan(
    study: Annotated[str, typer.Argument(help="A shipped study or the path of a study's YAML file.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change, as in `worldprobe run`.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="smoke, cpu (the default) or gpu.")] = None,
    out: Annotated[Path | None, typer.Option(help="The protocol's folder. Default: protocols/STUDY-PRESET.")] = None,
    reviews: Annotated[int, typer.Option(help="Independent sign-offs that it takes.", min=1)] = 2,
) -> None:
    """Fix what will be run and what would confirm or refute it, before it is run: a protocol with its hash.

    [bold]worldprobe plan camera --out protocol[/bold]                     protocol.json, and protocol.md for people
    [bold]worldprobe audit camera --protocol protocol[/bold]               add the gates' results
    [bold]worldprobe sign protocol --name Ada --role reviewer --verdict approve[/bold]
    [bold]worldprobe run camera --protocol protocol[/bold]                 run that, and nothing else
    """
    from worldprobe import protocol
    from worldprobe.studies import DEFAULT_PRESET, load_study

    loaded = load_study(study, overrides or [], preset)
    folder = out or Path("protocols") / f"{loaded.name}-{preset or DEFAULT_PRESET}"
    made = protocol.plan(loaded, folder, reviews=reviews)
    for claim in made.hypotheses:
        console.print(f"  {claim}", highlight=False, markup=False)
    if not made.hypotheses:
        console.print("This study states no hypothesis, so nothing can be confirmed or refuted.", soft_wrap=True)
    console.print(f"Protocol: {folder / 'protocol.md'}, SHA-256 {made.hash}", soft_wrap=True, highlight=False)


@app.command()
def sign(
    folder: Annotated[Path, typer.Argument(help="A folder that `worldprobe plan` wrote.")],
    name: Annotated[str, typer.Option(help="Who signs, a person or an assistant.")],
    role: Annotated[str, typer.Option(help="In what capacity: author, outside reviewer, assistant ...")],
    verdict: Annotated[str, typer.Option(help="approve, reject or comment.")],
    notes: Annotated[str, typer.Option(help="What was found.")] = "",
) -> None:
    """Add a reviewer's sign-off to a protocol.

    It is run with two approvals (or as many as were planned) by different names, and no rejection.
    """
    from worldprobe import protocol

    protocol.sign(folder, name=name, role=role, verdict=verdict, notes=notes)
    planned = protocol.read_protocol(folder)
    lack = protocol.lacking(planned, protocol.reviews(folder, planned))
    said = "it can be run" if lack is None else f"it cannot be run yet: {lack}"
    console.print(f"Signed by {name}; {said}.", soft_wrap=True, markup=False, highlight=False)


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A results folder that `worldprobe run` wrote.")]) -> None:
    """Write the report of a results folder again: one self-contained HTML file."""
    from worldprobe.report import write_report

    console.print(f"Report: {write_report(folder)}", soft_wrap=True)


@app.command()
def worlds(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the worlds: their controls, with units and scales, and their settings."""
    from worldprobe.worlds import WORLDS

    _list_components(WORLDS, as_json, lambda world: [spec.described() for spec in world().controls])


@app.command()
def regimes(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the regimes, the ways of exploring a world, and their settings."""
    from worldprobe.regimes import REGIMES

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
    from worldprobe.studies.pictures import contact_sheet, single_view
    from worldprobe.worlds import WORLDS

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


def main() -> None:
    """Run the command line; a user's error is one message and exit status 2."""
    try:
        app()
    except WorldprobeError as error:
        print(f"worldprobe: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _audit_study(study: Any, out: Path | None, protocol: Path | None, as_brief: bool, as_json: bool) -> Any:
    from worldprobe.progress import reporter
    from worldprobe.protocol import brief, check_planned, file_audit
    from worldprobe.studies.auditing import audit_study

    if protocol is not None:
        check_planned(study, protocol)
    found = audit_study(study, reporter=reporter())
    kept = file_audit(study, found, out=out, protocol=protocol, with_brief=as_brief)
    if not as_json:
        for folder in kept:
            console.print(f"Kept in {folder}", soft_wrap=True, highlight=False)
        if as_brief and not kept:
            print(brief(study, found))
    return found


def _audit_recording(
    data: str, states: str | None, frames: str | None, episode: str | None, stride: int, drop_bad: bool, as_json: bool
) -> Any:
    from worldprobe.progress import reporter
    from worldprobe.recordings import read_recording
    from worldprobe.studies.auditing import audit_recording

    named = states.split(",") if states else None
    recording = read_recording(data, states=named, frames=frames, episode=episode, drop_bad=drop_bad)
    for part, choice in () if as_json else recording.chosen.items():
        console.print(f"[dim]{part}: {choice}[/dim]", soft_wrap=True)
    return audit_recording(recording, stride=stride, reporter=reporter())


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


def _print_audit(audit: Any) -> None:
    colours = {"pass": "green", "warn": "yellow", "fail": "red"}
    passed = sum(gate.verdict == "pass" for gate in audit.gates)
    for gate in audit.gates:
        if gate.verdict != "pass":
            colour = colours[gate.verdict]
            console.print(
                f"[{colour}]{gate.verdict}[/{colour}]  [bold]{gate.gate}[/bold], {gate.subject}: {gate.advice}"
            )
    console.print(f"{passed} of {len(audit.gates)} gates pass: [bold]{audit.verdict}[/bold]")


def _print_summary(folder: Path) -> None:
    from worldprobe.studies.results import Results

    results = Results.model_validate_json((folder / "results.json").read_text(encoding="utf8"))
    table = Table(title=f"Mean R² on the canonical test set ({results.study['title']})")
    for heading in ("regime", "objective", "R²", "95 % interval", "worst control"):
        table.add_column(heading)
    for row in results.summary:
        worst = min(row.r2_per_control, key=lambda name: row.r2_per_control[name].mean)
        low, high = row.r2.ci95
        lowest = f"{worst} {row.r2_per_control[worst].mean:.2f}"
        table.add_row(row.regime, row.objective, f"{row.r2.mean:.3f}", f"{low:.3f} to {high:.3f}", lowest)
    console.print(table)
    for row in results.summary:
        if row.role == "measured":
            console.print(f"[bold]{row.regime}[/bold]: {row.verdict}")
    for outcome in results.outcomes:
        console.print(f"{outcome.verdict}: {outcome.hypothesis} ({outcome.reason})", markup=False, highlight=False)


if __name__ == "__main__":
    main()
