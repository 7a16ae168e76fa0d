"""Frames a second of the arm, beside MuJoCo's own renderer in the same run: results/arm.json.

    python benchmarks/arm.py [--seconds 3] [--repeats 7]

MuJoCo's renderer is timed with its defaults (a shadow map of 2048 texels, 4 samples a pixel) and without that map,
which darkens the picture. Every repeat times every contender once, one after the other, so that whatever else the
machine does falls on all alike. Processor time a frame says what a frame costs even where others took their share.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import Policy, RandomTorque
from worldprobe.world.arm import Arm
from worldprobe.world.arm.model import mujoco_model
from worldprobe.world.arm.reference import MujocoRenderer
from worldprobe.world.arm.scene import arm_parts

Show = Callable[[np.ndarray], np.ndarray]

OURS, THEIRS = "raster 64 px", "mujoco 64 px"
ASKED = {OURS: 2000.0}
RATIO = "raster over mujoco, 64 px"


def timed(show: Show, z: np.ndarray, seconds: float) -> tuple[float, float]:
    """Show z again and again for at least `seconds`; return frames a second and milliseconds of processor a frame."""
    start, busy, frames = time.perf_counter(), time.process_time(), 0
    while (elapsed := time.perf_counter() - start) < seconds or frames == 0:
        show(z)
        frames += len(z)
    return frames / elapsed, (time.process_time() - busy) / frames * 1e3


def measure(seconds: float, repeats: int) -> dict[str, Any]:
    """Return the frames a second of every contender, with spread over repeats, and what was asked."""
    z = stream(0, "benchmark", "arm").standard_normal((2048, 2))
    worlds = {OURS: Arm(), "raster 32 px": Arm(size=32), THEIRS: Arm(renderer="mujoco")}
    plain = MujocoRenderer(mujoco_model(2), 64, 64, shadows=False)
    contenders: dict[str, tuple[Show, np.ndarray]] = {
        name: (world.observe, z if name.startswith("raster") else z[:32]) for name, world in worlds.items()
    }
    contenders["mujoco 64 px without its shadow map"] = (plain.draw, z[:32])
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    costs: dict[str, list[float]] = {name: [] for name in contenders}
    for show, postures in contenders.values():
        show(postures[:16])
    for _ in range(repeats):
        for name, (show, postures) in contenders.items():
            rate, cost = timed(show, postures, seconds)
            rates[name].append(rate)
            costs[name].append(cost)
    for renderer in (*worlds.values(), plain):
        renderer.close()
    summed: dict[str, Any] = {
        name: {"asked": ASKED.get(name), **spread(rates[name]), "processor_ms_a_frame": spread(costs[name])}
        for name in contenders
    }
    ratios = [ours / theirs for ours, theirs in zip(rates[OURS], rates[THEIRS], strict=True)]
    return summed | {RATIO: {"asked": None, **spread(ratios)}}


def explored(frames: int) -> dict[str, float]:
    """Return the seconds that the regimes in which physics moves the arm take for so many frames."""
    seconds = {}
    for regime in (Policy(), RandomTorque()):
        start = time.perf_counter()
        regime.sample(frames, Arm().controls, stream(0, "benchmark", "arm"))
        seconds[type(regime).__name__] = round(time.perf_counter() - start, 2)
    return seconds


def main() -> None:
    """Measure, print one line per contender, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each contender in each repeat")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--frames", type=int, default=100_000, help="frames of an exploration by physics")
    given = parser.parse_args()
    description = described() | {"mujoco": mujoco.__version__}
    found, seconds = measure(given.seconds, given.repeats), explored(given.frames)
    for name, row in found.items():
        asked = f", asked for {row['asked']:g}" if row["asked"] else ""
        print(f"{name}: {row['median']:g} ({row['min']:g} to {row['max']:g}{asked})")
    print(f"seconds to explore {given.frames} frames by physics: {seconds}")
    settings = {
        "seconds": given.seconds,
        "repeats": given.repeats,
        "triangles": sum(len(part.triangles) for part in arm_parts(mujoco, mujoco_model(2))),
    }
    exploration = {"frames": given.frames, "seconds": seconds}
    what = "frames a second on canonical postures of the arm; median, minimum and maximum over repeats"
    result = {"what": what, "settings": settings, "machine": description, "results": found, "physics": exploration}
    write_json(RESULTS / "arm.json", result)


if __name__ == "__main__":
    main()
