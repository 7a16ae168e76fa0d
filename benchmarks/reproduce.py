"""A study's results beside the published ones: benchmarks/results/STUDY-PRESET.json, and the table on its page.

    python benchmarks/reproduce.py mixings-2d [KEY=VALUE ...] [--preset cpu] [--out runs/mixings-2d-cpu] [--device auto]
        [--as-it-is]

Runs the study, or reads it where it is finished (`trained_on` names the device of its runs), and writes the tables of
the docs anew. `--as-it-is` takes the finished runs of a folder that `worldprobe run ... --cells I/K` filled, without
predictions and without a report.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from doc_tables.reproduction import rows as table
from machine import RESULTS, described
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe._util.progress import reporter
from worldprobe.measures.probes import fit_probe
from worldprobe.reports import write_report
from worldprobe.reports.quoted_values import Quoted
from worldprobe.results import CEILING_OF, Run, Summary, exploration_of
from worldprobe.stats.r2 import r2_per_column
from worldprobe.study import Results, load_study, run_study

INNER = 2.0
MOST_CONTROLS = 10


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
            | {"r2": mean, "sd": sd, "seeds": len(values), "r2_per_seed": values, "published": quoted.get(None)}
            | {"per_control": _per_control(runs), "published_per_control": {k: v for k, v in quoted.items() if k}}
            | {"r2_controls_to_embedding": back, "orthogonality": runs[0].recovery.orthogonality}
            | {"in_regime": _mean(run.recovery.r2_in_regime for run in runs), "predicted": _predicted(results, row)}
            | {"error": runs[0].recovery.bound.error, "bound": runs[0].recovery.bound.value}
            | ({"inner": _inner(out, runs)} if results.study["test_points"] == "grid" else {})
            | {"transition": [run.transition.model_dump() for run in runs if run.transition is not None]}
            | {"planning": [run.planning.model_dump(mode="json") for run in runs if run.planning is not None]}
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
    turning = run.recovery.cyclic.get(name)
    return {} if turning is None else turning.model_dump()


def _predicted(results: Results, row: Summary) -> float | str | None:
    """Return what the ideal encoder of this objective would reach within the regime, or why that is not known."""
    exploration = exploration_of(row, results.explorations)
    ceiling = CEILING_OF.get(row.objective)
    if exploration is None or ceiling not in exploration.predicted:
        return None
    predicted = exploration.predicted[ceiling]
    return predicted.r2 if predicted.refused is None else predicted.refused


def _mean(per_control: Iterable[dict[str, float | None] | None]) -> float | None:
    values = [value for each in per_control if each for value in each.values() if value is not None]
    return sum(values) / len(values) if values else None


def _kin(part: Run | Summary) -> tuple[Any, ...]:
    return part.regime, part.objective, part.role, tuple(sorted(part.axes.items()))


def main() -> None:
    """Run or read the study, write the result and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--preset", default="cpu")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--as-it-is", action="store_true", help="read the finished runs, run nothing")
    given = parser.parse_args()
    out = given.out or Path("runs") / f"{given.study}-{given.preset}"
    study = load_study(given.study, given.settings, preset=given.preset)
    results = (
        Results.load(out)
        if given.as_it_is
        else run_study(study, out, device=given.device, processes=None, reporter=reporter())
    )
    found = rows(results, out)
    of_runs = sum(run.seconds.render + run.seconds.train + run.seconds.measure for run in results.runs)
    minutes = round((of_runs if given.as_it_is else results.seconds_total) / 60, 2)
    made: dict[str, Any] = {"study": given.study, "preset": given.preset, "minutes": minutes, "machine": described()}
    made["trained_on"] = sorted({run.device for run in results.runs if run.device})
    deviations = list(study.published.deviations) if study.published else []
    made["outcomes"] = [outcome.model_dump(mode="json") for outcome in results.outcomes]
    write_json(RESULTS / f"{given.study}-{given.preset}.json", made | {"deviations": deviations, "rows": found})
    rewrite()
    print(table(found))
    print(f"{minutes} minutes" + ("" if given.as_it_is else f"; report: {write_report(out)}"))


if __name__ == "__main__":
    main()
