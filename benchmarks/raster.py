"""Frames a second of the rasteriser in the furnished room, beside Cycles in the same run: results/raster.json.

    python benchmarks/raster.py [--seconds 3] [--repeats 7]

Every repeat times every contender once, one after the other, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from machine import RESULTS, described, spread
from worldprobe.files import write_json
from worldprobe.seeds import stream
from worldprobe.worlds.base import World
from worldprobe.worlds.glb import read_glb
from worldprobe.worlds.layers import GRID
from worldprobe.worlds.room.bake import baked_glb
from worldprobe.worlds.room.world import Room

ASKED = {"raster 32 px": 2000.0, "raster 64 px": 1200.0, "raster over cycles, 64 px": 30.0}
CYCLES_SAMPLES, CYCLES_BOUNCES = 2, 0


def frames_per_second(world: World, z: np.ndarray, seconds: float) -> float:
    """Return how fast `world` shows z again and again for at least `seconds`."""
    start, frames = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds or frames == 0:
        world.observe(z)
        frames += len(z)
    return frames / elapsed


def measure(seconds: float, repeats: int) -> dict[str, Any]:
    """Return the frames a second of every contender, with spread over repeats, and what was asked."""
    z = stream(0, "benchmark", "raster").standard_normal((1024, 6))
    cycles = Room(size=64, renderer="cycles", samples=CYCLES_SAMPLES, bounces=CYCLES_BOUNCES)
    contenders: dict[str, tuple[World, np.ndarray]] = {
        "raster 32 px": (Room(size=32), z),
        "raster 64 px": (Room(size=64), z),
        "cycles 64 px": (cycles, z[:64]),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for world, poses in contenders.values():
        world.observe(poses[:16])
    for _ in range(repeats):
        for name, (world, poses) in contenders.items():
            rates[name].append(frames_per_second(world, poses, seconds))
    for world, _ in contenders.values():
        world.close()
    pairs = zip(rates["raster 64 px"], rates["cycles 64 px"], strict=True)
    summed = {name: spread(values) for name, values in rates.items()}
    summed["raster over cycles, 64 px"] = spread([raster / cycles for raster, cycles in pairs])
    return {name: {"asked": ASKED.get(name)} | found for name, found in summed.items()}


def main() -> None:
    """Measure, print one line per contender, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each contender in each repeat")
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    description = described()
    found = measure(given.seconds, given.repeats)
    for name, row in found.items():
        asked = f", asked for {row['asked']:g}" if row["asked"] else ""
        print(f"{name}: {row['median']:g} ({row['min']:g} to {row['max']:g}{asked})")
    triangles = sum(len(part.triangles) for part in read_glb(baked_glb("room")))
    settings = {
        "seconds": given.seconds,
        "repeats": given.repeats,
        "triangles": triangles,
        "samples a pixel": GRID**2,
        "cycles": {"samples": CYCLES_SAMPLES, "bounces": CYCLES_BOUNCES},
    }
    what = "frames a second on canonical poses of the furnished room; median, minimum and maximum over repeats"
    write_json(RESULTS / "raster.json", {"what": what, "settings": settings, "machine": description, "results": found})


if __name__ == "__main__":
    main()
