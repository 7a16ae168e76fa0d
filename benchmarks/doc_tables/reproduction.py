"""The table of a study that repeats a published experiment."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import ABSENT, RESULTS, digits, markdown, recorded, took

Row = dict[str, Any]


def reproduction(file: str) -> str:
    """Return a study's rows beside the published ones, the minutes that they took, and every deviation."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    deviations = "\n".join(f"- {line}" for line in found["deviations"]) or "- none"
    return (
        f"{rows(found['rows'])}\n\n{took(found, cores=False)}\n\nDeviations from the paper's settings:\n\n{deviations}"
    )


def rows(found: list[Row]) -> str:
    """Return axes, ours, published, difference, and each control where one is published.

    Where no R² is published, Theorem 3's bound and the error that it bounds take the place of the comparison; of a
    grid of test points, R² on the inner ones.
    """
    axes = list(dict.fromkeys(name for row in found for name in row["axes"]))
    controls = list(
        dict.fromkeys(name for row in found if row.get("published_per_control") for name in row["per_control"])
    )
    compared = any(row["published"] is not None or row.get("published_per_control") for row in found)
    inner = "inner" in found[0] and not compared
    against = ["published", "difference"] if compared else ["within ±2"] if inner else _bounded(found)
    head = [*axes, "regime, objective", "ours", *against, *controls, "within the regime", "predicted"]
    lines = []
    for row in found:
        where = [str(row["axes"].get(name, "")) for name in axes]
        who = row["objective"] if row["regime"] == "canonical" else f"{row['regime']}, {row['objective']}"
        ours = digits(row["r2"]) + (f" ± {row['sd']:.1g}" if row["sd"] is not None else "")
        compare = [digits(row["inner"])] if inner else _comparison(row, against)
        each = [_with_published(row, name) for name in controls]
        inside = ABSENT if row["in_regime"] is None else digits(row["in_regime"])
        lines.append([*where, who, ours, *compare, *each, inside, _predicted(row["predicted"])])
    return markdown(head, lines)


def _bounded(found: list[Row]) -> list[str]:
    return ["Procrustes error", "its bound"] if any(row.get("bound") is not None for row in found) else []


def _comparison(row: Row, against: list[str]) -> list[str]:
    if "its bound" in against and row["bound"] is not None:
        return [f"{row['error']:.3g}", f"{row['bound']:.3g}"]
    if "published" in against and row["published"] is not None:
        return [digits(row["published"]), f"{row['r2'] - row['published']:+.1g}"]
    return [ABSENT] * len(against)


def _predicted(predicted: float | str | None) -> str:
    return ABSENT if predicted is None else "refused" if isinstance(predicted, str) else f"{predicted:.3f}"


def _with_published(row: Row, control: str) -> str:
    """Return a control's R², the published one in brackets."""
    theirs = row["published_per_control"].get(control)
    return digits(row["per_control"][control]["r2"]) + (f" ({theirs:.2f})" if theirs is not None else "")
