"""Where the commands print to. Whatever is data is printed as it is: never as markup, never as a terminal's command.

Use `say("[bold]{}[/bold]: {}", name, value)` for a line, `cell(value)` in a table, and no f-string with data in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from worldprobe._util.visible import visible

HOLE = "{}"

console = Console(emoji=False, highlight=False)
"""Standard output. It neither highlights numbers nor turns ":x:" into pictures."""


def say(template: str, *data: object) -> None:
    """Print one line, unbroken: the template may hold markup, and a `{}` for each piece of data."""
    console.print(filled(template, data), soft_wrap=True)


def filled(template: str, data: Sequence[object]) -> Text:
    """Return a template's text with data in the places of its `{}`, in the style that each place has."""
    rest, line = Text.from_markup(template, emoji=False), Text()
    for piece in data:
        place = rest.plain.index(HOLE)
        hole = rest[place : place + len(HOLE)]
        shown = Text(visible(piece))
        for span in hole.spans:
            shown.stylize(span.style)
        line.append_text(rest[:place]).append_text(shown)
        rest = rest[place + len(HOLE) :]
    return line.append_text(rest)


def cell(data: object, style: str = "") -> Text:
    """Return data as the cell of a table, or as its title."""
    return Text(visible(data, keep=""), style=style)


def table(title: object, *headings: object) -> Table:
    """Return an empty table with these headings."""
    made = Table(title=cell(title))
    for heading in headings:
        made.add_column(cell(heading))
    return made
