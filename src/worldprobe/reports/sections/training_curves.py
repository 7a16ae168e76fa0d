"""How the training went: curves of alignment with its theoretical optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from markupsafe import Markup

from worldprobe.reports.charts.drawing import hits, path, svg
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.html_blocks import MOST_OPEN, Cell, Section, Shown, Table, grid_of, legend, note, panel
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.wording import number
from worldprobe.results import Run

STYLES = {"train_alignment": "train", "heldout_alignment": "heldout"}
MEMORISING = "Alignment on training pairs ended below its optimum while held-out pairs did not follow."
CURVES = {
    "lr": "learning rate",
    "alignment": "alignment, batches",
    "train_alignment": "alignment, training pairs",
    "heldout_alignment": "alignment, held-out pairs",
}
MOST_DRAWN = 6  # series whose curves are drawn
MOST_WARNINGS = 8
KINDS = {"train": "training pairs", "heldout": "held-out pairs"}
STRIPS = 32  # along the steps, each with its values under the pointer
SMALLEST = 1e-6  # what a logarithmic axis can show of a collapsed embedding


def training_curves(folder: ResultsFolder) -> Section:
    """Show alignment on training and held-out pairs with its optimum, and which encoders memorised.

    Of many series there is a table instead of curves.
    """
    trained = [(s, [run for run in s.runs if run.training]) for s in folder.series]
    many = len(trained) > MOST_DRAWN
    drawn = [] if many else [(s, _lines(folder, runs)) for s, runs in trained if runs]
    span = _span([line for _, lines in drawn for line in lines], [_optimum(s) for s, _ in drawn])
    cells = [_cell(s, lines, span) for s, lines in drawn]
    key = legend(
        [("key train", "training pairs"), ("key heldout", "held-out pairs"), ("key optimum", "theoretical optimum")]
    )
    absent = [note(f"{s.label} was not trained, so it has no curves.") for s, runs in trained if not runs]
    warnings = _all_warnings(trained) if many else [w for s, runs in trained if (w := _warnings(s, runs)) is not None]
    lead = (
        "Alignment is the squared distance between the embeddings of a pair, per dimension, over the embedding's "
        f"variance{'' if many else '; one line per seed'}. {'Its optimum' if many else 'The dashed line'} is what a "
        "linear, whitened embedding of the controls that move reaches; by Theorem 1 no embedding that is N(0, I) goes "
        "lower. Where training pairs end below it and held-out pairs above, the encoder has memorised its pairs."
    )
    blocks = (*([key] if cells else []), *warnings, *absent, *([grid_of(cells, "three")] if cells else []))
    tables = _tables(folder.results.runs)
    if many and len(trained) <= MOST_OPEN:
        return Section("training", "How it trained", lead, blocks, tables, shown=_ends(trained), nav="Training")
    behind = (_ends(trained), *tables) if many else tables
    return Section("training", "How it trained", lead, blocks, behind, nav="Training")


def _ends(trained: Sequence[tuple[Series, list[Run]]]) -> Table:
    """Tabulate how the trainings of every series ended, as means over seeds."""
    names = list(dict.fromkeys(n for _, runs in trained for run in runs if run.training for n in run.training.final))
    columns = ("series", "optimum of alignment", *map(_curve, names), "memorised")
    rows = []
    for s, runs in trained:
        finals = [run.training.final for run in runs if run.training]
        means = (_mean([final[name] for final in finals if name in final]) for name in names)
        fell = sum(run.training.memorising for run in runs if run.training)
        rows.append((s.label, _optimum(s), *means, f"{fell} of {len(runs)}"))
    return Table("How the training of every series ended, mean over seeds", columns, tuple(rows))


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _all_warnings(trained: Sequence[tuple[Series, list[Run]]]) -> list[Markup]:
    """Return the warnings of many series' trainings in one paragraph, if there are any."""
    warned = [(s, run) for s, runs in trained for run in runs if run.training and run.training.warnings]
    if not warned:
        return []
    fell = sum(run.training.memorising for _, run in warned if run.training)
    total = sum(len(runs) for _, runs in trained)
    head = f"The encoder memorised its frames in {fell} of {total} runs" if fell else f"{len(warned)} of {total} runs"
    said = [f"{s.label}, seed {run.seed}. {' '.join(run.training.warnings)}" for s, run in warned if run.training]
    more = (
        [f"and {len(said) - MOST_WARNINGS} more: the table of losses names them"] if len(said) > MOST_WARNINGS else []
    )
    return [note(head, "warning", [*said[:MOST_WARNINGS], *more])]


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
    """Return the warnings of a series' trainings in one paragraph; None where there are none."""
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
    columns = ("run", "optimum of alignment", *map(_curve, names), "memorising")
    ends = tuple(
        (run.id, done.alignment_optimum, *(done.final.get(name) for name in names), "yes" if done.memorising else "no")
        for run, done in trained
    )
    work = tuple((run.id, *_effort(run)) for run in runs)
    effort = ("run", "steps", "parameters", "frames per second", "seconds of rendering", "of training", "of measuring")
    return Table("Losses at the end of training", columns, ends), Table("What every run took", effort, work)


