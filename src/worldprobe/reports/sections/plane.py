"""Two controls in their plane: was it unfolded?"""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from jaxtyping import Float64, Int, Shaped
from markupsafe import Markup

from worldprobe.reports.blocks import Section, grid_of, panel, row
from worldprobe.reports.charts import plane
from worldprobe.reports.picking import few
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sweep import Condition, conditions
from worldprobe.reports.words import at, number, ratio, unbroken

Points = Float64[np.ndarray, "N 2"]

MOST_SERIES = 12  # with the true controls beside them a row is full
SHOWN_POINTS = 800


def planes(folder: ResultsFolder) -> Section:
    """Show true beside recovered controls of worlds that have two, coloured by where each point truly is."""
    found = of_two_controls(folder)
    shown = few(folder, found, MOST_SERIES if len(conditions(folder)) > 1 else MOST_SERIES - 1)
    kinds = [(c, [s for s in shown if s in c.series]) for c in conditions(folder)]
    if all(len(mine) <= 1 for _, mine in kinds):
        heads = [(s, c.label) for c, mine in kinds for s in mine]
        blocks = [grid_of([_true(folder, shown[0]), *(_read(folder, s, head) for s, head in heads)], "")]
    else:
        blocks = [_row(folder, c, mine) for c, mine in kinds if mine]
    left_out = f" Drawn are {len(shown)} of {len(found)} series." if len(shown) < len(found) else ""
    lead = (
        "The two controls of test points in their plane, in standard deviations: where they truly are, then where a "
        "linear regression on the embedding puts them. A point keeps the colour of its true place, so a plane that was "
        f"unfolded looks like the first one. The number is R², of the median seed.{left_out}"
    )
    return Section("plane", "Was the plane unfolded?", lead, tuple(blocks))


def _true(folder: ResultsFolder, s: Series) -> Markup:
    truth = _arrays(folder, s)[0]
    return panel("true", "", plane(truth, truth, "The true controls", f"{number(len(truth))} test points."))


def _row(folder: ResultsFolder, c: Condition, mine: list[Series]) -> Markup:
    cells = (_read(folder, s, at(s.summary.axes) or "read") for s in mine)
    return row(c.label, c.colour, "", [_true(folder, mine[0]), *cells])


def _read(folder: ResultsFolder, s: Series, head: str) -> Markup:
    truth, read = _arrays(folder, s)
    r2 = ratio(s.median_run.recovery.r2)
    title, desc = f"The controls as read after {s.label}", f"R² {r2}; colours are the true places."
    return panel(unbroken(head), r2, plane(read, truth, title, desc))


def _arrays(folder: ResultsFolder, s: Series) -> tuple[Points, Points]:
    arrays = folder.arrays(s.median_run, "truth", "recovered")
    chosen = _chosen(arrays["truth"])
    truth, read = (arrays[name][chosen].astype(np.float64) for name in ("truth", "recovered"))
    return truth, read


def _chosen(truth: Shaped[np.ndarray, "N 2"]) -> Int[np.ndarray, " M"]:
    """Return the rows of about SHOWN_POINTS points: of a lattice a coarser one, else the first ones."""
    across, up = (np.unique(column, return_inverse=True) for column in truth.T)
    if len(across[0]) * len(up[0]) != len(truth):
        return np.arange(min(SHOWN_POINTS, len(truth)))
    stride = ceil(sqrt(len(truth) / SHOWN_POINTS))
    return np.flatnonzero((across[1] % stride == 0) & (up[1] % stride == 0))


def of_two_controls(folder: ResultsFolder) -> list[Series]:
    """Return the series whose world has two controls."""
    return [s for s in folder.series if len(s.summary.r2_per_control) == 2]
