"""A study's results beside the published ones: benchmarks/results/STUDY-PRESET.json, and the table on its page.

    python benchmarks/reproduce.py mixings-2d [--preset cpu] [--out runs/mixings-2d-cpu] [--device auto]

Runs the study, or reads it where it is finished, and writes the table between the markers of
docs/reproduction/STUDY.md.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from math import floor, log10
from pathlib import Path
from typing import Any

import numpy as np

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.progress import reporter
from worldprobe.measures.probes import fit_probe, r2_per_column
from worldprobe.reports import write_report
from worldprobe.reports.quoted import Quoted
from worldprobe.results.records import Run, Summary
from worldprobe.study import Results, load_study, run_study
from worldprobe.study.verdicts import exploration_of

INNER = 2.0
MOST_CONTROLS = 6
CEILINGS = {"lejepa": "sigreg", "whitening": "whitening"}
PAGES = Path(__file__).parents[1] / "docs" / "reproduction"


def rows(results: Results, out: Path) -> list[dict[str, Any]]:
    """Return one row per summary: ours with its spread over seeds, the published value where there is one.

    Of a grid of test points the inner ones (all controls within 2 sd) are scored too: corners are seldom visited.
    """
    theirs, found = _published(results), []
    for row in results.summary:
        runs = [run for run in results.runs if _kin(run) == _kin(row)]
        values = [run.recovery.r2 for run in runs]
        mean = sum(values) / len(values)
        sd = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5 if len(values) > 1 else None
        quoted = theirs.get(_kin(row), {})
        back = sum(run.recovery.r2_controls_to_embedding for run in runs) / len(runs)
        found.append(
            {"regime": row.regime, "objective": row.objective, "role": row.role, "axes": row.axes}
            | {"r2": mean, "sd": sd, "seeds": len(values), "published": quoted.get(None)}
            | {"per_control": _per_control(runs), "published_per_control": {k: v for k, v in quoted.items() if k}}
            | {"r2_controls_to_embedding": back, "orthogonality": runs[0].recovery.orthogonality}
            | {"in_regime": _mean(run.recovery.r2_in_regime for run in runs), "predicted": _predicted(results, row)}
            | {"error": runs[0].recovery.bound.error, "bound": runs[0].recovery.bound.value}
            | ({"inner": _inner(out, runs)} if results.study["test_points"] == "grid" else {})
        )
    return found


def _inner(out: Path, runs: list[Run]) -> float:
    """Return R^2 on the test points within 2 sd of 0 in every control, the probe fitted there; the mean over seeds."""
    found = []
    for run in runs:
        arrays = np.load(out / "runs" / run.id / "arrays.npz")
        inside = (abs(arrays["truth"]) <= INNER).all(axis=1)
        read, truth = arrays["recovered"][inside], arrays["truth"][inside]
        found.append(float(r2_per_column(truth, fit_probe(read, truth)(read)).mean()))
    return sum(found) / len(found)


def _published(results: Results) -> dict[tuple[Any, ...], dict[str | None, float]]:
    """Return the published values of every summary, by control; None for the mean over controls."""
    theirs: dict[tuple[Any, ...], dict[str | None, float]] = {}
    for v in (results.study.get("published") or {}).get("values", []):
        value = Quoted(v["regime"], v["objective"], v["axes"], v["r2"], v["control"])
        mine = value.best_of(results.summary)
        if mine is not None:
            theirs.setdefault(_kin(mine), {})[value.control] = value.r2
    return theirs


def _per_control(runs: list[Run]) -> dict[str, dict[str, float]]:
    """Return the mean over seeds of every control's R^2, and of what is known of it as an angle; none of very many."""
    found: dict[str, dict[str, float]] = {}
    names = runs[0].recovery.r2_per_control
    for name in names if len(names) <= MOST_CONTROLS else ():
        parts = [{"r2": run.recovery.r2_per_control[name], **_turning(run, name)} for run in runs]
        found[name] = {key: sum(part[key] for part in parts) / len(parts) for key in parts[0]}
    return found


def _turning(run: Run, name: str) -> dict[str, float]:
    turning = run.recovery.turning.get(name)
    return {} if turning is None else turning.model_dump()


def _predicted(results: Results, row: Summary) -> float | str | None:
    """Return what the ideal encoder of this objective would reach within the regime, or why that is not known."""
    exploration = exploration_of(row, results.explorations)
    ceiling = CEILINGS.get(row.objective)
    if exploration is None or ceiling is None:
        return None
    predicted = exploration.predicted[ceiling]
    return predicted.r2 if predicted.refused is None else predicted.refused


