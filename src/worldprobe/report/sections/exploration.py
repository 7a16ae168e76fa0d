"""What each regime saw and where it went."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.report.blocks import Section, Table, figure, legend, note, panel, row, shape, shown_controls
from worldprobe.report.charts import SPAN, TALLEST, histogram
from worldprobe.report.folder import ResultsFolder
from worldprobe.report.pictures import embed
from worldprobe.report.words import number, ratio
from worldprobe.studies.results import Exploration
from worldprobe.studies.verdicts import STILL

SHEETS_BYTES = 1_200_000  # of all contact sheets together, before base64


def seen(folder: ResultsFolder) -> Section:
    """Show contact sheets: what each regime showed the encoder."""
    explorations = folder.results.explorations
    blocks = []
    for e in explorations:
        sheet = folder.contact_sheet(e)
        if sheet.is_file():
            picture = embed(sheet, 1100, SHEETS_BYTES // len(explorations))
            body = figure(picture, f"A contact sheet of frames that the {e.label} regime saw.", "")
        else:
            body = note(
                f"No contact sheet: this folder has no {sheet.parent.name}/{sheet.name}. "
                "Worlds without frames have none."
            )
        size = f"{number(e.frames)} frames, {number(e.pairs)} pairs"
        blocks.append(row(e.label, folder.colour(e.label), size, [body], "one"))
    lead = "The same world, the same encoder, the same number of frames. Only the way of moving through it differs."
    settings = tuple((e.label, e.regime, _settings(e), e.frames, e.pairs) for e in explorations)
    table = Table(
        "The explorations and their settings", ("exploration", "regime", "settings", "frames", "pairs"), settings
    )
    return Section("seen", "What each exploration saw", lead, tuple(blocks), (table,), shape="sheets")


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
        for name in folder.controls
    )
    return Table("What each exploration visited", columns, rows)


def _settings(e: Exploration) -> str:
    return ", ".join(f"{key} {value}" for key, value in e.settings.items()) or "none"
