"""What learned transitions predict: errors for the policy's actions and for others, effects, and rollouts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from worldprobe.reports.charts.drawing import path, svg, text
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.html_blocks import Cell, Section, Shown, Table, grid_of, legend, panel
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.wording import setting
from worldprobe.results import RECORDED, RolloutErrors, Run, TransitionRecovery

MOST_DRAWN = 6
"""Series whose rollouts are drawn."""
LINES = {"learned": "line heldout", "no_effect": "line train", "mean_effect": "line predicted", "oracle": "optimum"}
"""How each is drawn."""
WIDTH, HEIGHT = 320, 210
SMALLEST = 1e-6
TITLE = "Learned transitions"
FITTED = "a linear transition fitted to the states"
LOGGED = (
    "The predictor of the next embedding along episodes that were kept out of training, read in states by a linear "
    "probe. Errors are mean squared errors of the recorded states over their variance, and contain the world’s noise. "
    "What actions do that the policy did not choose cannot be scored on a log: see the audit’s gates on actions. In "
    "the place of the oracle is a linear transition that is fitted to the states themselves."
)


def has_transitions(folder: ResultsFolder) -> bool:
    """Whether any run's transition was measured."""
    return any(run.transition is not None or run.along_log is not None for run in folder.results.runs)


def transition_results(folder: ResultsFolder) -> Section:
    """Tabulate the errors of every run, and draw rollouts of each series against the floors and the oracle."""
    runs = [(s, run) for s in folder.series for run in s.runs]
    found = [(s, run, run.transition) for s, run in runs if run.transition is not None]
    rolled = [(s, run, kind, errors) for s, run in runs for kind, errors in _rolled(run).items()]
    lead = (
        "The predictor of the next embedding, read in true controls by a linear probe. Errors are mean squared errors "
        "over the variance of the states: 0 is exact, 1 is as good as the mean state. Other actions have the policy’s "
        "means and standard deviations and depend neither on the state nor on each other. B holds the mean effects of "
        "actions on controls. Where the policy hardly varies a direction of the actions in a given state, predictions "
        "are right for its own actions and wrong for others, by a factor of the order of one over the least excitation "
        "(arXiv 2607.22430). In a rollout the policy’s later actions answer states that noise has moved, and give them "
        "away: a transition that reads the state off the actions may then be better than the oracle."
    )
    if not found:
        lead = LOGGED
    key = legend(
        [
            ("key heldout", "learned"),
            ("key optimum", "oracle: the true transition, uncertain by the noise" if found else FITTED),
            ("key train", "floor: the state stays"),
            ("key predicted", "floor: the mean effect of actions"),
        ]
    )
    drawn = [s for s in folder.series if _rolled(s.median_run)][:MOST_DRAWN]
    panels = [
        panel(_head(s, kind), "", _rollouts(errors, s, kind))
        for s in drawn
        for kind, errors in _rolled(s.median_run).items()
    ]
    blocks = (key, grid_of(panels, "few")) if panels else ()
    if not found:
        return Section("transition", TITLE, lead, blocks, shown=_horizons(rolled), nav="Transition")
    tables = (_directions(found), _horizons(rolled))
    return Section("transition", TITLE, lead, blocks, tables, shown=_errors(found), nav="Transition")


def _rolled(run: Run) -> dict[str, RolloutErrors]:
    """Return the rollouts of a run, by what chose the actions."""
    found = {} if run.transition is None else dict(run.transition.rollouts)
    return found if run.along_log is None else found | {RECORDED: run.along_log}


def _head(s: Series, kind: str) -> Markup:
    return Markup('<i class="swatch c{}" aria-hidden="true"></i>{}, {}').format(s.colour, s.label, kind)


def _errors(found: Sequence[tuple[Series, Run, TransitionRecovery]]) -> Table:
    columns = (
        "run",
        "the policy’s actions",
        "other actions",
        "ratio",
        "reading the state",
        "error of B",
        "condition of B",
        "angle to B",
        "least excited direction",
        "its excitation",
        "error along it",
    )
    rows = []
    for s, run, t in found:
        weak = t.directions[0]
        angle = max(t.effect_angles.values())
        numbers: list[Cell] = [_error(t.on_policy), _error(t.counterfactual), _error(t.ratio)]
        numbers += [_error(t.reading), Shown(t.effects_error, f"{100 * t.effects_error:.1f} %"), t.effects_condition]
        numbers += [Shown(angle, f"{angle:.1f}°"), t.weakest, _error(weak.excitation), _error(weak.error)]
        rows.append((_name(s, run), *numbers))
    return Table("What learned transitions predict, one step ahead", columns, tuple(rows))


def _directions(found: Sequence[tuple[Series, Run, TransitionRecovery]]) -> Table:
    rows = tuple(
        (f"{_name(s, run)}: {_weights(d.weights)}", _error(d.excitation), _error(d.error))
        for s, run, t in found
        for d in t.directions
    )
    title = "Errors along directions of the actions, the least excited first"
    return Table(title, ("run and direction", "excitation in a given state", "error"), rows)


def _horizons(rolled: Sequence[tuple[Series, Run, str, RolloutErrors]]) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (f"{_name(s, run)}, {kind}", steps, *(_error(getattr(r, name)[place]) for name in LINES))
        for s, run, kind, r in rolled
        for place, steps in enumerate(r.horizons)
    )
    columns = ("run and actions", "steps ahead", "learned", "the state stays", "the mean effect", "oracle")
    return Table("Errors of rollouts by horizon", columns, rows)


def _weights(weights: dict[str, float]) -> str:
    return ", ".join(f"{name} {part:+.2f}" for name, part in weights.items()).replace("-", "−")


def _name(s: Series, run: Run) -> str:
    return f"{s.label}, seed {run.seed}" if len(s.runs) > 1 else s.label


def _error(value: float) -> Shown:
    return Shown(value, setting(float(f"{value:.2g}")))


def _rollouts(errors: RolloutErrors, s: Series, kind: str) -> Markup:
    """Draw errors against the horizon, both in logarithms."""
    values = [max(v, SMALLEST) for name in LINES for v in getattr(errors, name)]
    low, high = min(values) / 1.3, max(values) * 1.3
    x = Scale(errors.horizons[0], max(errors.horizons[-1], 2 * errors.horizons[0]), 48, WIDTH - 12, ScaleKind.LOG)
    y = Scale(low, max(high, 2 * low), HEIGHT - 40, 10, ScaleKind.LOG)
    grid = Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>')
    parts = []
    for tick in y.ticks():
        parts += [grid.format(x.start, y(tick), x.end), text(x.start - 6, y(tick) + 4, setting(tick), anchor="end")]
    parts += [text(x(t), y.start + 16, str(t), anchor="middle") for t in errors.horizons]
    parts.append(text(x.end, y.start + 34, "steps ahead →", "axis-name", "end"))
    across = x.places(np.asarray(errors.horizons, dtype=np.float64))
    line = Markup('<path class="{} c{}" d="{}"/>')
    for name, style in LINES.items():
        heights = y.places(np.maximum(getattr(errors, name), SMALLEST))
        parts.append(line.format(style, s.colour, path(across, heights)))
    last = {name: _error(getattr(errors, name)[-1]).text for name in LINES}
    desc = f"After {errors.horizons[-1]} steps: learned {last['learned']}, oracle {last['oracle']}."
    return svg(WIDTH, HEIGHT, f"Rollout errors of {s.label}, {kind}", desc, parts, "curves")
