"""What an ideal encoder would recover, predicted from the controls of every exploration before any training."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from worldprobe.reports.html_blocks import MOST_OPEN, Cell, Section, Shown, Table, note, shown_r2, tabled_controls
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import scored_on, squares
from worldprobe.results import Exploration, Prediction

CEILINGS = {"sigreg": "LeJEPA (SIGReg)", "predictive": "LeJEPA, predictive", "whitening": "whitening"}
MOST_NOTES = 8


def ideal_encoder(folder: ResultsFolder) -> Section:
    """Tabulate every prediction on both distributions, with its interval, its certainty and its notes."""
    test = scored_on(folder.results.study)
    predictions = _overview(folder)
    details = tuple(table for table in (_per_control(folder), _candidates(folder)) if table.rows)
    lead = (
        "An ideal encoder inverts the world and finds the optimum of its objective; what it recovers follows from the "
        "controls of an exploration alone, without training. Each prediction is given on two distributions, and they "
        f"differ: on the regime’s own distribution, and {test}, which can reach where the exploration never went. The "
        f"R² at the head of this page is {test}."
    )
    blocks = tuple(_notes(folder))
    title, nav = "What an ideal encoder would recover", "Prediction"
    if len(predictions.rows) > MOST_OPEN:
        return Section("predicted", title, lead, blocks, (predictions, *details), nav=nav)
    return Section("predicted", title, lead, blocks, details, shown=predictions, nav=nav)


def has_ideal_encoder(folder: ResultsFolder) -> bool:
    """Whether any exploration has a prediction, be it a refusal."""
    return any(e.predicted for e in folder.results.explorations)


def _all(folder: ResultsFolder) -> Iterator[tuple[Exploration, str, Prediction]]:
    for e in folder.results.explorations:
        for ceiling, prediction in e.predicted.items():
            yield e, CEILINGS.get(ceiling, ceiling), prediction


def _overview(folder: ResultsFolder) -> Table:
    columns = (
        "exploration",
        "objective",
        "R² on the regime’s own distribution",
        "95 % from",
        "to",
        f"R² {scored_on(folder.results.study)}",
        "test points beyond the regime",
        "certainty",
    )
    rows = tuple((folder.explored(e), name, *_numbers(p), _certainty(p)) for e, name, p in _all(folder))
    return Table("Predicted R² of the ideal encoder", columns, rows)


def _numbers(p: Prediction) -> tuple[Cell, ...]:
    low, high = p.ci95 or (None, None)
    outside = None if p.outside is None else Shown(p.outside, f"{100 * p.outside:.1f}\u00a0%")
    return _r2(p.r2), _r2(low), _r2(high), _r2(p.r2_on_test), outside


def _certainty(p: Prediction) -> str:
    if p.refused is not None:
        return f"refused: {squares(p.refused)}"
    said = "of any optimum" if p.proven else "of the best map found"
    if p.bracket is None:
        return said
    return f"{said}; any whitened map as well aligned has {p.bracket[0]:.2f} to {p.bracket[1]:.2f}"


def _per_control(folder: ResultsFolder) -> Table:
    columns = (
        "exploration",
        "objective",
        "control",
        "R² on the regime’s own distribution",
        "95 % from",
        "to",
        f"R² {scored_on(folder.results.study)}",
    )
    found = list(_all(folder))
    rows = tuple(
        (folder.explored(e), name, control, _r2(value), *map(_r2, _interval(p, control)), _r2(_on_test(p, control)))
        for e, name, p in found
        if p.r2_per_control is not None
        for control in tabled_controls(list(p.r2_per_control), len(found))
        for value in [p.r2_per_control[control]]
    )
    return Table("Predicted R² of every control", columns, rows)


def _interval(p: Prediction, control: str) -> tuple[float | None, float | None]:
    return (p.r2_per_control_ci95 or {}).get(control, (None, None))


def _on_test(p: Prediction, control: str) -> float | None:
    return (p.r2_on_test_per_control or {}).get(control)


def _candidates(folder: ResultsFolder) -> Table:
    columns = (
        "exploration",
        "objective",
        "map",
        "total pair correlation",
        "± error",
        "R² on the regime’s own distribution",
        "distance of its projections to N(0, 1)",
    )
    rows = tuple(
        (folder.explored(e), name, c.name, c.pair_correlation, c.error, _r2(c.r2), c.gaussian)
        for e, name, p in _all(folder)
        for c in p.tried
    )
    return Table("The maps that the predictor compared", columns, rows)


def _notes(folder: ResultsFolder) -> Iterator[Markup]:
    said = [f"{folder.explored(e)}, {name}: {squares(text)}" for e, name, p in _all(folder) for text in p.notes]
    if said:
        more = [f"and {len(said) - MOST_NOTES} more in results.json"] if len(said) > MOST_NOTES else []
        yield note("Notes of the predictor:", "list", [*said[:MOST_NOTES], *more])


def _r2(value: float | None) -> Cell:
    return None if value is None else shown_r2(value)
