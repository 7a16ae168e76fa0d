"""`worldprobe doctor`: what this machine has."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from worldprobe.cli.app import app


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check what this machine has: one line each for what works, what is missing, and the command that installs it."""
    from dataclasses import asdict

    from worldprobe import machine_checks

    checks = machine_checks.checks()
    print(json.dumps([asdict(check) for check in checks], indent=2) if as_json else machine_checks.render(checks))
    raise typer.Exit(0 if all(check.ok for check in checks if check.required) else 1)