def _effort(run: Run) -> tuple[Cell, ...]:
    t, took = run.training, run.seconds
    trained = (t.steps, t.parameters, _rounded(t.frames_per_second, 0)) if t else (None, None, None)
    return *trained, _rounded(took.render, 1), _rounded(took.train, 1), _rounded(took.measure, 1)


def _rounded(value: float, digits: int) -> Shown:
    return Shown(value, f"{value:,.{digits}f}")


def _curve(name: str) -> str:
    return CURVES.get(name, name.replace("_", " "))


@dataclass(frozen=True)
class Line:
    """A curve over training steps: `kind` is its style (train, heldout)."""

    kind: str
    steps: Float[np.ndarray, " N"]
    values: Float[np.ndarray, " N"]


def curves(
    lines: Sequence[Line],
    optimum: float | None,
    steps: int,
    span: tuple[float, float],
    colour: int,
    title: str,
    desc: str,
) -> Markup:
    """Draw curves over `steps` on a logarithmic axis between `span`, the theoretical optimum as a dashed line."""
    x, y = Scale(0.0, float(max(steps, 1)), 40, 316), Scale(*span, 178, 8, kind=ScaleKind.LOG)
    level = Markup(
        '<path class="grid" d="M40 {0:.1f}H316"/><text class="tick" text-anchor="end" x="34" y="{1:.1f}">{2}</text>'
    )
    parts = [level.format(y(t), y(t) + 4, number(t, 2)) for t in y.ticks()]
    parts += [
        Markup('<path class="line {} c{}" d="{}"/>').format(line.kind, colour, path(*_thin(line, x, y)))
        for line in lines
    ]
    if optimum is not None and span[0] <= optimum <= span[1]:
        label = Markup(
            '<path class="optimum" d="M40 {0:.1f}H316"/>'
            '<text class="said" text-anchor="end" x="316" y="{1:.1f}">optimum {2}</text>'
        )
        fell = any(len(line.values) and line.values[-1] < 0.95 * optimum for line in lines)
        above = fell or y(optimum) > 160  # below are the steps
        height = y(optimum) - 6 if above else y(optimum) + 15
        parts.append(label.format(y(optimum), height, number(optimum, 3)))
    for place, anchor, text in ((40, "start", "0"), (316, "end", f"{number(steps)} steps")):
        parts.append(Markup('<text class="tick" text-anchor="{}" x="{}" y="196">{}</text>').format(anchor, place, text))
    return svg(320, 202, title, desc, [*parts, *hits(_values(lines, x), 8, 178)], "curves")


def _values(lines: Sequence[Line], x: Scale) -> list[tuple[float, float, str]]:
    """Return strips along the axis with the values of every curve there: "step 400: training pairs 0.21"."""
    if not lines:
        return []
    edges = np.linspace(x.low, x.high, STRIPS + 1)
    found = []
    for left, right in pairwise(edges.tolist()):
        at = (left + right) / 2
        values = [
            f"{KINDS[line.kind]} {number(float(np.interp(at, line.steps, line.values)))}"
            for line in lines
            if len(line.steps)
        ]
        found.append((x(left), x(right), f"step {at:.0f}: {', '.join(values)}"))
    return found


def _thin(line: Line, x: Scale, y: Scale, most: int = 160) -> tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Return the places of a line, neighbours averaged where there are more than can be seen."""
    steps, values, count = line.steps, line.values, len(line.steps)
    if count > most:
        starts = np.arange(most) * count // most
        sizes = np.diff(starts, append=count)
        steps, values = (np.add.reduceat(v, starts) / sizes for v in (steps, values))
    return x.places(steps), y.places(values)
