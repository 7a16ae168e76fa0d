"""Where the rest of R^2 went: what every control is missing, in parts, with a sentence each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.reports.audits import audit_of
from worldprobe.reports.blocks import Cell, Section, Table, grid_of, legend, note, panel, shown_r2
from worldprobe.reports.charts import BarStack, StackPiece, longest, stack_chart
from worldprobe.reports.reasons import CAUSES, NOTHING, Case, sentence, separated
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.words import and_list, number, ratio, squares
from worldprobe.results import MissingParts

NAMES = {
    "regime": "the exploration",
    "scene": "the scene",
    "non_identifiability": "chance",
    "data": "finite data",
    "optimisation": "optimisation",
    "unexplained": "unexplained",
}
COLOURS = {name: f"p{place}" for place, name in enumerate(NAMES)}
UNTOLD = "the exploration’s part cannot be told from data, optimisation and the rest"
UNSEPARATED = ("p6", "not told apart: no prediction")


def decomposed(folder: ResultsFolder) -> bool:
    """Whether any series has a decomposition."""
    return bool(folder.results.decomposition)


def missing(folder: ResultsFolder) -> Section:
    """Show 1 - R^2 of every control after every exploration as a stacked bar of its parts, and say why."""
    found = [(s, parts) for s in folder.series if (parts := _parts(folder, s))]
    bars = {s.label: [_stack(name, part) for name, part in parts.items()] for s, parts in found}
    most = longest([stack for stacks in bars.values() for stack in stacks])
    cells = [_cell(folder, s, parts, bars[s.label], most) for s, parts in found]
    entries = [(f"swatch {COLOURS[name]}", said) for name, said in NAMES.items()]
    every = [part for _, parts in found for part in parts.values()]
    if not all(map(separated, every)):
        entries.append((f"swatch {UNSEPARATED[0]}", UNSEPARATED[1]))
    lead = (
        "What R² lacks of 1, and where it went: what not even the ideal encoder of the exploration has; what an "
        "encoder that is told the controls lacks, too; what depends on which of several equally good features is "
        "found; what held-out pairs lack that training pairs have; what "
        "training left. The parts sum to what is missing. How they are found, and what they do not say: "
        "docs/decomposition.md."
    )
    title = "What every control is missing, mean over seeds"
    columns = ("exploration", "control", "missing", *NAMES.values())
    rows = tuple((s.label, name, *_numbers(part)) for s, parts in found for name, part in parts.items())
    blocks = (legend(entries), grid_of(cells, "three"), *_refusals(folder, found))
    return Section("missing", "Where the rest went", lead, blocks, (Table(title, columns, rows),))


def _parts(folder: ResultsFolder, s: Series) -> dict[str, MissingParts]:
    """Return the mean over a series' runs of every control's parts; empty where they have none."""
    told = {part.run: part.controls for part in folder.results.decomposition}
    runs = [told[run.id] for run in s.runs if run.id in told]
    return {name: _mean([run[name] for run in runs]) for name in (runs[0] if runs else {})}


def _mean(parts: Sequence[MissingParts]) -> MissingParts:
    def over(name: str) -> float | None:
        values = [getattr(part, name) for part in parts]
        return None if None in values else float(np.mean(values))

    return MissingParts.model_validate({name: over(name) for name in MissingParts.model_fields})


def _stack(name: str, parts: MissingParts) -> BarStack:
    pieces = []
    for part, said in NAMES.items():
        colour = COLOURS[part]
        if part == "unexplained" and not separated(parts):
            colour, said = UNSEPARATED
        pieces.append(StackPiece(colour, said, getattr(parts, part) or 0.0))
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
    lost = [name for name, part in parts.items() if part.missing > NOTHING]
    kept = [name for name in parts if name not in lost]
    said = [sentence(Case(specs[name], s.exploration, audit, frames), parts[name]) for name in lost]
    return [*said, f"{and_list(kept)}: at most {ratio(NOTHING)} missing"] if kept else said


def _refusals(folder: ResultsFolder, found: Sequence[tuple[Series, dict[str, MissingParts]]]) -> list[Markup]:
    why = {part.run: part.refused for part in folder.results.decomposition}
    notes = []
    for s, parts in found:
        reason = next((why[run.id] for run in s.runs if why.get(run.id)), None)
        told = all(map(separated, parts.values()))
        means = "there is no one prediction" if told else UNTOLD
        notes += [note(f"{s.label}: {means}. {squares(reason)}")] if reason else []
    return notes


def _numbers(parts: MissingParts) -> tuple[Cell, ...]:
    values = (getattr(parts, name) for name in ("missing", *CAUSES))
    return tuple(None if value is None else shown_r2(value) for value in values)
