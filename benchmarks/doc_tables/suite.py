"""Our measures on the encoder families of a public suite for measures of identifiability."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import RESULTS, markdown, recorded


def suite(file: str) -> str:
    """Return one row per family of encoders: R² under every distribution of states, the rest under independent ones."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    cells = {(row["encoder"], row["states"]): row for row in found["rows"]}
    states = list(dict.fromkeys(row["states"] for row in found["rows"]))
    head = ["encoder", "d", *(f"R², {one[:2]}" for one in states)]
    head += ["perceptron", "Procrustes", "condition", "MCC", "MCC (Spearman)", "D", "C"]
    lines = []
    for encoder in dict.fromkeys(row["encoder"] for row in found["rows"]):
        row = cells[encoder, states[0]]
        shown = [row["mlp_r2"], row["procrustes"]["disparity"], row["condition_number"], row["mcc"]]
        shown += [row["mcc_spearman"], row["disentanglement"], row["completeness"]]
        r2 = [_shown(cells[encoder, one]["r2"]) for one in states]
        lines.append([f"`{encoder}`", str(row["d"]), *r2, *map(_shown, shown)])
    return f"{markdown(head, lines)}\n\n`{found['code']}` at `{found['commit'][:7]}`."


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return "below -1" if value < -1.0 else f"{value:.2f}"
