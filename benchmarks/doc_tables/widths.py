"""What embeddings of any number of dimensions recover: trained beside predicted."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import RESULTS, markdown, number, recorded, took


def widths(file: str) -> str:
    """Return one row per weight and number of dimensions, and for each exploration the trained and the predicted R².

    Trained is R² on the canonical test set. The explorations' controls are N(0, I) too, and it has four times the rows
    that recovery within an exploration is fitted to and scored on.
    """
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    rows = found["rows"]
    regimes = list(dict.fromkeys(row["regime"] for row in rows))
    varied = any("lambda" in row["axes"] for row in rows)
    cells: dict[tuple[float | None, int], dict[str, dict[str, Any]]] = {}
    for row in rows:
        cells.setdefault((row["axes"].get("lambda"), row["axes"]["d"]), {})[row["regime"]] = row
    head = [*(["lambda"] if varied else []), "d"]
    for regime in regimes:
        head += [f"{regime}: trained", "predicted"]
    lines = [
        [*([f"{weight:g}"] if varied else []), str(d), *(text for regime in regimes for text in _cells(own[regime]))]
        for (weight, d), own in cells.items()
    ]
    return f"{markdown(head, lines)}\n\n{took(found)}"


def _cells(row: dict[str, Any]) -> list[str]:
    predicted = row["predicted"]
    return [number(row["r2"]), "refused" if isinstance(predicted, str) else number(predicted)]
