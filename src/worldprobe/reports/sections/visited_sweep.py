"""Which values the explorations of a sweep visited: a table, and a few histograms along the axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.reports.charts import SPAN, TALLEST, histogram
from worldprobe.reports.html_blocks import Cell, Section, Shown, Table, grid_of, legend, panel
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.observations import settings_table
from worldprobe.reports.series_selection import evenly
from worldprobe.reports.wording import number, ratio, unbroken
from worldprobe.results import STILL, Exploration

MOST_DRAWN = 6
MOST_ROWS_OPEN = 24


def visited_sweep(folder: ResultsFolder) -> Section:
    """Tabulate what every exploration of a sweep visited, and draw a few of them."""
    explorations = alike(folder)
    drawn = evenly(explorations, MOST_DRAWN)
    cells = [_cell(folder, e, name) for e, name in drawn]
    first = next(iter(drawn[0][0].sd)) if drawn else ""
    lead = (
        "The measured statistics of every exploration, over its controls: the correlation between the two members of a "
        "pair, the standard deviation and the excess kurtosis (0 for a Gaussian, above for heavier tails)."
    )
    if cells:
        some = "" if len(drawn) == len(explorations) else f" in {len(drawn)} of {len(explorations)} explorations"
        lead += (
            f" The values of {first}{some} are drawn, in standard deviations; values beyond ±{SPAN:g} are counted in "
            f"the last bar, and bars are cut at density {TALLEST:g}."
        )
    key = legend([("key area", "visited"), ("key canonical", "canonical N(0, 1)")])
    blocks = (key, grid_of(cells, "")) if cells else ()
    title, statistics, settings = "Where each exploration went", _table(folder), settings_table(folder)
    if len(statistics.rows) > MOST_ROWS_OPEN:
        return Section("visited", title, lead, blocks, (statistics, settings), nav="Visited")
    return Section("visited", title, lead, blocks, (settings,), shown=statistics, nav="Visited")


def alike(folder: ResultsFolder) -> list[tuple[Exploration, str]]:
    """Return the explorations with their names, one for those that visited the same: of a sweep over worlds, say."""
    found: dict[str, list[Exploration]] = {}
    regimes = list(dict.fromkeys(e.label for e in folder.results.explorations))
    for e in sorted(folder.results.explorations, key=lambda e: regimes.index(e.label)):
        key = repr((e.label, e.settings, e.mean, e.sd, e.excess_kurtosis, e.pair_correlation))
        found.setdefault(key, []).append(e)
    return [(same[0], _shared_name(folder, same)) for same in found.values()]


def _shared_name(folder: ResultsFolder, same: list[Exploration]) -> str:
    """Return the name of explorations that visited the same: by the axes that they share, else by all their names."""
    shared = {name: label for name, label in same[0].axes.items() if all(e.axes.get(name) == label for e in same)}
    if shared:
        return folder.explored(same[0].model_copy(update={"axes": shared}))
    names = [folder.explored(e) for e in same]
    return ", ".join(names) if len(names) <= 4 else f"{names[0]} … {names[-1]}"


def _cell(folder: ResultsFolder, e: Exploration, called: str) -> Markup:
    name = next(iter(e.sd))
    rho, still = e.pair_correlation[name], e.sd[name] < STILL
    said = "never moved" if still else "ρ —" if rho is None else f"ρ {ratio(rho)}"
    desc = f"Mean {number(e.mean[name], 2)}, standard deviation {number(e.sd[name], 2)}; {said}."
    title = f"{name} as {called} visited it"
    values = folder.visited(e)[:, 0].astype(np.float64)
    return panel(unbroken(called), said, histogram(values, still, folder.colour(e.label), title, desc))


def _table(folder: ResultsFolder) -> Table:
    columns = (
        "exploration",
        "controls",
        "mean |\u2060ρ|",
        "mean sd",
        "smallest sd",
        "largest sd",
        "mean excess kurtosis",
        "exact marginal",
    )
    rows = tuple(_statistics(e, called) for e, called in alike(folder))
    return Table("What each exploration visited, over its controls", columns, rows)


def _statistics(e: Exploration, called: str) -> tuple[Cell, ...]:
    rho = [abs(r) for r in e.pair_correlation.values() if r is not None]
    kurtosis = [k for k in e.excess_kurtosis.values() if k is not None]
    sds = list(e.sd.values())
    return (
        called,
        len(sds),
        _rounded(rho),
        _rounded(sds),
        _rounded([min(sds)]),
        _rounded([max(sds)]),
        _rounded(kurtosis),
        (e.exact_marginal or "not known").replace("^2", "²"),
    )


def _rounded(values: Sequence[float]) -> Shown | None:
    if not len(values):
        return None
    mean = float(np.mean(values))
    return Shown(mean, f"{mean:.3f}".replace("-", "−"))
