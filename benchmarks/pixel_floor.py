"""Ridge regression from raw pixels to controls, by the number of labelled frames: benchmarks/results/pixel_floor.json.

    python benchmarks/pixel_floor.py [--frames 4096 20000 100000]

100,000 are as many as an encoder of the studies' preset `cpu` trains on. The penalty is chosen for each control by
leave-one-out.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from machine import RESULTS, described
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe.datasets import Store, canonical
from worldprobe.measures.probes import fit_probe
from worldprobe.stats.r2 import r2_per_column
from worldprobe.world import WORLDS, World

NAMES = ("room", "room-scoped", "room-symmetric", "arm")
SEED, TEST, SIZE = 0, 4096, 32


def read(world: World, counts: list[int]) -> list[dict[str, Any]]:
    """Return R^2 per control, and the seconds of the fit, for every number of frames."""
    store, names = Store(), [spec.name for spec in world.controls]
    fitted = store.ensure(canonical(world, max(counts), SEED, "probe"))
    test = store.ensure(canonical(world, TEST, SEED, "test"))
    x, z = (pixels(fitted.frames()), fitted.controls)
    unseen, truth = pixels(test.frames()), test.controls
    rows = []
    for count in counts:
        start = time.perf_counter()
        found = r2_per_column(truth, fit_probe(x[:count], z[:count], ridge=True)(unseen))
        seconds = round(time.perf_counter() - start, 1)
        rows.append({"frames": count, "r2": float(found.mean()), "seconds": seconds} | per_control(names, found))
    return rows


def pixels(frames: np.ndarray) -> np.ndarray:
    """Return frames as rows of numbers."""
    return frames.reshape(len(frames), -1)


def per_control(names: list[str], found: np.ndarray) -> dict[str, dict[str, float]]:
    """Return R^2 by control."""
    return {"r2_per_control": dict(zip(names, found.tolist(), strict=True))}


def main() -> None:
    """Measure, print one line per figure, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs="+", default=[4096, 20_000, 100_000])
    given = parser.parse_args()
    results: dict[str, list[dict[str, Any]]] = {}
    for name in NAMES:
        with WORLDS[name](size=SIZE) as world:  # type: ignore[call-arg]
            results[name] = read(world, given.frames)
        for row in results[name]:
            print(name, row["frames"], round(row["r2"], 3), row["seconds"], "s", flush=True)
    what = f"R2 of ridge regression from raw pixels at {SIZE} px on {TEST:,} canonical frames"
    write_json(RESULTS / "pixel_floor.json", {"what": what, "machine": described(), "results": results})
    rewrite()


if __name__ == "__main__":
    main()
