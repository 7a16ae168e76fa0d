"""What a finished study prints: a table with a row for each exploration, the verdicts and the hypotheses' outcomes."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from worldprobe.cli.app import console


def print_summary(folder: Path) -> None:
    """Print the summary of a results folder."""
    from worldprobe.reports.words import scored_on
    from worldprobe.results.records import Results

    results = Results.model_validate_json((folder / "results.json").read_text(encoding="utf8"))
    table = Table(title=f"Mean R² {scored_on(results.study)} ({results.study['title']})")
    for heading in ("regime", "objective", "R²", "95 % interval", "worst control"):
        table.add_column(heading)
    for row in results.summary:
        worst = min(row.r2_per_control, key=lambda name: row.r2_per_control[name].mean)
        low, high = row.r2.ci95
        lowest = f"{worst} {row.r2_per_control[worst].mean:.2f}"
        table.add_row(row.regime, row.objective, f"{row.r2.mean:.3f}", f"{low:.3f} to {high:.3f}", lowest)
    console.print(table)
    for row in results.summary:
        if row.role == "measured":
            console.print(f"[bold]{row.regime}[/bold]: {row.verdict}")
    for outcome in results.outcomes:
        console.print(f"{outcome.verdict}: {outcome.hypothesis} ({outcome.reason})", markup=False, highlight=False)
