"""What each regime saw and where it went."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.blocks import (
    Section,
    Table,
    figure,
    legend,
    note,
    panel,
    row,
    shape,
    shown_controls,
    tabled_controls,
)
from worldprobe.reports.charts import SPAN, TALLEST, histogram
from worldprobe.reports.picking import evenly
from worldprobe.reports.pictures import embed
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.words import number, ratio
from worldprobe.results import STILL, Exploration

SHEETS_BYTES = 1_200_000  # of all contact sheets together, before base64
MOST_SHEETS = 6


def seen(folder: ResultsFolder) -> Section:
    """Show contact sheets: what each regime showed the encoder, or a few of many."""
    explorations = folder.results.explorations
    sheets = {e.id: folder.contact_sheet(e) for e in explorations}
    drawn = evenly(explorations, MOST_SHEETS)
    blocks = []
    if not any(sheet.is_file() for sheet in sheets.values()):
        blocks.append(note("No contact sheets: this folder has none. Worlds without frames have none."))
        drawn = []
    for e in drawn:
        sheet = sheets[e.id]
        if sheet.is_file():
            picture = embed(sheet, 1100, SHEETS_BYTES // len(drawn))
            body = figure(picture, f"A contact sheet of frames that the {folder.explored(e)} regime saw.", "")
        else:
            body = note(
                f"No contact sheet: this folder has no {sheet.parent.name}/{sheet.name}. "
                "Worlds without frames have none."
            )
        size = f"{number(e.frames)} frames, {number(e.pairs)} pairs"
        blocks.append(row(folder.explored(e), folder.colour(e.label), size, [body], "one"))
    lead = "The same world, the same encoder, the same number of frames. Only the way of moving through it differs."
    if folder.swept:
        lead = f"Frames of {len(drawn)} of {len(explorations)} explorations, evenly along the sweep."
    return Section("seen", "What each exploration saw", lead, tuple(blocks), (settings_table(folder),), shape="sheets")


def settings_table(folder: ResultsFolder) -> Table:
    """Return the table of every exploration's regime, settings and size."""
    columns = ("exploration", "regime", "settings", "frames", "pairs")
    rows = tuple((folder.explored(e), e.regime, _settings(e), e.frames, e.pairs) for e in folder.results.explorations)
    return Table("The explorations and their settings", columns, rows)


def visited(folder: ResultsFolder) -> Section:
    """Show the values that each regime visited against the canonical N(0, 1), with pair correlations."""
    shown, said = shown_controls(folder)
    rows = []
    for e in folder.results.explorations:
        z = folder.visited(e)
        cells = [_cell(e, name, z[:, column], folder.colour(e.label)) for column, name in enumerate(shown)]
        known = f"exactly {e.exact_marginal}" if e.exact_marginal else "as measured"
        rows.append(row(e.label, folder.colour(e.label), known, cells, shape(shown)))
    lead = (
        "Where each exploration took each control, in standard deviations of the canonical distribution. ρ is the "
        "control's correlation between the two members of a pair: near 1, the pair hardly moved. What lies beyond "
        f"±{SPAN:g} stands in the last bar; bars are cut at density {TALLEST:g}.{said}"
    )
    key = legend([("key area", "visited"), ("key canonical", "canonical N(0, 1)")])
    return Section("visited", "Where each exploration went", lead, (key, *rows), (_visited_table(folder),))


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


def _settings(e: Exploration) -> str:
    return ", ".join(_setting(key, value) for key, value in e.settings.items()) or "none"


def _setting(key: str, value: Any) -> str:
    """Return a setting in words: of a list of lists only how many there are, for study.yaml has them all."""
    nested = isinstance(value, list | tuple) and any(isinstance(part, list | tuple | dict) for part in value)
    return f"{len(value)} {key}" if nested else f"{key} {value}"
