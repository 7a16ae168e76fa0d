"""Frames a second of the rasteriser in the furnished room, beside Cycles in the same run: results/raster.json.

    python benchmarks/raster.py [--seconds 3] [--repeats 7]
    python benchmarks/raster.py --without-cycles             # results/raster-gpu.json, where a GPU draws

Every repeat times every contender once, one after the other, so that whatever else the machine does falls on all alike.
Processor time a frame is recorded beside it: it says what a frame costs even where other programs took their share.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import psutil

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.render.gl import SOFTWARE
from worldprobe.render.glb import read_glb
from worldprobe.render.layers import GRID
from worldprobe.world.room.bake import baked_glb
from worldprobe.world.room.rooms import Room
from worldprobe.world.world import World

ASKED = {"raster 32 px": 2000.0, "raster 64 px": 1200.0, "raster over cycles, 64 px": 30.0}
CYCLES_SAMPLES = 2
# Without bounces is what was asked; with the world's default of bounces Cycles shows indirect light, too.
CYCLES_BOUNCES = {"cycles": 0, "cycles with bounces": Room().bounces}


def timed(world: World, z: np.ndarray, seconds: float) -> tuple[float, float]:
    """Show z again and again for at least `seconds`; return frames a second and milliseconds of processor a frame."""
    start, busy, frames = time.perf_counter(), processor_seconds(), 0
    while (elapsed := time.perf_counter() - start) < seconds or frames == 0:
        world.observe(z)
        frames += len(z)
    return frames / elapsed, (processor_seconds() - busy) / frames * 1e3


def processor_seconds() -> float:
    """Return what this process and its running children have used on all cores."""
    process = psutil.Process()
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def measure(seconds: float, repeats: int, peers: dict[str, int]) -> dict[str, Any]:
    """Return the frames a second of every contender, with spread over repeats, and what was asked."""
    z = stream(0, "benchmark", "raster").standard_normal((1024, 6))
    contenders: dict[str, tuple[World, np.ndarray]] = {
        "raster 32 px": (Room(size=32), z),
        "raster 64 px": (Room(size=64), z),
        "raster 224 px": (Room(size=224), z[:256]),
    }
    for peer, bounces in peers.items():
        world = Room(size=64, renderer="cycles", samples=CYCLES_SAMPLES, bounces=bounces)
        contenders[f"{peer} 64 px"] = (world, z[:64])
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    costs: dict[str, list[float]] = {name: [] for name in contenders}
    for world, poses in contenders.values():
        world.observe(poses[:16])
    for _ in range(repeats):
        for name, (world, poses) in contenders.items():
            rate, cost = timed(world, poses, seconds)
            rates[name].append(rate)
            costs[name].append(cost)
    for world, _ in contenders.values():
        world.close()
    summed: dict[str, Any] = {
        name: {"asked": ASKED.get(name), **spread(rates[name]), "processor_ms_a_frame": spread(costs[name])}
        for name in contenders
    }
    for peer in peers:
        name, pairs = f"raster over {peer}, 64 px", zip(rates["raster 64 px"], rates[f"{peer} 64 px"], strict=True)
        summed[name] = {"asked": ASKED.get(name), **spread([raster / cycles for raster, cycles in pairs])}
    return summed


def main() -> None:
    """Measure, print one line per contender, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each contender in each repeat")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument(
        "--without-cycles", action="store_true", help="the rasteriser alone, where Blender is not installed"
    )
    given = parser.parse_args()
    description = described()
    driver = (description["gl"] or {}).get("renderer", "")
    peers = {} if given.without_cycles else CYCLES_BOUNCES
    found = measure(given.seconds, given.repeats, peers)
    for name, row in found.items():
        asked = f", asked for {row['asked']:g}" if row["asked"] else ""
        print(f"{name}: {row['median']:g} ({row['min']:g} to {row['max']:g}{asked})")
    triangles = sum(len(part.triangles) for part in read_glb(baked_glb("room")))
    settings = {
        "seconds": given.seconds,
        "repeats": given.repeats,
        "triangles": triangles,
        "samples a pixel": GRID**2,
        "cycles": {"samples": CYCLES_SAMPLES, "bounces": peers},
    }
    what = "frames a second on canonical poses of the furnished room; median, minimum and maximum over repeats"
    name = "raster.json" if driver.startswith(SOFTWARE) else "raster-gpu.json"
    write_json(RESULTS / name, {"what": what, "settings": settings, "machine": description, "results": found})


if __name__ == "__main__":
    main()
