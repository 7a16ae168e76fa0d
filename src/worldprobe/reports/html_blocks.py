"""What a section of the report is made of: blocks of HTML, and the tables behind its charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.charts import marker
from worldprobe.reports.embedded_pictures import EmbeddedPicture
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import ratio
from worldprobe.results import Run

MOST_CONTROLS = 12  # nobody reads small multiples of more
MOST_OPEN = 12  # rows of a table that is open
MOST_ROWS = 1500  # of a table with a row for every control; results.json holds every number


@dataclass(frozen=True)
class Shown:
    """A number with its own text; the exact value is kept in the page."""

    value: float
    text: str


def shown_r2(value: float) -> Shown:
    """Return an R^2 for a table: three decimals, or as many as tell it from 1."""
    return Shown(value, ratio(value, 3))


Cell = str | int | float | Shown | None


@dataclass(frozen=True)
class Table:
    """A table; its first column names the row, and the page keeps the full value of every rounded number."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers, and so are aligned to the right."""
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
    """A table that is open, where the section has no chart."""
    nav: str = ""
    """Its name in the list of contents; the title where this is empty."""


def mean_within(run: Run) -> float | None:
    """Return R^2 within the regime, the mean over the controls that move; None where none does."""
    inside = [value for value in (run.recovery.r2_in_regime or {}).values() if value is not None]
    return sum(inside) / len(inside) if inside else None


def shown_controls(folder: ResultsFolder) -> tuple[list[str], str]:
    """Return the controls that small multiples show, and a sentence where that is not all of them."""
    names = folder.controls
    if len(names) <= MOST_CONTROLS:
        return names, ""
    return names[:MOST_CONTROLS], f" The first {MOST_CONTROLS} of {len(names)} controls are drawn."


def tabled_controls(names: Sequence[str], times: int, rank: Mapping[str, float] | None = None) -> list[str]:
    """Return the controls that a table holds `times` over: all, or five of very many.

    Five are the lowest, the highest and three between by `rank`, or as the world orders them.
    """
    if len(names) * times <= MOST_ROWS:
        return list(names)
    ordered = sorted(names, key=lambda name: rank[name]) if rank else names
    return [ordered[round(share * (len(ordered) - 1))] for share in (0.0, 0.1, 0.5, 0.9, 1.0)]


def shape(shown: Sequence[str]) -> str:
    """Return the grid's class for this many small multiples: a few may be larger."""
    return "few" if len(shown) <= 4 else ""


def legend(entries: Iterable[tuple[str | Markup, str]]) -> Markup:
    """Return a legend of (classes, text): `swatch c0` is a colour, `key ceiling` and its like are line styles.

    In the place of classes may stand the sign itself.
    """
    listed = Markup("").join(Markup("<li>{}{}</li>").format(_key(key), text) for key, text in entries)
    return Markup('<ul class="legend">{}</ul>').format(listed)


def _key(key: str | Markup) -> Markup:
    return key if isinstance(key, Markup) else Markup('<i class="{}" aria-hidden="true"></i>').format(key)


def sign(shape: int, colour: int, empty: bool = False) -> Markup:
    """Return a chart's marker for a legend: the shape and colour of a condition, or `empty` for published values."""
    drawn = Markup('<svg class="key-sign c{}" viewBox="0 0 14 14" aria-hidden="true"><path class="{}" d="{}"/></svg>')
    return drawn.format(colour, "sign open" if empty else "sign", marker(shape, 7, 7))


def grid_of(cells: Sequence[Markup], shape: str) -> Markup:
    """Return panels in a grid of the style sheet's."""
    return Markup('<div class="grid {}">{}</div>').format(shape, Markup("").join(cells))


def both_widths(wide: Markup, narrow: Markup) -> Markup:
    """Return a chart drawn twice: for wide columns and paper, and for phones, so that its text keeps its size."""
    return Markup('<div class="wide">{}</div><div class="narrow">{}</div>').format(wide, narrow)


def panel(head: str | Markup, figure: str, chart: Markup) -> Markup:
    """Return one small multiple: its name, a number at the right, the chart."""
    text = Markup('<div class="cell"><p class="head"><span>{}</span> <span class="num">{}</span></p>{}</div>')
    return text.format(head, figure, chart)


def row(title: str, colour: int, note: str, cells: Sequence[Markup], shape: str = "") -> Markup:
    """Return a titled row of panels in one regime's colour; `shape` names another grid than the six-column one."""
    return titled(title, colour, note, grid_of(cells, shape))


def titled(title: str, colour: int, note: str, body: Markup) -> Markup:
    """Return a body under a title in one regime's colour."""
    text = Markup('<div class="row"><h3><i class="swatch c{}" aria-hidden="true"></i>{} <small>{}</small></h3>{}</div>')
    return text.format(colour, title, note, body)


def figure(picture: EmbeddedPicture, alt: str, caption: str, classes: str = "") -> Markup:
    """Return a picture with its caption."""
    text = Markup(
        '<figure class="{}"><img class="{}" src="{}" width="{}" height="{}" alt="{}">'
        "<figcaption>{}</figcaption></figure>"
    )
    return text.format(
        classes, "hard" if picture.hard else "soft", picture.uri, picture.width, picture.height, alt, caption
    )


def note(text: str, kind: str = "absent", items: Sequence[str] = ()) -> Markup:
    """Return a paragraph that says what is missing (`absent`) or must not be overlooked (`warning`)."""
    listed = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    below = Markup("<ul>{}</ul>").format(listed) if items else Markup("")
    body = Markup("<b>Warning. {}</b>") if kind == "warning" else Markup("{}")
    return Markup('<div class="note {}">{}{}</div>').format(kind, body.format(text), below)
