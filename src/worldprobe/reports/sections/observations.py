"""What each exploration saw: frames redrawn large, next to the same frames as the encoder saw them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from worldprobe.reports.embedded_pictures import embed, strip
from worldprobe.reports.html_blocks import Section, Table, figure, note, row
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.series_selection import evenly
from worldprobe.reports.wording import count, number
from worldprobe.results import Exploration

SHEETS_BYTES = 1_200_000  # of all contact sheets together, before base64
MOST_SHEETS = 6
BESIDE = 4
"""Frames at their true size next to a contact sheet."""


def observations(folder: ResultsFolder) -> Section:
    """Show contact sheets: what each regime showed the encoder, or a few of many."""
    explorations = folder.results.explorations
    drawn = evenly(explorations, MOST_SHEETS)
    blocks: list[Markup]
    if folder.drawn:
        blocks = [_row(folder, e, SHEETS_BYTES // len(drawn)) for e in drawn]
    else:
        blocks = [note("This folder has no contact sheets. Worlds without frames have none.")]
    lead = (
        "The same world, the same encoder, the same number of frames: only the exploration differs. The large frames "
        "are redrawn for the report"
    )
    kept = any(folder.true_frames(e).is_file() for e in explorations)
    lead += "; the small ones are what the encoder saw, pixel for pixel." if kept else "."
    if folder.swept:
        lead = f"Frames of {len(drawn)} of {len(explorations)} explorations, evenly spread over the sweep."
    return Section("seen", "What each exploration saw", lead, tuple(blocks), (settings_table(folder),), nav="Frames")


def _row(folder: ResultsFolder, e: Exploration, most_bytes: int) -> Markup:
    sheet, own = folder.contact_sheet(e), folder.true_frames(e)
    size = f"{number(e.frames)} frames, {number(e.pairs)} pairs"
    if not sheet.is_file():
        body = note(f"This folder has no {sheet.parent.name}/{sheet.name}. Worlds without frames have none.")
        return row(folder.explored(e), folder.colour(e.label), size, [body], "one")
    large = figure(embed(sheet, 1100, most_bytes), f"A contact sheet of frames from {folder.explored(e)}.", "")
    body = Markup('<div class="sheet">{}{}</div>').format(large, _true_size(folder, e) if own.is_file() else "")
    return row(folder.explored(e), folder.colour(e.label), size, [body], "one")


def _true_size(folder: ResultsFolder, e: Exploration) -> Markup:
    found = strip(folder.true_frames(e), min(8, e.frames), across=1, most=BESIDE)
    said = f"{count(BESIDE, 'frame').capitalize()} of {folder.explored(e)} at their true size."
    text = Markup(
        '<figure><img class="true hard" src="{}" width="{}" height="{}" alt="{}"><figcaption>{}</figcaption></figure>'
    )
    return text.format(found.uri, found.width, found.height, said, f"{found.tile[0]} × {found.tile[1]}")


def settings_table(folder: ResultsFolder) -> Table:
    """Return the table of every exploration's regime, settings and size."""
    columns = ("exploration", "regime", "settings", "frames", "pairs")
    rows = tuple((folder.explored(e), e.regime, _settings(e), e.frames, e.pairs) for e in folder.results.explorations)
    return Table("The explorations and their settings", columns, rows)


def _settings(e: Exploration) -> str:
    return ", ".join(_setting(key, value) for key, value in e.settings.items()) or "none"


def _setting(key: str, value: Any) -> str:
    """Return a setting in words: of a list of lists only how many there are, for study.yaml has them all."""
    nested = isinstance(value, list | tuple) and any(isinstance(part, list | tuple | dict) for part in value)
    return f"{len(value)} {key}" if nested else f"{key} {value}"
