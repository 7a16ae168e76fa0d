"""`worldprobe sigreg`: what a SIGReg implementation computes, and what is wrong with it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from worldprobe.cli.app import app
from worldprobe.cli.terminal import cell, console, say, table


@app.command()
def sigreg(
    loss: Annotated[
        str, typer.Argument(metavar="FILE.py:NAME", help="A function, module or class; the file is executed.")
    ],
    against: Annotated[
        str | None,
        typer.Option(help="The code whose conventions it should have: worldprobe, lejepa, lewm, lightly ..."),
    ] = None,
    ranks: Annotated[int, typer.Option(help="2: also under two gloo processes of this machine; 1: not.")] = 2,
    weight: Annotated[float | None, typer.Option("--lambda", help="Your lambda, for the table of equivalents.")] = None,
    samples: Annotated[int, typer.Option(help="Samples in every view of your batches.", min=1)] = 256,
    views: Annotated[int, typer.Option(help="Views in your batches.", min=1)] = 2,
    device: Annotated[str, typer.Option(help="Where it is evaluated: cpu or cuda.")] = "cpu",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Test a SIGReg: its scaling with N, knots, views, lambda, device, and its gradient under two processes.

    The function maps embeddings (N, d) or (views, N, d), and optionally lambda, to one number. Exit status: 0 if
    nothing is wrong, 1 if something is (or differs from --against), 2 if it could not be tested.

    [bold]worldprobe sigreg my_module.py:loss[/bold]
    [bold]worldprobe sigreg my_module.py:loss --against lejepa --lambda 0.02 --samples 256 --views 4[/bold]
    """
    from worldprobe.conformance.check_sigreg import check_sigreg

    found = check_sigreg(
        loss, against=against, ranks=ranks, weight=weight, samples=samples, view_count=views, device=device
    )
    print(json.dumps(found.to_json(), indent=2, allow_nan=False)) if as_json else _print(found)
    raise typer.Exit(0 if found.passed else 1)


def _print(found: Any) -> None:
    shown = table(f"SIGReg of {found.of}", "property", "found")
    for name, said in found.facts().items():
        shown.add_row(cell(name), cell(said))
    console.print(shown)
    if found.equivalent is not None:
        mine = found.equivalent
        title = f"The same weight as your lambda {mine.yours:g} ({mine.views} views of {mine.samples} samples)"
        equivalent = table(title, "code", "lambda", "differs in")
        for code, value in mine.codes.items():
            differs = ", ".join(each.name for each in found.differences[code]) or "nothing"
            equivalent.add_row(cell(code), cell(f"{value:.4g}"), cell(differs))
        console.print(equivalent)
    say("Computes what these do: {}", ", ".join(found.agrees_with) or "none of the public codes")
    for finding in found.findings:
        say("[red]{}[/red]: {} {}", finding.name, finding.says, finding.mend)
    for note in found.notes:
        say("Note: {}", note)
    if not found.findings:
        say("[green]Nothing is wrong.[/green]")
