"""Which values of its controls each exploration visited."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts import SPAN, TALLEST, histogram
from worldprobe.reports.html_blocks import Section, Table, legend, panel, row, shape, shown_controls, tabled_controls
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import number, ratio
from worldprobe.results import STILL, Exploration


def visited_controls(folder: ResultsFolder) -> Section:
    """Show the values that each regime visited against the canonical N(0, 1), with pair correlations."""
    shown, said = shown_controls(folder)
    rows = []
    for e in folder.results.explorations:
        z = folder.visited(e)
        cells = [_cell(e, name, z[:, column], folder.colour(e.label)) for column, name in enumerate(shown)]
        known = f"exactly {e.exact_marginal}" if e.exact_marginal else "as measured"
        rows.append(row(e.label, folder.colour(e.label), known, cells, shape(shown)))
    lead = (
        "The distribution of every control in each exploration, in standard deviations of the canonical distribution. "
        "ρ is the control's correlation between the two members of a pair: near 1, the pair hardly moved. Values "
        f"beyond ±{SPAN:g} are counted in the last bar; bars are cut at density {TALLEST:g}.{said}"
    )
    key = legend([("key area", "visited"), ("key canonical", "canonical N(0, 1)")])
    return Section(
        "visited", "Where each exploration went", lead, (key, *rows), (_visited_table(folder),), nav="Visited"
    )


def _cell(e: Exploration, name: str, values: Float[np.ndarray, " N"], colour: int) -> Markup:
    rho = e.pair_correlation[name]
    still = e.sd[name] < STILL
    said = "never moved" if still else "ρ —" if rho is None else f"ρ {ratio(rho)}"
    desc = f"Mean {number(e.mean[name], 2)}, standard deviation {number(e.sd[name], 2)}; {said}."
    return panel(name, said, histogram(values, still, colour, f"{name} as {e.label} visited it", desc))


def _visited_table(folder: ResultsFolder) -> Table:
    columns = (
        "exploration",
        "control",
        "mean",
        "sd",
        "excess kurtosis",
        "pair correlation",
        "exact pair correlation",
        "exact marginal",
    )
    tabled = tabled_controls(folder.controls, len(folder.results.explorations))
    rows = tuple(
        (
            e.label,
            name,
            e.mean[name],
            e.sd[name],
            e.excess_kurtosis[name],
            e.pair_correlation[name],
            (e.exact_pair_correlation or {}).get(name),
            e.exact_marginal or "not known",
        )
        for e in folder.results.explorations
        for name in tabled
    )
    return Table("What each exploration visited", columns, rows)
