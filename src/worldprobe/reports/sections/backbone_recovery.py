"""What is recovered before and after a projector or a trained head."""

from __future__ import annotations

from worldprobe.reports.html_blocks import Cell, Section, Table
from worldprobe.reports.results_folder import ResultsFolder

LEAD = (
    "The objective sees the embedding, which a projector or a head makes of the backbone’s features. Both are read by "
    "a linear probe, fitted and scored on the same frames; features that are many for the probe’s frames by ridge "
    "regression."
)


def has_backbones(folder: ResultsFolder) -> bool:
    """Whether any run's encoder has a projector or a trained head."""
    return any(run.backbone is not None for run in folder.results.runs)


def backbone_recovery(folder: ResultsFolder) -> Section:
    """Tabulate R² of every run from the embedding and from the features, on average and for each control."""
    runs = [run for run in folder.results.runs if run.backbone is not None]
    names = list(dict.fromkeys(name for run in runs for name in run.recovery.r2_per_control))
    rows: list[tuple[Cell, ...]] = []
    for run in runs:
        for what, found in (("embedding", run.recovery), ("backbone", run.backbone)):
            assert found is not None
            rows.append((f"{run.id}, {what}", found.r2, *(found.r2_per_control.get(name) for name in names)))
    table = Table("R² before and after the projector or head", ("run and tap", "R²", *names), tuple(rows))
    return Section("taps", "Before and after the projector", LEAD, shown=table, nav="Projector")
