"""The room that is relit: near to Cycles, exposed, and how fast: benchmarks/results/lit_room.json.

    python benchmarks/lit_room.py [--samples 128] [--poses 16] [--only cycles|exposure|speed]

Against Cycles: the same 16 poses under 8 settings of light and colour, N(0, I) draws: four of the light alone, four of
light and colour. In Cycles a repainted sofa also colours the light that it sends to the floor; the rasteriser leaves
that as it is at rest, and the difference between the two halves is what this costs. Half of Cycles' samples come from
each of two seeds: how far they agree says how much of the difference is Cycles' own noise.

Exposure: over canonical draws of all controls, how bright frames are, and how much of them is burnt out or black.

Speed: frames a second beside those of `room`, alternately, on the same camera poses.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from machine import RESULTS, described, spread
from worldprobe._util.colour import linear_from_srgb, srgb_from_linear
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.world import WORLDS, World
from worldprobe.world.room.child import BlenderProcess
from worldprobe.world.room.lit_room import AVAILABLE
from worldprobe.world.room.tracing import Tracing

ASKED = {"median": 28.0, "min": 25.0}
SIZE, BOUNCES, SETTINGS = 64, 6, 8
CAMERA = 6
"""The first controls are the camera's."""


def every_control(size: int) -> World:
    """Return the world with all of its controls."""
    return WORLDS["room-lit"].model_validate({"size": size, "controls": list(AVAILABLE)})


def psnr(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the peak signal-to-noise ratio of each pair of frames (N, H, W, 3 in [0, 255]), in dB."""
    squared = ((a.astype(float) - b.astype(float)) ** 2).mean(axis=(1, 2, 3))
    return np.round(10 * np.log10(255.0**2 / squared), 2)


def against_cycles(poses: int, samples: int) -> dict[str, Any]:
    """Return the PSNR of every pose under every setting, of light alone and with colours."""
    rng = stream(0, "benchmark", "lit room against cycles")
    n = len(AVAILABLE)
    cameras, settings = rng.standard_normal((poses, CAMERA)), rng.standard_normal((SETTINGS, n - CAMERA))
    settings[: SETTINGS // 2, 3:] = 0.0  # sun, lamps and warmth come first
    # all poses of a setting together: Cycles keeps its paints and lamps from frame to frame
    z = np.concatenate([np.tile(cameras, (SETTINGS, 1)), np.repeat(settings, poses, axis=0)], axis=1)
    with every_control(SIZE) as world, BlenderProcess(world.room_name) as blender:
        drawn, at, lighting = world.observe(z), world.cameras(z), world.lighting(z)
        first, second = (
            blender.render(at, Tracing(SIZE, SIZE, samples // 2, BOUNCES, seed=seed), lighting) for seed in (1, 2)
        )
        version = blender.version
    traced = 255 * srgb_from_linear((linear_from_srgb(first / 255) + linear_from_srgb(second / 255)) / 2)
    found = psnr(drawn, traced).reshape(SETTINGS, poses).T
    light, colour = found[:, : SETTINGS // 2], found[:, SETTINGS // 2 :]
    return {
        "psnr_db": {"asked": ASKED} | spread(found.ravel().tolist()) | {"per_pose_and_setting": found.tolist()},
        "light_alone_psnr_db": spread(light.ravel().tolist()),
        "light_and_colour_psnr_db": spread(colour.ravel().tolist()),
        "cycles_halves_psnr_db": spread(psnr(first, second).tolist()),
        "mean_difference": round(float((drawn - traced).mean()), 3),
        "poses": poses,
        "settings": SETTINGS,
        "samples": samples,
        "bounces": BOUNCES,
        "blender": version,
    }


def exposure(frames: int) -> dict[str, Any]:
    """Return the extremes, over canonical frames, of brightness and of the shares that are burnt out and black."""
    with every_control(32) as world:
        z = stream(0, "benchmark", "lit room exposure").standard_normal((frames, len(world.controls)))
        pixels = world.observe(z)
    mean, white, black = (
        pixels.mean(axis=(1, 2, 3)),
        (pixels.min(axis=3) == 255).mean(axis=(1, 2)),
        (pixels.max(axis=3) < 8).mean(axis=(1, 2)),
    )
    channel = (pixels == 255).mean(axis=(1, 2, 3))
    return {
        "frames": frames,
        "mean_brightness": spread(mean.tolist()),
        "share_of_pixels_burnt_out": spread(white.tolist()) | {"p99": float(np.quantile(white, 0.99))},
        "share_of_values_at_255": spread(channel.tolist()) | {"p99": float(np.quantile(channel, 0.99))},
        "share_of_pixels_black": spread(black.tolist()),
    }


def speed(seconds: float, repeats: int) -> dict[str, Any]:
    """Return frames a second of both worlds and their ratio, repeat by repeat."""
    result: dict[str, Any] = {"asked": 0.5}
    for size in (32, 64):
        with every_control(size) as lit, WORLDS["room"](size=size) as plain:
            z = stream(0, "benchmark", "lit room speed").standard_normal((512, len(lit.controls)))
            worlds = {"room": (plain, z[:, :CAMERA]), "room-lit": (lit, z)}
            rates: dict[str, list[float]] = {name: [] for name in worlds}
            for world, poses in worlds.values():
                world.observe(poses[:16])
            for _ in range(repeats):
                for name, (world, poses) in worlds.items():
                    start, count = time.perf_counter(), 0
                    while time.perf_counter() - start < seconds:
                        world.observe(poses)
                        count += len(poses)
                    rates[name].append(count / (time.perf_counter() - start))
        ratios = [a / b for a, b in zip(rates["room-lit"], rates["room"], strict=True)]
        result[f"{size} px"] = {name: spread(found) for name, found in rates.items()} | {"ratio": spread(ratios)}
    return result


def main() -> None:
    """Measure and write the results; parts that are not measured this time stay as they were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=128, help="Cycles' paths a pixel")
    parser.add_argument("--poses", type=int, default=16)
    parser.add_argument("--frames", type=int, default=20_000, help="frames whose exposure is measured")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=("cycles", "exposure", "speed"))
    given = parser.parse_args()
    path = RESULTS / "lit_room.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    measured = {
        "cycles": lambda: against_cycles(given.poses, given.samples),
        "exposure": lambda: exposure(given.frames),
        "speed": lambda: speed(given.seconds, given.repeats),
    }
    for name in [given.only] if given.only else measured:
        found[name] = measured[name]()
        print(name, {k: v for k, v in found[name].items() if k != "psnr_db"}, flush=True)
    write_json(path, found | {"machine": described()})


if __name__ == "__main__":
    main()
