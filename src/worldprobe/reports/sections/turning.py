"""What is known of controls that are angles of what turns all the way round."""

from __future__ import annotations

from worldprobe.reports.blocks import Cell, Section, Table, shown_r2
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.words import at
from worldprobe.results import Run

COLUMNS = ("control", "R² of the angle", "within half a turn", "sine", "cosine")


def turns(folder: ResultsFolder) -> bool:
    """Whether any control that was measured turns all the way round."""
    return any(run.recovery.cyclic for run in folder.results.runs)


def turning(folder: ResultsFolder) -> Section:
    """Tabulate, for every angle that turns, R^2 of the angle beside that of its sine, cosine and visible part."""
    seen = [(s.label, s.median_run) for s in folder.series]
    seen += [
        (", ".join(filter(None, [folder.role(r.role), at(r.axes)])), folder.runs_of(r)[0]) for r in folder.references
    ]
    rows = tuple(row for label, run in seen for row in _rows(label, run))
    lead = (
        "A picture shows an angle only up to full turns. What is lost between “R² of the angle” and “within half a "
        "turn” is lost to angles beyond it, whatever the encoder. Sine and cosine tell a line from a circle: an "
        "embedding that is the angle itself, N(0, 1) in radians, gives 0.85 and 0; one that goes round the circle "
        "gives 1 and 1."
    )
    title = "R² of angles that turn, of the canonical test set"
    several = "series" if folder.swept else "exploration"
    return Section("turning", "Angles that turn", lead, shown=Table(title, (several, *COLUMNS), rows))


def _rows(label: str, run: Run) -> list[tuple[Cell, ...]]:
    return [
        (label, name, *map(shown_r2, (run.recovery.r2_per_control[name], t.within, t.sine, t.cosine)))
        for name, t in run.recovery.cyclic.items()
    ]
