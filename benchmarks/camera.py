"""What a study of the camera shows at its cpu preset: benchmarks/results/STUDY.json; `camera` against what was asked.

    python benchmarks/camera.py [camera | camera-scoped | camera-symmetric] [--out demo]

Audits the study and runs it into the folder, or reads it where it is finished (after `make demo`); the report holds
the audit beside the results.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from machine import RESULTS, described
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe._util.progress import reporter
from worldprobe.audits import Verdict
from worldprobe.reports import write_report
from worldprobe.study import Results, load_study, run_study
from worldprobe.study.audit_study import keep_audit


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
    parser.add_argument("study", nargs="?", default="camera")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    out = given.out or Path("demo" if given.study == "camera" else f"runs/{given.study}")
    study = load_study(given.study)
    audit = keep_audit(study, out, reporter=reporter())
    results = run_study(study, out, reporter=reporter())
    asked = {"asked": asked_and_found(results)} if given.study == "camera" else {}
    found: dict[str, Any] = {
        "minutes": round(results.seconds_total / 60, 2),
        "peak_memory_gb": round(results.peak_memory_bytes / 1e9, 2),
    }
    bad = [gate.to_json() for gate in audit.gates if gate.verdict is not Verdict.PASS]
    found |= {"audit": {"verdict": audit.verdict.value, "gates": len(audit.gates), "not passed": bad}}
    summary = [row.model_dump(mode="json") for row in results.summary]
    write_json(RESULTS / f"{given.study}.json", asked | found | {"summary": summary, "machine": described()})
    rewrite()
    for name, row in asked.get("asked", {}).items():
        print(name, row)
    for row in results.summary:
        print(
            row.regime,
            row.objective,
            f"R2 {row.r2.mean:.3f}",
            {k: round(v.mean, 3) for k, v in row.r2_per_control.items()},
        )
    print(f"report: {write_report(out)}")


if __name__ == "__main__":
    main()
