"""What embeddings show of style: invariance, a linear reading of every style control, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.reports.causes import BY_FIELD, missing_parts
from worldprobe.reports.charts import BarStack, StackPiece, stack_chart
from worldprobe.reports.html_blocks import Cell, Section, Table, grid_of, panel, shown_r2
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.wording import at, ratio
from worldprobe.results import Run, StyleRecord

LEAD = (
    "Style is drawn afresh within each pair: an encoder should ignore it. Invariance is the share of the embedding’s "
    "variance that remains when style alone is drawn again: 1 where style changes nothing. Bars show the R² of a "
    "linear regression of every style control on the embedding: 0 where it cannot be read. What style costs is its "
    "part of the mean R² that is missing; it is at most the share of variance that style has on the exploration’s own "
    "held-out frames."
)
COLOUR = BY_FIELD["style"].colour


def has_style(folder: ResultsFolder) -> bool:
    """Whether any run was scored for style."""
    return any(run.recovery.style is not None for run in folder.results.runs)


def style_invariance(folder: ResultsFolder) -> Section:
    """Show how far the embeddings of every exploration ignore style, and tabulate it with the references."""
    cells = [_cell(folder, s, found) for s in folder.series if (found := _records(s.runs))]
    rows = [_row(s.label, found, missing_style(folder, s)) for s in folder.series if (found := _records(s.runs))]
    for summary in folder.references:
        if found := _records(folder.runs_of(summary)):
            label = ", ".join(filter(None, [folder.role(summary.role), summary.regime, at(summary.axes)]))
            rows.append(_row(label, found, None))
    names = list(_records(folder.results.runs)[0].r2_per_style)
    columns = ("exploration", "invariance", "share in its own frames", "costs of mean R²", *names)
    table = Table("What embeddings show of style, mean over seeds", columns, tuple(rows))
    return Section("style", "Style that should be ignored", LEAD, (grid_of(cells, "three"),), (table,), nav="Style")


def missing_style(folder: ResultsFolder, s: Series) -> float | None:
    """Return what style costs of a series' mean R²; None where it could not be separated."""
    sizes = [part.style for part in missing_parts(folder, s).values()]
    known = [size for size in sizes if size is not None]
    return float(np.mean(known)) if known and len(known) == len(sizes) else None


def _cell(folder: ResultsFolder, s: Series, found: Sequence[StyleRecord]) -> Markup:
    read = _read(found)
    # What a regression reads worse than the mean is no more than nothing; the table has the exact value.
    bars = [BarStack(name, (StackPiece(COLOUR, "R²", max(value, 0.0)),)) for name, value in read.items()]
    said = _said(found, missing_style(folder, s))
    head = Markup('<i class="swatch c{}" aria-hidden="true"></i>{}').format(s.colour, s.label)
    chart = stack_chart(bars, 1.0, 350, f"R² of style after {s.label}", said)
    below = Markup('<ul class="because"><li>{}</li></ul>').format(said)
    return panel(head, f"invariance {ratio(_invariance(found))}", chart + below)


def _said(found: Sequence[StyleRecord], cost: float | None) -> str:
    share = _share(found)
    if share is None:
        return "No held-out frames of its own were measured."
    has = f"Style has {ratio(share)} of the embedding’s variance on the exploration’s own frames"
    return f"{has}; what it costs could not be separated." if cost is None else f"{has} and costs {ratio(cost)} of R²."


def _row(label: str, found: Sequence[StyleRecord], cost: float | None) -> tuple[Cell, ...]:
    numbers = (_invariance(found), _share(found), cost, *_read(found).values())
    return (label, *(None if value is None else shown_r2(value) for value in numbers))


def _records(runs: Iterable[Run]) -> list[StyleRecord]:
    return [run.recovery.style for run in runs if run.recovery.style is not None]


def _invariance(found: Sequence[StyleRecord]) -> float:
    return float(np.mean([record.invariance for record in found]))


def _share(found: Sequence[StyleRecord]) -> float | None:
    known = [record.variance_in_regime for record in found if record.variance_in_regime is not None]
    return float(np.mean(known)) if len(known) == len(found) else None


def _read(found: Sequence[StyleRecord]) -> dict[str, float]:
    return {name: float(np.mean([record.r2_per_style[name] for record in found])) for name in found[0].r2_per_style}
