"""What is recovered of cyclic controls."""

from __future__ import annotations

from worldprobe.reports.html_blocks import Cell, Section, Table, shown_r2
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import at
from worldprobe.results import Run

COLUMNS = ("control", "R² of the control", "within half a period", "sine", "cosine")


def has_cyclic(folder: ResultsFolder) -> bool:
    """Whether any control that was measured is cyclic."""
    return any(run.recovery.cyclic for run in folder.results.runs)


def cyclic_controls(folder: ResultsFolder) -> Section:
    """Tabulate R² of every cyclic control, of its sine and cosine, and of its value within half a period."""
    seen = [(s.label, s.median_run) for s in folder.series]
    seen += [
        (", ".join(filter(None, [folder.role(r.role), at(r.axes)])), folder.runs_of(r)[0]) for r in folder.references
    ]
    rows = tuple(row for label, run in seen for row in _rows(label, run))
    lead = (
        "An observation shows a cyclic control only up to whole periods: the difference between “R² of the control” "
        "and “within half a period” is lost to values beyond it, whatever the encoder. Sine and cosine distinguish a "
        "line from a circle: an embedding that is the angle itself, N(0, 1) in radians, gives 0.85 and 0; one that "
        "goes round the circle gives 1 and 1."
    )
    title = "R² of cyclic controls, on the canonical test set"
    several = "series" if folder.swept else "exploration"
    return Section("cyclic", "Cyclic controls", lead, shown=Table(title, (several, *COLUMNS), rows), nav="Cyclic")


def _rows(label: str, run: Run) -> list[tuple[Cell, ...]]:
    return [
        (label, name, *map(shown_r2, (run.recovery.r2_per_control[name], t.within, t.sine, t.cosine)))
        for name, t in run.recovery.cyclic.items()
    ]
