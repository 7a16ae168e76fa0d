"""Tables of what the audit's answer for a log is worth: its order, its promises, its curve for few pairs."""

from __future__ import annotations

from doc_tables.markdown import markdown, recorded


def ranked(file: str) -> str:
    """Return predicted and trained R^2 of logs from rich to poor."""
    rows = [
        [row["log"], f"{row['predicted']:.2f} ({row['ci95'][0]:.2f} to {row['ci95'][1]:.2f})", f"{row['trained']:.2f}"]
        for row in recorded(file)["rows"]
    ]
    return markdown(["log", "predicted", "trained"], rows)


def advised(file: str) -> str:
    """Return what mending the cause named first was promised to add to R^2, and what it added."""
    rows = [
        [row["log"], row["named_first"], f"{row['promised']:+.2f}", f"{row['gained']:+.2f}"]
        for row in recorded(file)["rows"]
    ]
    return markdown(["log", "named first", "promised", "gained"], rows)


def few_pairs(file: str) -> str:
    """Return what encoders trained on small logs recover, compared with the curve."""
    rows = [
        [
            f"{row['rho']:g}",
            f"{row['episodes']} of {row['rows']}",
            str(row["draws"]),
            f"{row['trained']:.2f}",
            f"{row['calibrated']:.2f}",
        ]
        for row in recorded(file)["rows"]
    ]
    return markdown(["pair correlation", "episodes of rows", "independent draws", "trained R²", "curve"], rows)
