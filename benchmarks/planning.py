"""How well a planner does in a study's embeddings: results/STUDY-PRESET.json, and the tables of the docs.

    python benchmarks/planning.py [planning | planning-room] [--preset cpu] [--out runs/planning-cpu] [--device auto]
    python benchmarks/planning.py --encoders runs/arm-cpu

Runs the study, or reads it where it is finished. With --encoders it trains nothing: it plans, as the study `planning`
does, with the encoders that another study's finished runs left, and writes results/planning-of-NAME.json.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import yaml

from doc_tables.planned import rows as table
from machine import RESULTS, described
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe._util.progress import reporter
from worldprobe.errors import NoResults, UnknownName
from worldprobe.planning import PlanningSettings
from worldprobe.reports import write_report
from worldprobe.results import Kind, Planned, Run, read_record
from worldprobe.study import Results, Study, load_study, run_study
from worldprobe.study.planning_benchmark import StudyTrial, trained_encoder

KIND = "mlp"


def row(run: Run, planned: Planned) -> dict[str, Any]:
    """Return what there is to say of an encoder."""
    who = {"regime": run.regime, "objective": run.objective, "axes": run.axes, "seed": run.seed, "role": run.role}
    found = {"r2": run.recovery.r2, "r2_per_control": run.recovery.r2_per_control}
    return who | found | {"planning": planned.model_dump(mode="json")}


def left_encoders(folder: Path, settings: PlanningSettings) -> list[dict[str, Any]]:
    """Plan with every encoder that the finished runs of a study of one world left."""
    world = Study.model_validate(yaml.safe_load((folder / "study.yaml").read_text(encoding="utf8"))["study"]).world
    found = []
    with world:
        trial = StudyTrial(world, settings)
        for file in sorted(folder.glob("runs/*/run.json")):
            run = read_record(file, Kind.RUN, Run, mend="Run the study again.")
            try:
                encoder = trained_encoder(folder, run.id)
            except (UnknownName, NoResults):  # floors and pixels leave none
                continue
            found.append(row(run, trial.evaluate(encoder)[0]))
            print(run.id, f"R² {run.recovery.r2:.3f}", flush=True)
    return found


def asked_and_found(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return what was asked of the arm beside what was found, of the best encoder of either regime."""
    best = {}
    for regime in ("gaussian", "policy"):
        mine = [r for r in rows if r["regime"] == regime and r["role"] == "measured"]
        best[regime] = max(mine, key=lambda r: r["r2"])["planning"]
    cost = {regime: _lines(p)[1]["cost"]["mean"] for regime, p in best.items()}
    reached = best["gaussian"]["reached"][KIND]["success"]
    return {
        "cost of straight lines, gaussian": {"at most": 1.05, "found": round(cost["gaussian"], 4)},
        "the same, policy minus gaussian": {"above": 0.0, "found": round(cost["policy"] - cost["gaussian"], 4)},
        "pictures reached, gaussian": {"at least": 0.9, "found": round(reached, 4)},
    }


def _lines(planned: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    found: tuple[str, dict[str, Any]] = next(iter(planned["lines"].items()))
    return found


def _of_study(given: argparse.Namespace) -> tuple[str, list[dict[str, Any]], float]:
    out = given.out or Path("runs") / f"{given.study}-{given.preset}"
    study = load_study(given.study, preset=given.preset)
    results: Results = run_study(study, out, device=given.device, reporter=reporter())
    print(f"report: {write_report(out)}")
    rows = [row(run, run.planning) for run in results.runs if run.planning is not None]
    return f"{given.study}-{given.preset}", rows, results.seconds_total


def _of_encoders(given: argparse.Namespace) -> tuple[str, list[dict[str, Any]], float]:
    settings = load_study("planning", preset=given.preset).planning
    assert settings is not None
    start = time.perf_counter()
    rows = left_encoders(given.encoders, settings)
    return f"planning-of-{given.encoders.name}", rows, time.perf_counter() - start


def main() -> None:
    """Run or read the study, or plan with the encoders given; write the result and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="?", default="planning")
    parser.add_argument("--encoders", type=Path)
    parser.add_argument("--preset", default="cpu")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    name, rows, seconds = _of_study(given) if given.encoders is None else _of_encoders(given)
    made = {"name": name, "minutes": round(seconds / 60, 2), "machine": described()}
    asked = {"asked": asked_and_found(rows)} if {"gaussian", "policy"} <= {r["regime"] for r in rows} else {}
    write_json(RESULTS / f"{name}.json", made | asked | {"rows": rows})
    rewrite()
    print(table(rows))
    for what, found in asked.get("asked", {}).items():
        print(what, found)


if __name__ == "__main__":
    main()
