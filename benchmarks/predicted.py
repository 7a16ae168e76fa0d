"""Predicted and trained R^2 of every regime of finished studies: results/predicted.json, and the tables of the docs.

    python benchmarks/predicted.py demo runs/camera-scoped runs/camera-symmetric runs/arm-cpu

Trains nothing: reads results folders. Predictions are of LeJEPA's ideal encoder, on the canonical test points; where
maps that are aligned equally well are read differently, the R^2 of each of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import mean
from typing import Any

from doc_tables.predictions import predicted as table
from machine import RESULTS
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe.results import CEILING_OF, Decomposition, MissingParts, Prediction, Results, Run, exploration_of

PARTS = ("regime", "scene", "non_identifiability", "data", "optimisation", "unexplained")
WITHIN = 0.10


def row(study: str, run: Run, predicted: Prediction, told: Decomposition) -> dict[str, Any]:
    """Return what was predicted, what was found, and where the difference went: means over controls."""
    inside = [value for value in (run.recovery.r2_in_regime or {}).values() if value is not None]
    parts = {name: _mean(told.controls.values(), name) for name in PARTS}
    return {
        "study": study,
        "regime": run.regime,
        "axes": run.axes,
        "predicted": predicted.r2_on_test,
        "candidates": [mean(own.values()) for own in predicted.candidates],
        "predicted_in_regime": predicted.r2,
        "trained": run.recovery.r2,
        "trained_in_regime": mean(inside) if inside else None,
        "parts": parts,
        "refused": predicted.refused,
    }


def _mean(controls: Any, name: str) -> float | None:
    values = [getattr(parts, name) for parts in controls if isinstance(parts, MissingParts)]
    return None if None in values else mean(values)


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return a row for every trained LeJEPA run of a results folder."""
    results = Results.load(folder)
    told, found = {part.run: part for part in results.decomposition}, []
    for run in results.runs:
        exploration = exploration_of(run, results.explorations)
        if run.id in told and exploration is not None and run.objective == "lejepa":
            predicted = exploration.predicted[CEILING_OF[run.objective]]
            found.append(row(str(results.study["name"]), run, predicted, told[run.id]))
    return found


def main() -> None:
    """Read the folders, write the result and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    found = [each for folder in given.folders for each in rows(folder)]
    answered = [r for r in found if r["predicted"] is not None]
    near = sum(abs(r["predicted"] - r["trained"]) <= WITHIN for r in answered)
    write_json(RESULTS / "predicted.json", {"within": WITHIN, "answered": len(answered), "near": near, "rows": found})
    rewrite()
    print(table("predicted.json"))
    print(f"{len(found)} runs; {len(answered)} predicted, {near} of them within {WITHIN}")


if __name__ == "__main__":
    main()
