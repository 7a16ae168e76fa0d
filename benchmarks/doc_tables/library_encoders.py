"""The table of encoders that public libraries wrote, opened and measured."""

from __future__ import annotations

from doc_tables.markdown import markdown, number, recorded


def library_encoders(file: str) -> str:
    """Return R² as measured from the files and by the library's own objects, and what was logged in training loops."""
    document = recorded(file)
    rows = []
    for name, row in document["results"].items():
        if "r2_by_hand" in row:
            apart = abs(row["r2"] - row["r2_by_hand"])
            rows.append([name, str(row["d"]), number(row["r2"], 4), "equal" if apart == 0.0 else f"{apart:.0e} apart"])
        else:
            rows.append([f"{name}'s loop", "32", number(row["r2"], 4), f"{len(row['logged'])} numbers logged"])
    packages = ", ".join(f"{name} {number}" for name, number in document["packages"].items())
    return markdown(["encoder", "d", "R²", "by the library's own objects"], rows) + f"\n\n{packages}."
