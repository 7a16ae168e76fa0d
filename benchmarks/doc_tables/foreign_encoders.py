"""An encoder that a public code base trained, measured beside ours."""

from __future__ import annotations

from doc_tables.markdown import RESULTS, markdown, number, recorded

NAMES = {"public": "its convolutional encoder, its loss and loop", "ours": "`patchify`, LeJEPA"}


def foreign_encoders(file: str) -> str:
    """Return one row per encoder: what it was given, what it recovers, and the references."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    head = [
        "encoder",
        "parameters",
        "given",
        "R²",
        "95 % interval",
        "perceptron",
        "untrained",
        "pixels",
        "ideal encoder",
    ]
    rows = []
    for name, row in found["encoders"].items():
        low, high = row["ci95"]
        known = row["references"]
        rows.append(
            [
                NAMES[name],
                f"{row['parameters'] / 1e6:.2f} M",
                row["given"],
                f"**{number(row['r2'])}**",
                f"{number(low)} to {number(high)}",
                number(row["mlp_r2"]),
                number(known["untrained"]),
                number(known["pixels"]),
                number(row["predicted"]),
            ]
        )
    made = f"`{found['code']}` at `{found['commit'][:7]}`, {found['steps']:,} steps of {found['batch']} pairs each"
    return f"{markdown(head, rows)}\n\n{made}."
