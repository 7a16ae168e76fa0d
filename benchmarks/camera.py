"""What the study `camera` shows at its cpu preset, against what was asked: benchmarks/results/camera.json.

    python benchmarks/camera.py [--out demo]

Runs the study into the folder, or reads it where it is finished (after `make demo`).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from machine import RESULTS, described
from worldprobe.files import write_json
from worldprobe.progress import reporter
from worldprobe.studies import Results, load_study, run_study


def asked_and_found(results: Results) -> dict[str, Any]:
    """Return every figure beside its threshold."""
    found = {row.regime: row for row in results.summary if row.role == "measured"}
    gaussian = found["gaussian"].r2.mean
    worst = min(interval.mean for interval in found["gaussian"].r2_per_control.values())
    rows = {
        "gaussian, mean R2": (0.93, gaussian),
        "gaussian, worst control": (0.85, worst),
        "gaussian minus cinematic": (0.30, gaussian - found["cinematic"].r2.mean),
        "gaussian minus yaw-only": (0.30, gaussian - found["yaw-only"].r2.mean),
    }
    return {name: {"at least": least, "found": round(value, 4)} for name, (least, value) in rows.items()} | {
        "minutes": {"at most": 12, "found": round(results.seconds_total / 60, 2)},
        "peak memory, GB": {"at most": 4, "found": round(results.peak_memory_bytes / 1e9, 2)},
    }


def main() -> None:
    """Run or read the study and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("demo"))
    results = run_study(load_study("camera"), parser.parse_args().out, reporter=reporter())
    summary = [row.model_dump(mode="json") for row in results.summary]
    found = {"asked": asked_and_found(results), "summary": summary, "machine": described()}
    write_json(RESULTS / "camera.json", found)
    for name, row in found["asked"].items():
        print(name, row)


if __name__ == "__main__":
    main()
