"""Training beside two busy processes on as many cores as there are, against training alone.

    python benchmarks/busy_neighbour.py

A training's default, one thread, is compared with a thread on every core, which sleep while they wait ("passive", what
`import worldprobe` settles) or spin ("active"). Every figure is the median over rounds that take turns, because other
work on the machine moves all of them; only ratios within one call mean anything. Results go to
results/busy_neighbour.json.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.threads import SETTINGS

NEIGHBOURS = 2
CORES = len(os.sched_getaffinity(0))
CONDITIONS = {
    "one thread": (1, {}),
    "every core, passive": (CORES, {}),
    "every core, active": (CORES, {"OMP_WAIT_POLICY": "ACTIVE"}),
}
"""Threads of a training, and environment variables."""
TRAIN = """
import sys, time
import worldprobe
import numpy as np
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, train
frames = np.random.default_rng(0).integers(0, 256, (2000, 32, 32, 3), dtype=np.uint8)
data = PairData(frames, np.arange(2000).reshape(1000, 2))
encoder = ENCODERS["patchify"]().build((32, 32, 3), 6, 0)
start, steps = None, 0
def progress(amount, note):
    global start, steps
    if start is None:
        start = time.perf_counter()  # the first step compiles
        return
    steps += amount
    if time.perf_counter() - start > float(sys.argv[1]):
        raise KeyboardInterrupt
try:
    settings = TrainingSettings(steps=100000, threads=int(sys.argv[2]))
    train(encoder, OBJECTIVES["lejepa"](), data, settings, 0, progress=progress)
except KeyboardInterrupt:
    print(steps / (time.perf_counter() - start))
"""


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep some processes busy while the context is open."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def steps_per_second(condition: str, neighbours: int, seconds: float) -> float:
    """Train in a process of its own and return its rate after the first step."""
    threads, settings = CONDITIONS[condition]
    kept = {name: value for name, value in os.environ.items() if name not in (*SETTINGS, "OMP_NUM_THREADS")}
    with busy(neighbours):
        command = [sys.executable, "-c", TRAIN, str(seconds), str(threads)]
        done = subprocess.run(command, env=kept | settings, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure all conditions in turns and write the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    measured = [(condition, neighbours) for condition in CONDITIONS for neighbours in (0, NEIGHBOURS)]
    rates: dict[tuple[str, int], list[float]] = {one: [] for one in measured}
    loads = []
    for _ in range(given.rounds):
        loads.append(os.getloadavg()[0])
        for condition, neighbours in measured:
            rates[condition, neighbours].append(steps_per_second(condition, neighbours, given.seconds))
            print(f"{condition}, {neighbours} neighbours: {rates[condition, neighbours][-1]:.2f} steps/s", flush=True)
    median = {one: statistics.median(found) for one, found in rates.items()}
    write_json(
        RESULTS / "busy_neighbour.json",
        {
            "machine": described(),
            "measured": time.strftime("%Y-%m-%d"),
            "cores": CORES,
            "neighbours": NEIGHBOURS,
            "load_before_each_round": loads,
            "steps_per_second": {
                name: {"alone": rates[name, 0], "beside": rates[name, NEIGHBOURS]} for name in CONDITIONS
            },
            "beside_over_alone": {name: median[name, NEIGHBOURS] / median[name, 0] for name in CONDITIONS},
            "alone_over_one_thread_alone": {name: median[name, 0] / median["one thread", 0] for name in CONDITIONS},
        },
    )


if __name__ == "__main__":
    main()
