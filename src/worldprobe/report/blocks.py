"""What a section of the report is made of: HTML blocks, and tables that stand behind the pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.report.folder import ResultsFolder
from worldprobe.report.pictures import Picture

MOST_CONTROLS = 12  # nobody reads small multiples of more

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A table; its first column names the row, and numbers keep their full value beside the rounded one that shows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers, and so stand to the right."""
        return tuple(not any(isinstance(row[i], str) for row in self.rows) for i in range(len(self.columns)))


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, a sentence or two, blocks of HTML, and the tables behind them (folded)."""

    key: str
    title: str
    lead: str
    blocks: tuple[Markup, ...] = ()
    tables: tuple[Table, ...] = ()
    shown: Table | None = None
    """A table that stands open, where the section has no picture."""
    shape: str = ""
    """A class of the style sheet for sections that lay out their blocks in their own way."""


def shown_controls(folder: ResultsFolder) -> tuple[list[str], str]:
    """Return the controls that small multiples show, and a sentence where that is not all of them."""
    names = folder.controls
    if len(names) <= MOST_CONTROLS:
        return names, ""
    return names[:MOST_CONTROLS], f" Drawn are the first {MOST_CONTROLS} of {len(names)} controls; the tables hold all."


def shape(shown: Sequence[str]) -> str:
    """Return the grid's class for this many small multiples: a few may be larger."""
    return "few" if len(shown) <= 4 else ""


def legend(entries: Iterable[tuple[str, str]]) -> Markup:
    """Return a legend of (classes, text): `swatch c0` is a colour, `key ceiling` and its like are line styles."""
    entry = Markup('<li><i class="{}" aria-hidden="true"></i>{}</li>')
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(entry.format(c, text) for c, text in entries))


def both_widths(wide: Markup, narrow: Markup) -> Markup:
    """Return a chart drawn twice: for wide columns and paper, and for phones, so that its text keeps its size."""
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(wide, narrow)


def panel(head: str | Markup, figure: str, chart: Markup) -> Markup:
    """Return one small multiple: its name, a number at the right, the chart."""
    text = Markup('<div class="cell"><p class="head"><span>{}</span> <span class="num">{}</span></p>{}</div>')
    return text.format(head, figure, chart)


def row(title: str, colour: int, note: str, cells: Sequence[Markup], shape: str = "") -> Markup:
    """Return a titled row of panels in one regime's colour; `shape` names another grid than the six-column one."""
    text = Markup(
        '<div class="row"><h3><i class="swatch c{}" aria-hidden="true"></i>{} <small>{}</small></h3>'
        '<div class="grid {}">{}</div></div>'
    )
    return text.format(colour, title, note, shape, Markup("").join(cells))


def figure(picture: Picture, alt: str, caption: str, classes: str = "") -> Markup:
    """Return a picture with its caption."""
    text = Markup(
        '<figure class="{}"><img class="{}" src="{}" width="{}" height="{}" alt="{}">'
        "<figcaption>{}</figcaption></figure>"
    )
    return text.format(
        classes, "hard" if picture.hard else "soft", picture.uri, picture.width, picture.height, alt, caption
    )


def note(text: str, kind: str = "absent", items: Sequence[str] = ()) -> Markup:
    """Return a paragraph that stands where something is missing (`absent`) or must not be overlooked (`warning`)."""
    listed = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    below = Markup("<ul>{}</ul>").format(listed) if items else Markup("")
    body = Markup("<b>Warning. {}</b>") if kind == "warning" else Markup("{}")
    return Markup('<div class="note {}">{}{}</div>').format(kind, body.format(text), below)
