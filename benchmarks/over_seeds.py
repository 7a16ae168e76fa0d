"""The finished runs of a results folder, summed up over seeds: benchmarks/results/NAME.json.

    python benchmarks/over_seeds.py FOLDER NAME "COMMAND THAT MADE IT"

Reads the runs alone, so that a folder filled by `worldprobe run ... --cells I/K` needs no explorations. Intervals are
Student's t over seeds, or the bootstrap over test points where there is one seed; `interval` says which.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from machine import RESULTS
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe.results import Run
from worldprobe.results.summary import summarise
from worldprobe.study.study_folder import StudyFolder


def rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return one row for each exploration, objective and point of the axes, in the order in which they are found."""
    return [
        row.model_dump(mode="json", exclude={"verdict", "world"})
        | _training([run for run in runs if _kin(run) == _kin(row)])
        for row in summarise(runs, [])
    ]


def _training(runs: Sequence[Run]) -> dict[str, Any]:
    """Return R^2 of every seed and how the trainings went: alignment at the end, and how many memorised."""
    trained = [run.training for run in runs if run.training is not None]
    found: dict[str, Any] = {"r2_per_seed": [round(run.recovery.r2, 4) for run in runs]}
    for curve in ("alignment", "train_alignment", "heldout_alignment"):
        values = [training.final[curve] for training in trained if curve in training.final]
        found[curve] = round(sum(values) / len(values), 4) if values else None
    found |= {"memorising": sum(training.memorising for training in trained), "device": runs[0].device}
    return found | {
        "steps": trained[0].steps if trained else 0,
        "optimum": trained[0].alignment_optimum if trained else None,
    }


def _kin(part: Any) -> tuple[Any, ...]:
    return part.regime, part.objective, part.role, tuple(sorted(part.axes.items()))


def main() -> None:
    """Read the runs, write the result and the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("command")
    given = parser.parse_args()
    folder = StudyFolder(given.folder)
    names = sorted(path.parent.name for path in given.folder.glob("runs/*/run.json"))
    runs = [run for name in names if (run := folder.finished_run(name)) is not None]
    settings, versions = folder.stored_study()
    write_json(
        RESULTS / f"{given.name}.json",
        {"command": given.command, "versions": versions, "study": settings["name"], "rows": rows(runs)},
    )
    rewrite()


if __name__ == "__main__":
    main()