def _mean(per_control: Iterable[dict[str, float | None] | None]) -> float | None:
    values = [value for each in per_control if each for value in each.values() if value is not None]
    return sum(values) / len(values) if values else None


def _kin(part: Run | Summary) -> tuple[Any, ...]:
    return part.regime, part.objective, part.role, tuple(sorted(part.axes.items()))


def table(found: list[dict[str, Any]]) -> str:
    """Return the rows as Markdown: axes, ours, published, difference, and each control where one is published.

    Where no R^2 is published, Theorem 3's bound and the error that it bounds take the place of the comparison; of a
    grid of test points, R^2 on the inner ones.
    """
    axes = list(dict.fromkeys(name for row in found for name in row["axes"]))
    controls = list(dict.fromkeys(name for row in found if row["published_per_control"] for name in row["per_control"]))
    compared = any(row["published"] is not None or row["published_per_control"] for row in found)
    inner = "inner" in found[0]
    beside = ["published", "difference"] if compared else ["within ±2"] if inner else ["Procrustes error", "its bound"]
    columns = ["regime, objective", "ours", *beside, *controls, "within the regime", "predicted"]
    lines = [" | ".join(["", *axes, *columns, ""]).strip()]
    lines.append("|---" * (len(axes) + len(columns)) + "|")
    for row in found:
        ours = digits(row["r2"]) + (f" ± {row['sd']:.1g}" if row["sd"] is not None else "")
        theirs, gap = "—", "—"
        if not compared and row["bound"] is not None:
            theirs, gap = f"{row['error']:.3g}", f"{row['bound']:.3g}"
        elif row["published"] is not None:
            theirs, gap = digits(row["published"]), f"{row['r2'] - row['published']:+.1g}"
        told_beside = [digits(row["inner"])] if inner and not compared else [theirs, gap]
        where = [str(row["axes"].get(name, "")) for name in axes]
        who = row["objective"] if row["regime"] == "canonical" else f"{row['regime']}, {row['objective']}"
        inside = "—" if row["in_regime"] is None else digits(row["in_regime"])
        predicted = row["predicted"]
        told = "—" if predicted is None else "refused" if isinstance(predicted, str) else f"{predicted:.3f}"
        each = [_beside(row, name) for name in controls]
        lines.append(" | ".join(["", *where, who, ours, *told_beside, *each, inside, told, ""]).strip())
    return "\n".join(lines)


def _beside(row: dict[str, Any], control: str) -> str:
    """Return a control's R^2, the published one in brackets."""
    theirs = row["published_per_control"].get(control)
    return digits(row["per_control"][control]["r2"]) + (f" ({theirs:.2f})" if theirs is not None else "")


def digits(r2: float) -> str:
    """Return an R^2 with three decimals, or as many as leave three digits of 1 - R^2."""
    return f"{r2:.3f}" if not 0.97 <= r2 < 1 else f"{r2:.{min(2 - floor(log10(1 - r2)), 7)}f}"


def insert(page: Path, preset: str, text: str) -> None:
    """Write the text between the page's markers for a preset."""
    begin, end = f"<!-- {preset} -->", f"<!-- end of {preset} -->"
    content = page.read_text(encoding="utf8")
    block = f"{begin}\n{text}\n{end}"
    changed, times = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, content, flags=re.DOTALL)
    if times != 1:
        raise SystemExit(f"{page} has no pair of markers {begin} ... {end}")
    page.write_text(changed, encoding="utf8")


def main() -> None:
    """Run or read the study, write the result and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("--preset", default="cpu")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    out = given.out or Path("runs") / f"{given.study}-{given.preset}"
    study = load_study(given.study, preset=given.preset)
    results = run_study(study, out, device=given.device, reporter=reporter())
    found = rows(results, out)
    minutes = round(results.seconds_total / 60, 2)
    write_json(
        RESULTS / f"{given.study}-{given.preset}.json",
        {"study": given.study, "preset": given.preset, "minutes": minutes, "machine": described(), "rows": found},
    )
    deviations = study.published.deviations if study.published else []
    told = "\n".join(f"- {line}" for line in deviations)
    insert(
        PAGES / f"{given.study}.md",
        given.preset,
        f"{table(found)}\n\n{minutes:.1f} minutes.\n\nDeviations from the paper's settings:\n\n{told or '- none'}",
    )
    print(table(found))
    print(f"{minutes} minutes; report: {write_report(out)}")


if __name__ == "__main__":
    main()
