"""Training beside two busy processes on as many cores as there are, against training alone.

    python benchmarks/busy_neighbour.py

Threads that spin while they wait ("active") are compared with threads that sleep ("passive", what `import worldprobe`
settles). Every figure is the median over rounds that take turns, because other work on the machine moves all of them;
only ratios within one call mean anything. Results go to results/busy_neighbour.json.
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
WAITING = {"passive": {}, "active": {"OMP_WAIT_POLICY": "ACTIVE"}}
TRAIN = """
import sys, time
import worldprobe
import numpy as np, torch
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, train
torch.set_num_threads(int(sys.argv[2]))
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
    train(encoder, OBJECTIVES["lejepa"](), data, TrainingSettings(steps=100000, batch=128), 0, progress=progress)
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


def steps_per_second(waiting: str, neighbours: int, seconds: float, threads: int) -> float:
    """Train in a process of its own and return its rate after the first step."""
    kept = {name: value for name, value in os.environ.items() if name not in (*SETTINGS, "OMP_NUM_THREADS")}
    with busy(neighbours):
        command = [sys.executable, "-c", TRAIN, str(seconds), str(threads)]
        done = subprocess.run(command, env=kept | WAITING[waiting], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Measure all four conditions in turns and write the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    threads = len(os.sched_getaffinity(0))
    conditions = [(waiting, neighbours) for waiting in WAITING for neighbours in (0, NEIGHBOURS)]
    rates: dict[tuple[str, int], list[float]] = {condition: [] for condition in conditions}
    loads = []
    for _ in range(given.rounds):
        loads.append(os.getloadavg()[0])
        for waiting, neighbours in conditions:
            rates[waiting, neighbours].append(steps_per_second(waiting, neighbours, given.seconds, threads))
            print(f"{waiting}, {neighbours} neighbours: {rates[waiting, neighbours][-1]:.2f} steps/s", flush=True)
    median = {condition: statistics.median(found) for condition, found in rates.items()}
    write_json(
        RESULTS / "busy_neighbour.json",
        {
            "machine": described(),
            "measured": time.strftime("%Y-%m-%d"),
            "threads": threads,
            "neighbours": NEIGHBOURS,
            "load_before_each_round": loads,
            "note": "Other work ran on the machine throughout, so 'alone' is not quiet: compare within this file.",
            "steps_per_second": {
                waiting: {"alone": rates[waiting, 0], "beside": rates[waiting, NEIGHBOURS]} for waiting in WAITING
            },
            "beside_over_alone": {waiting: median[waiting, NEIGHBOURS] / median[waiting, 0] for waiting in WAITING},
            "passive_over_active_beside": median["passive", NEIGHBOURS] / median["active", NEIGHBOURS],
        },
    )


if __name__ == "__main__":
    main()
