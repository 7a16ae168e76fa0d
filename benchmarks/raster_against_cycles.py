"""How near the raster comes to path tracing, pose by pose: benchmarks/results/raster_against_cycles.json.

    python benchmarks/raster_against_cycles.py [--samples 512] [--poses 16]

Both show the furnished room from the same canonical poses at 64 px; Cycles filters with a box one pixel wide. Half its
samples come from each of two seeds: how far the halves agree says how much of the difference is Cycles' own noise.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from machine import RESULTS, described, spread
from worldprobe._util.files import file_sha256, write_json
from worldprobe._util.seeds import stream
from worldprobe.world.room.bake import baked_glb
from worldprobe.world.room.child import BlenderProcess
from worldprobe.world.room.paints import encoded, linear
from worldprobe.world.room.rooms import Room
from worldprobe.world.room.tracing import Tracing

ASKED = {"median": 28.0, "min": 25.0}
SIZE, BOUNCES = 64, 6


def psnr(a: np.ndarray, b: np.ndarray) -> list[float]:
    """Return the peak signal-to-noise ratio of each pair of frames (N, H, W, 3 in [0, 255]), in dB."""
    squared = ((a.astype(float) - b.astype(float)) ** 2).mean(axis=(1, 2, 3))
    return [round(float(10 * np.log10(255.0**2 / error)), 2) for error in squared]


def measure(poses: int, samples: int) -> dict[str, Any]:
    """Return the PSNR of every pose, its spread, and that of Cycles' two halves against each other."""
    z = stream(0, "benchmark", "raster against cycles").standard_normal((poses, 6))
    with Room(size=SIZE) as room, BlenderProcess(room.room_name) as blender:
        drawn, cameras = room.observe(z), room.cameras(z)
        first, second = (
            blender.render(cameras, Tracing(SIZE, SIZE, samples // 2, BOUNCES, seed=seed)) for seed in (1, 2)
        )
        version = blender.version
    traced = 255 * encoded((linear(first / 255) + linear(second / 255)) / 2)
    found, halves = psnr(drawn, traced), psnr(first, second)
    return {
        "psnr_db": {"asked": ASKED} | spread(found) | {"per_pose": found},
        "cycles_halves_psnr_db": spread(halves),
        "mean_difference": round(float((drawn - traced).mean()), 3),
        "poses": poses,
        "samples": samples,
        "bounces": BOUNCES,
        "blender": version,
        "glb": file_sha256(baked_glb("room")),
    }


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=512, help="Cycles' paths a pixel")
    parser.add_argument("--poses", type=int, default=16)
    options = parser.parse_args()
    found = measure(options.poses, options.samples)
    write_json(RESULTS / "raster_against_cycles.json", {"machine": described()} | found)
    print(f"raster against Cycles: {found['psnr_db']}")


if __name__ == "__main__":
    main()
