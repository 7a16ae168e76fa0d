"""What a finished study prints: a table with a row for each exploration, the verdicts and the hypotheses' outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldprobe.cli.terminal import cell, console, say, table

if TYPE_CHECKING:
    from worldprobe.results import Results


def print_summary(folder: Path) -> None:
    """Print the summary of a results folder, a row for every exploration, objective and point of the axes."""
    from worldprobe.reports.wording import scored_on
    from worldprobe.results import Results

    results = Results.load(folder)
    axes = list(dict.fromkeys(axis for row in results.summary for axis in row.axes))
    title = f"Mean R² {scored_on(results.study)} ({results.study['title']})"
    shown = table(title, "regime", *axes, "objective", "R²", "95 % interval", "worst control")
    for row in results.summary:
        worst = min(row.r2_per_control, key=lambda name: row.r2_per_control[name].mean)
        low, high = row.r2.ci95
        point = [_value(row.axes.get(axis, "")) for axis in axes]
        lowest = f"{worst} {row.r2_per_control[worst].mean:.2f}"
        line = [row.regime, *point, row.objective, f"{row.r2.mean:.3f}", f"{low:.3f} to {high:.3f}", lowest]
        shown.add_row(*map(cell, line))
    console.print(shown)
    _print_backbones(results, axes)
    _print_transitions(results, axes)
    _print_logs(results)
    for row in results.summary:
        if row.role == "measured":
            point = [f"{axis} {_value(value)}" for axis, value in row.axes.items()]
            say("[bold]{}[/bold]: {}", ", ".join([row.regime, *point]), row.verdict)
    for outcome in results.outcomes:
        say("{}: {} ({})", outcome.verdict, outcome.hypothesis, outcome.reason)


def _print_backbones(results: Results, axes: list[str]) -> None:
    """Print what is recovered from features before a projector or head, a row for a run; nothing where none has one."""
    runs = [run for run in results.runs if run.backbone is not None]
    if not runs:
        return
    columns = ("regime", *axes, "objective", "seed", "R² of the embedding", "R² of the backbone", "worst control")
    shown = table("Before and after the projector or head", *columns)
    for run in runs:
        assert run.backbone is not None
        each = run.backbone.r2_per_control
        worst = min(each, key=lambda name: each[name])
        point = [_value(run.axes.get(axis, "")) for axis in axes]
        numbers = [f"{run.recovery.r2:.3f}", f"{run.backbone.r2:.3f}", f"{worst} {each[worst]:.2f}"]
        shown.add_row(*map(cell, [run.regime, *point, run.objective, str(run.seed), *numbers]))
    console.print(shown)


def _print_transitions(results: Results, axes: list[str]) -> None:
    """Print what every learned transition predicts, a row for a run; nothing where no predictor was trained."""
    runs = [run for run in results.runs if run.transition is not None]
    if not runs:
        return
    title = "Learned transition: mean squared error of the next state, over the state's variance"
    several = len({run.seed for run in runs}) > 1
    columns = ["regime", *axes, *(["seed"] if several else []), "policy's actions", "other actions"]
    shown = table(title, *columns, "effects of actions off by", "least excited direction")
    for run in runs:
        found = run.transition
        assert found is not None
        weakest = found.directions[0]
        own = [run.regime, *(_value(run.axes.get(axis, "")) for axis in axes), *([str(run.seed)] if several else [])]
        errors = [f"{found.on_policy:.2g}", f"{found.counterfactual:.2g}", f"{found.effects_error:.1%}"]
        shown.add_row(*map(cell, [*own, *errors, f"{found.weakest} ({weakest.excitation:.2g}): {weakest.error:.2g}"]))
    console.print(shown)


def _print_logs(results: Results) -> None:
    """Say how predictors that were trained on recordings do along held-out episodes, one step and most steps ahead."""
    for run in results.runs:
        found = run.along_log
        if found is None:
            continue
        for place in dict.fromkeys((0, len(found.horizons) - 1)):
            steps = found.horizons[place]
            ahead = "1 step" if steps == 1 else f"{steps} steps"
            errors = [
                f"{getattr(found, name)[place]:.2g}" for name in ("learned", "oracle", "mean_effect", "no_effect")
            ]
            say(
                "[bold]{}[/bold], seed {}, {} ahead on held-out episodes: error {} of the states' variance; a linear "
                "transition fitted to the states {}, the mean effect of actions {}, a state that stays {}.",
                *(run.regime, run.seed, ahead, *errors),
            )


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
