"""Where the missing R² went: the parts of every control's 1 − R² as a stacked bar, and a sentence on each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.reports.cause_sentences import NEGLIGIBLE, Case, sentences
from worldprobe.reports.causes import NOT_SEPARATED, PARTS, Part, missing_parts, parts_of, separated
from worldprobe.reports.charts import BarStack, StackPiece, longest, stack_chart
from worldprobe.reports.html_blocks import Cell, Section, Table, grid_of, legend, note, panel, shown_r2
from worldprobe.reports.matching_audit import audit_of
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.sweep_conditions import compared_with
from worldprobe.reports.wording import and_list, number, ratio, squares
from worldprobe.results import MissingParts

UNTOLD = "the exploration’s part cannot be separated from data, optimisation and what is unexplained"
SHOWN = " what the embedding shows of style in place of controls;"


def missing_variance(folder: ResultsFolder) -> Section:
    """Show 1 − R² of every control after every exploration as a stacked bar of its parts, and say why."""
    found = [(s, parts) for s in folder.series if (parts := missing_parts(folder, s))]
    bars = {s.label: [_stack(name, part) for name, part in parts.items()] for s, parts in found}
    most = longest([stack for stacks in bars.values() for stack in stacks])
    cells = [_cell(folder, s, parts, bars[s.label], most) for s, parts in found]
    named = parts_of(folder)
    entries = [(f"swatch {part.colour}", part.name) for part in named]
    every = [part for _, parts in found for part in parts.values()]
    if not all(map(separated, every)):
        entries.append((f"swatch {NOT_SEPARATED.colour}", NOT_SEPARATED.name))
    lead = (
        "What each R² lacks of 1, and why: what even an ideal encoder of this exploration lacks; what nothing recovers "
        "from the observations, neither a supervised encoder nor raw pixels; what depends on which of several equally "
        f"aligned features is found;{SHOWN if len(named) == len(PARTS) else ''} what held-out pairs lack compared with "
        "training pairs; and what training left. The parts sum to what is missing. docs/decomposition.md has the "
        "method and its limits."
    )
    title = "What every control is missing, mean over seeds"
    columns = ("exploration", "control", "missing", *(part.name for part in named))
    rows = tuple((s.label, name, *_numbers(part, named)) for s, parts in found for name, part in parts.items())
    blocks = (legend(entries), grid_of(cells, "three"), *_refusals(folder, found))
    return Section("missing", "Where the missing R² went", lead, blocks, (Table(title, columns, rows),), nav="Causes")


def decomposed(folder: ResultsFolder) -> bool:
    """Whether any series has a decomposition."""
    return bool(folder.results.decomposition)


def _stack(name: str, parts: MissingParts) -> BarStack:
    pieces = []
    for part in PARTS:
        shown = NOT_SEPARATED if part.field == "unexplained" and not separated(parts) else part
        pieces.append(StackPiece(shown.colour, shown.name, part.of(parts) or 0.0))
    return BarStack(name, tuple(pieces))


def _cell(
    folder: ResultsFolder, s: Series, parts: dict[str, MissingParts], bars: list[BarStack], most: float
) -> Markup:
    said = _sentences(folder, s, parts)
    chart = stack_chart(bars, most, 350, f"What is missing after {s.label}", " ".join(f"{line}." for line in said))
    head = Markup('<i class="swatch c{}" aria-hidden="true"></i>{}').format(s.colour, s.label)
    mean = ratio(float(np.mean([part.missing for part in parts.values()])))
    below = Markup("").join(Markup("<li>{}.</li>").format(line) for line in said)
    return panel(head, f"{mean} missing", chart + Markup('<ul class="because">{}</ul>').format(below))


def _sentences(folder: ResultsFolder, s: Series, parts: dict[str, MissingParts]) -> list[str]:
    audit, specs = audit_of(folder), {c.name: c for c in folder.results.controls}
    given = folder.results.study.get("frames")
    frames = f"{number(given)} frames" if isinstance(given, int) else "its frames"
    references = compared_with(folder, s.summary)
    lost = [name for name, part in parts.items() if part.missing > NEGLIGIBLE and name in specs]
    kept = [name for name, part in parts.items() if part.missing <= NEGLIGIBLE]
    said = sentences([(Case(specs[name], s.exploration, audit, frames, references), parts[name]) for name in lost])
    return [*said, f"{and_list(kept)}: at most {ratio(NEGLIGIBLE)} missing"] if kept else said


def _refusals(folder: ResultsFolder, found: Sequence[tuple[Series, dict[str, MissingParts]]]) -> list[Markup]:
    why = {part.run: part.refused for part in folder.results.decomposition}
    notes = []
    for s, parts in found:
        reason = next((why[run.id] for run in s.runs if why.get(run.id)), None)
        known = all(map(separated, parts.values()))
        means = "there is no single prediction" if known else UNTOLD
        notes += [note(f"{s.label}: {means}. {squares(reason)}")] if reason else []
    return notes


def _numbers(parts: MissingParts, named: Sequence[Part]) -> tuple[Cell, ...]:
    values = (parts.missing, *(part.of(parts) for part in named))
    return tuple(None if value is None else shown_r2(value) for value in values)
