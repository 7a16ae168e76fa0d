"""`worldprobe open`: show a report in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import worldprobe
from worldprobe.cli.app import app
from worldprobe.cli.terminal import say
from worldprobe.errors import NoResults

PACKAGE = Path(worldprobe.__file__).parent
SHIPPED = (PACKAGE / "reports" / "shipped", PACKAGE.parents[1] / "docs" / "report")
"""Where finished reports are: in the package, or in the docs of a checkout."""


@app.command("open")
def open_report(
    folder: Annotated[
        Path | None, typer.Argument(help="A results folder. Default: the finished report of the study camera.")
    ] = None,
) -> None:
    """Open a report in the browser, and print where it is."""
    page = _shipped() if folder is None else _report_of(folder)
    say("{}", page)
    if _has_screen():
        import webbrowser

        webbrowser.open(page.resolve().as_uri())


def _report_of(folder: Path) -> Path:
    page = folder if folder.suffix == ".html" else folder / "report.html"
    if not page.is_file():
        raise NoResults(f"{folder} holds no report.html. `worldprobe report {folder}` writes one.")
    return page


def _shipped() -> Path:
    pages = [page for place in SHIPPED for page in sorted(place.glob("*.html"))]
    if not pages:
        raise NoResults(
            "No finished report was installed here. `worldprobe run camera --preset smoke` makes a short one."
        )
    return pages[0]


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
