"""One run at a time: its numbers and its points, picked from all runs of the study."""

from __future__ import annotations

import base64
import json

import numpy as np
from jaxtyping import Shaped
from markupsafe import Markup

from worldprobe.reports.charts import SPAN
from worldprobe.reports.html_blocks import MOST_CONTROLS, Section, grid_of, mean_within, shape
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.evidence import scatter_panels
from worldprobe.reports.wording import number, ratio
from worldprobe.results import Run
from worldprobe.results.condition_colours import NEUTRAL

POINTS_BYTES = 300_000
"""Of the points of all runs together, before base64; two bytes a point."""
MOST_POINTS, FEWEST_POINTS = 400, 24


def run_browser(folder: ResultsFolder) -> Section:
    """Show the numbers and the points of one run, and a list to pick another from."""
    runs = _with_arrays(folder)
    colours = {run.id: s.colour for s in folder.series for run in s.runs}
    names = {run.id: _name(folder, run) for run in runs}
    first = next((s.median_run for s in folder.series), runs[0])
    each = _points_of_each(runs)
    options = Markup("").join(
        Markup('<option data-run="{}"{}>{}</option>').format(
            json.dumps(_packed(folder, run, names[run.id], colours.get(run.id, NEUTRAL), each)),
            Markup(" selected") if run.id == first.id else "",
            names[run.id],
        )
        for run in runs
    )
    picker = Markup(
        '<p class="pick scripted-only"><label for="run">Run</label> '
        '<select id="run" data-runs="run-shown">{}</select></p>'
    ).format(options)
    shown = Markup('<div id="run-shown">{}{}</div>').format(
        _facts(first), _panels(folder, first, names[first.id], colours.get(first.id, NEUTRAL))
    )
    lead = (
        "Every run can be picked here: what was measured of it, and the true against the recovered values of its test "
        f"points, in standard deviations (±{SPAN:g})."
    )
    return Section("runs", "One run at a time", lead, (picker, shown), nav="Runs")


def browsable(folder: ResultsFolder) -> bool:
    """Whether there are several runs to pick from."""
    return len(_with_arrays(folder)) > 1


def _with_arrays(folder: ResultsFolder) -> list[Run]:
    return [run for run in folder.results.runs if folder.has_arrays(run)]


def _name(folder: ResultsFolder, run: Run) -> str:
    label = next((s.label for s in folder.series if run in s.runs), folder.role(run.role))
    return f"{label}, seed {run.seed}"


def _points_of_each(runs: list[Run]) -> int:
    panels = sum(min(len(run.recovery.r2_per_control), MOST_CONTROLS) for run in runs)
    return int(np.clip(POINTS_BYTES // (2 * max(panels, 1)), FEWEST_POINTS, MOST_POINTS))


def _packed(folder: ResultsFolder, run: Run, name: str, colour: int, most: int) -> dict[str, object]:
    arrays = folder.arrays(run, "truth", "recovered")
    truth, read = (_bytes(arrays[key][:most]) for key in ("truth", "recovered"))
    controls = [
        {
            "name": control,
            "r2": ratio(run.recovery.r2_per_control[control]),
            "points": base64.b64encode(np.column_stack([truth[:, i], read[:, i]]).tobytes()).decode("ascii"),
        }
        for i, control in enumerate(list(run.recovery.r2_per_control)[:MOST_CONTROLS])
    ]
    return {"name": name, "colour": colour, "facts": _numbers(run), "controls": controls}


def _bytes(values: Shaped[np.ndarray, "N n"]) -> Shaped[np.ndarray, "N n"]:
    """Return standard deviations in -SPAN .. SPAN as 0 .. 255."""
    within = (np.clip(values.astype(np.float64), -SPAN, SPAN) / SPAN + 1) / 2
    return np.round(255 * np.nan_to_num(within, nan=0.5)).astype(np.uint8)


def _numbers(run: Run) -> list[tuple[str, str]]:
    r, t = run.recovery, run.training
    low, high = r.r2_ci95
    found: list[tuple[str, str | None]] = [
        ("R², mean over controls", f"{ratio(r.r2)} ({ratio(low)} to {ratio(high)})"),
        ("own probe", _r2(r.r2_own_probe)),
        ("within the regime", _r2(mean_within(run))),
        ("controls → embedding", ratio(r.r2_controls_to_embedding)),
        ("orthogonality", None if r.orthogonality is None else number(r.orthogonality)),
        ("Procrustes error", None if r.procrustes is None else number(r.procrustes)),
    ]
    if t is not None:
        ends = [
            (f"final {name.replace('_', ' ')}", number(value)) for name, value in t.final.items() if "alignment" in name
        ]
        optimum = None if t.alignment_optimum is None else number(t.alignment_optimum)
        weight = None if t.regulariser_weight is None else number(t.regulariser_weight)
        found += [("steps", number(t.steps)), ("weight of the regulariser", weight)]
        found += [*ends, ("optimum of alignment", optimum)]
        found += [("warnings", " ".join(t.warnings) or None)]
    return [(name, value) for name, value in found if value is not None]


def _r2(value: float | None) -> str | None:
    return None if value is None else ratio(value)


def _facts(run: Run) -> Markup:
    listed = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*fact) for fact in _numbers(run))
    return Markup('<dl class="facts">{}</dl>').format(listed)


def _panels(folder: ResultsFolder, run: Run, name: str, colour: int) -> Markup:
    shown = list(run.recovery.r2_per_control)[:MOST_CONTROLS]
    return grid_of(scatter_panels(folder, run, shown, colour, name), shape(shown))
