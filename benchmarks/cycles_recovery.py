"""Recovery on path-traced frames beside recovery on raster frames: benchmarks/results/cycles_recovery.json.

    python benchmarks/cycles_recovery.py [--frames 6000]

The study `camera-scoped` (truck, dolly, yaw), broad exploration alone, the same controls, encoder and budget for both
renderers. It is small because Cycles draws tens of frames a second where the raster draws thousands.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.progress import reporter
from worldprobe.study import load_study, run_study

SETTINGS = ("heldout_frames=256", "probe_frames=768", "test_frames=768", "training.steps=300", "training.batch=256")


def recover(renderer: str, frames: int) -> dict[str, Any]:
    """Return the recovery of one renderer's frames, and what rendering them took."""
    world = f"world={{name: room-scoped, size: 32, renderer: {renderer}, samples: 4, bounces: 2}}"
    study = load_study("camera-scoped", [world, f"frames={frames}", *SETTINGS])
    study = study.model_copy(update={"regimes": {"gaussian": study.regimes["gaussian"]}})
    with tempfile.TemporaryDirectory() as folder:
        results = run_study(study, Path(folder), reporter=reporter())
    seconds = sum(run.seconds.render for run in results.runs)
    return {"summary": [row.model_dump(mode="json") for row in results.summary], "render_seconds": round(seconds, 1)}


def main() -> None:
    """Measure both renderers and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=6000)
    frames = parser.parse_args().frames
    found = {renderer: recover(renderer, frames) for renderer in ("raster", "cycles")}
    write_json(RESULTS / "cycles_recovery.json", {"frames": frames, **found, "machine": described()})
    for renderer, result in found.items():
        print(renderer, {row["objective"]: round(row["r2"]["mean"], 3) for row in result["summary"]})


if __name__ == "__main__":
    main()
