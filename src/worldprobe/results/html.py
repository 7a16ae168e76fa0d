"""How records are shown in a notebook: small tables in which all data are escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldprobe.results.predicted import Prediction
    from worldprobe.results.study_results import Results

Rows = Iterable[Sequence[object]]


def html_table(caption: object, headings: Sequence[object], rows: Rows, note: object = "") -> str:
    """Return an HTML table; captions, headings, cells and the note are text, never markup."""
    head = "".join(f"<th>{escape(str(heading))}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_shown(cell))}</td>' for cell in row)}</tr>" for row in rows)
    after = f"<p>{escape(str(note))}</p>" if note else ""
    title = f"<caption>{escape(str(caption))}</caption>"
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{after}"


def results_html(results: Results) -> str:
    """Return the summary of results: a row for every exploration, objective and reference, with its verdict."""
    axes = list(dict.fromkeys(name for row in results.summary for name in row.axes))
    headings = ("exploration", *axes, "objective", "R²", "95 % interval", "verdict")
    rows = [
        (row.regime, *(row.axes.get(name) for name in axes), row.objective, row.r2.mean, row.r2.ci95, row.verdict)
        for row in results.summary
    ]
    return html_table(results.study.get("title") or results.study.get("name") or "A study", headings, rows)


def prediction_html(prediction: Prediction) -> str:
    """Return a prediction: R² by control with its interval, or why there is none."""
    each, ends = prediction.r2_per_control or {}, prediction.r2_per_control_ci95 or {}
    rows: list[Sequence[object]] = [(name, r2, ends.get(name)) for name, r2 in each.items()]
    if prediction.r2 is not None:
        rows.insert(0, ("mean", prediction.r2, prediction.ci95))
    note = " ".join([f"Refused: {prediction.refused}"] if prediction.refused else prediction.notes)
    title = f"Predicted linear R² of the ideal encoder ({prediction.objective or 'unknown objective'})"
    return html_table(title, ("control", "R² within the exploration", "95 % interval"), rows, note)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.3f}"
    if isinstance(cell, tuple):
        return " to ".join(map(_shown, cell))
    return "" if cell is None else str(cell)
