"""How near the embedding is to a rotated copy of the controls."""

from __future__ import annotations

from worldprobe.reports.html_blocks import (
    MOST_OPEN,
    Cell,
    Section,
    Shown,
    Table,
    mean_within,
    shown_r2,
)
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import number
from worldprobe.results import Run

GEOMETRY = ("R²", "own probe", "within the regime", "controls → embedding", "orthogonality", "Procrustes", "d")


def embedding_geometry(folder: ResultsFolder) -> Section:
    """Tabulate how near the embedding is to a rotated copy of the controls, with Theorem 3's bound."""
    one = "series" if folder.swept else "exploration"
    several = any(len(s.runs) > 1 for s in folder.series)
    medians = Table(
        f"The run of each {one}{', the median one of its seeds' if several else ''}",
        (one, *GEOMETRY, "Theorem 3's bound"),
        tuple((s.label, *_geometry(s.median_run), _bound_said(s.median_run)) for s in folder.series),
    )
    runs = folder.results.runs
    every = Table("Geometry of every run", ("run", *GEOMETRY), tuple((run.id, *_geometry(run)) for run in runs))
    bounds = Table(
        "Theorem 3's bound of every run",
        ("run", "bound", "bounded error", "δ", "ε", "does it apply?"),
        tuple(_bound_row(run) for run in runs),
    )
    lead = (
        "R² says whether the controls can be recovered. Geometry says whether the embedding is a rotated copy of them, "
        "which planning in the embedding needs. The glossary below defines each column."
    )
    title = "How linear the embedding is"
    if len(folder.series) > MOST_OPEN:
        return Section("geometry", title, lead, (), (medians, every, bounds), nav="Geometry")
    return Section("geometry", title, lead, (), (every, bounds), shown=medians, nav="Geometry")


def _r2(value: float | None) -> Shown | None:
    return None if value is None else shown_r2(value)


def _geometry(run: Run) -> tuple[Cell, ...]:
    r = run.recovery
    shares = map(_r2, (r.r2, r.r2_own_probe, mean_within(run), r.r2_controls_to_embedding))
    return *shares, r.orthogonality, r.procrustes, run.d


def _bound_said(run: Run) -> str:
    b = run.recovery.bound
    if b.value is None or b.error is None:
        return f"does not apply: {b.reason}"
    holds = "holds" if b.error <= b.value else "does not hold"
    return f"{holds}: error {number(b.error)}, bound {number(b.value)}"


def _bound_row(run: Run) -> tuple[Cell, ...]:
    b = run.recovery.bound
    return run.id, b.value, b.error, b.delta, b.epsilon, "yes" if b.applies else f"no: {b.reason}"
