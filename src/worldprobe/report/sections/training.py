"""How the training went: loss curves with the theoretical optimum of alignment drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.report.blocks import Cell, Section, Table, legend, note, panel
from worldprobe.report.charts import Line, curves
from worldprobe.report.folder import ResultsFolder, Series
from worldprobe.report.words import number
from worldprobe.studies.results import Run

STYLES = {"train_alignment": "train", "heldout_alignment": "heldout"}
MEMORISING = "Alignment on training pairs ended below its optimum while held-out pairs did not follow."
SMALLEST = 1e-6  # what a logarithmic axis can show of a collapsed embedding


def training(folder: ResultsFolder) -> Section:
    """Show alignment on training and held-out pairs beside its optimum, and say plainly who memorised."""
    trained = [(s, [run for run in s.runs if run.training]) for s in folder.series]
    drawn = [(s, _lines(folder, runs)) for s, runs in trained if runs]
    span = _span([line for _, lines in drawn for line in lines], [_optimum(s) for s, _ in drawn])
    cells = [_cell(s, lines, span) for s, lines in drawn]
    key = legend(
        [("key train", "training pairs"), ("key heldout", "held-out pairs"), ("key optimum", "theoretical optimum")]
    )
    warnings = [warning for s, runs in trained if (warning := _warnings(s, runs)) is not None]
    absent = [note(f"{s.label} was not trained, so it has no curves.") for s, runs in trained if not runs]
    grid = [Markup('<div class="grid three">{}</div>').format(Markup("").join(cells))] if cells else []
    lead = (
        "Alignment is the squared distance between the embeddings of a pair, per dimension, over the embedding's "
        "variance; one line per seed. The dashed line is what a linear, whitened embedding of the moving controls "
        "reaches, and by Theorem 1 the least that an honest one can. Training pairs below it, held-out pairs above: "
        "the encoder memorises."
    )
    blocks = (*([key] if cells else []), *warnings, *absent, *grid)
    return Section("training", "How it trained", lead, blocks, _tables(folder.results.runs))


def _cell(s: Series, lines: Sequence[Line], span: tuple[float, float]) -> Markup:
    optimum = _optimum(s)
    finals = [run.training.final for run in s.runs if run.training]
    ends = [f"{name.replace('_', ' ')} {number(finals[0][name])}" for name in STYLES if finals and name in finals[0]]
    desc = f"{'; '.join(ends)} at the end; optimum {'unknown' if optimum is None else number(optimum)}."
    steps = max((run.training.steps for run in s.runs if run.training), default=1)
    chart = curves(lines, optimum, steps, span, s.colour, f"Alignment over training after {s.label}", desc)
    head = Markup('<i class="swatch c{}" aria-hidden="true"></i>{}').format(s.colour, s.label)
    return panel(head, "", chart)


def _lines(folder: ResultsFolder, runs: Sequence[Run]) -> list[Line]:
    lines = []
    for run in runs:
        names = [name for name in STYLES if run.training and name in run.training.curves]
        arrays = folder.arrays(run, "step", *names)
        for name in names:
            finite = np.isfinite(arrays[name])
            values = np.maximum(arrays[name][finite], SMALLEST)
            lines.append(Line(STYLES[name], arrays["step"][finite].astype(np.float64), values))
    return lines


def _optimum(s: Series) -> float | None:
    return next((run.training.alignment_optimum for run in s.runs if run.training), None)


def _span(lines: Sequence[Line], optima: Sequence[float | None]) -> tuple[float, float]:
    values = [v for line in lines if len(line.values) for v in (line.values.min(), line.values.max())]
    values += [v for v in optima if v is not None and v > SMALLEST]
    if not values:
        return 0.1, 1.0
    low, high = min(values) / 1.15, max(values) * 1.15
    return float(low), float(max(high, 2 * low))


def _warnings(s: Series, runs: Sequence[Run]) -> Markup | None:
    """Return what the trainings of a series warned of, in one paragraph, or None."""
    done = [(run.seed, run.training) for run in runs if run.training]
    said = [(seed, warning) for seed, t in done for warning in (t.warnings or ([MEMORISING] if t.memorising else []))]
    if not said:
        return None
    fell = sum(t.memorising for _, t in done)
    head = f"{s.label}: the encoder memorised its frames in {fell} of {len(done)} runs" if fell else s.label
    return note(head, "warning", [f"Seed {seed}. {warning}" for seed, warning in said])


def _tables(runs: Sequence[Run]) -> tuple[Table, ...]:
    trained = [(run, run.training) for run in runs if run.training]
    names = list(dict.fromkeys(name for _, done in trained for name in done.final))
    columns = ("run", "optimum of alignment", *(f"{name.replace('_', ' ')} at the end" for name in names), "memorising")
    ends = tuple(
        (run.id, done.alignment_optimum, *(done.final.get(name) for name in names), "yes" if done.memorising else "no")
        for run, done in trained
    )
    work = tuple((run.id, *_effort(run)) for run in runs)
    effort = ("run", "steps", "parameters", "frames per second", "seconds of rendering", "of training", "of measuring")
    return Table("Losses at the end of training", columns, ends), Table("What every run took", effort, work)


def _effort(run: Run) -> tuple[Cell, ...]:
    t, took = run.training, run.seconds
    trained = (t.steps, t.parameters, t.frames_per_second) if t else (None, None, None)
    return *trained, took.render, took.train, took.measure
