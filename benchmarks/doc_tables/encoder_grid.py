"""The table of learning rates and weights of SIGReg for each kind of encoder."""

from __future__ import annotations

from doc_tables.markdown import ABSENT, markdown, number, recorded


def encoder_grid(file: str) -> str:
    """Return mean R² of every encoder, a column for each learning rate and lambda; the best of each in bold."""
    found = recorded(file)["results"]
    cells = {(row["encoder"], row["lr"], row["lambda"]): row["r2"] for row in found}
    rates, weights = (sorted({row[key] for row in found}) for key in ("lr", "lambda"))
    columns = [(rate, weight) for weight in weights for rate in rates]
    rows = []
    for name in dict.fromkeys(row["encoder"] for row in found):
        each = [cells[name, *column] for column in columns]
        best = max(value for value in each if value is not None)
        parameters = next(row["parameters"] for row in found if row["encoder"] == name)
        shown = [
            ABSENT if value is None else f"**{number(value)}**" if value == best else number(value) for value in each
        ]
        rows.append([f"`{name}`", f"{parameters:,}", *shown])
    return markdown(["encoder", "weights", *(f"lambda {weight:g}, lr {rate:g}" for rate, weight in columns)], rows)
