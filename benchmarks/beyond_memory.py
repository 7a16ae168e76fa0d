"""Training on five times as many frames as memory may hold, against the same training with its frames in memory.

    python benchmarks/beyond_memory.py [--limit 0.8] [--folder FOLDER]

The limit is `ulimit -d` (RLIMIT_DATA) of the process that trains: all that it may allocate, Python, torch and threads
included. The system's page cache does not count towards it, so that it is settled separately: "cold" means that every
shard was dropped from it (`posix_fadvise`, DONTNEED) after the frames were verified, and no frame is read twice; "warm"
that the verification, which reads every shard, has just left in it what the machine has room for. Frames are noise at
64 px: what is in them changes no speed. The encoder and its batch are those of the study `camera`. The reference trains
on a fifth of the limit's bytes in memory, without any limit. Rounds take turns, because other work on the machine moves
all of them. Results go to results/beyond_memory.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json

SIZE, BATCH, STEPS, ROUNDS, WARM_UP, TIMES = 64, 256, 25, 2, 5, 5
TRAIN = """
import json, os, resource, sys, time
how, folder, limit, frames, size, batch, steps, warm_up = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
if how != "memory":
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
from pathlib import Path
import numpy as np
import torch
from worldprobe.datasets import Store, exploration
from worldprobe.explore import Gaussian
from worldprobe.study.study_frames import pairs_of
from worldprobe.train import ENCODERS, OBJECTIVES, TrainingSettings, train
from worldprobe.world.world import Control, World

class Noise(World):
    controls = property(lambda self: (Control("x", "px", 1.0, "to the right"),))
    observation_shape = property(lambda self: (size, size, 3))
    fingerprint = property(lambda self: {"noise": 1, "size": size})

    def observe(self, z):
        return np.random.default_rng(abs(int(z[0, 0] * 1e6))).integers(0, 256, (len(z), size, size, 3), dtype=np.uint8)

objective = OBJECTIVES["lejepa"]()
spec = exploration(Noise(), Gaussian(), frames, 0)
data = Store(Path(folder)).ensure(spec)
if how == "make":
    sys.exit()
if how == "cold":
    for shard in data.path.glob("*.npy"):
        handle = os.open(shard, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)
pairs = pairs_of(data, objective, torch.device("cpu"))
settings = TrainingSettings(steps=steps, batch=batch, threads=1, precision="fp32")
encoder = ENCODERS["patchify"]().build((size, size, 3), 8, 0)
done, times = 0, {}

def progress(more, note):
    global done
    done += more
    times[done] = time.perf_counter()

train(encoder, objective, pairs, settings, 0, progress=progress)
seconds = times[steps] - times[warm_up]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "frames_per_second": 2 * batch * (steps - warm_up) / seconds,
    "frames_are": type(pairs).__name__,
    "data_bytes": 1024 * int(status["VmData"].split()[0]),
    "weights": float(sum(parameter.double().sum() for parameter in encoder.parameters())),
}))
"""


def child(how: str, folder: Path, limit: int, frames: int) -> dict[str, Any]:
    """Return what a process of its own measured; "make" only writes the frames."""
    numbers = [str(each) for each in (limit, frames, SIZE, BATCH, STEPS, WARM_UP)]
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, how, str(folder), *numbers],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    if done.returncode:
        raise SystemExit(f"{how}: {done.stderr}")
    return {} if how == "make" else json.loads(done.stdout)


def main() -> None:
    """Measure and write results/beyond_memory.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=0.8, help="GB that the training process may allocate")
    parser.add_argument("--folder", type=Path, help="where the frames are written, on a disk; a temporary folder")
    given = parser.parse_args()
    limit, frame = int(given.limit * 1e9), SIZE * SIZE * 3
    large, small = 2 * (TIMES * limit // frame // 2 + 1), 2 * (limit // 5 // frame // 2)
    found: dict[str, list[dict[str, Any]]] = {"memory": [], "cold": [], "warm": []}
    before = described()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        for frames in (small, large):
            child("make", folder, limit, frames)
        for _ in range(ROUNDS):
            for how, rounds in found.items():
                rounds.append(child(how, folder, limit, small if how == "memory" else large))
                print(how, rounds[-1], f"load {os.getloadavg()[0]:.1f}", flush=True)
    speeds = {how: spread([each["frames_per_second"] for each in rounds]) for how, rounds in found.items()}
    kinds = {how: rounds[0]["frames_are"] for how, rounds in found.items()}
    assert kinds == {"memory": "PairData", "cold": "StreamedPairs", "warm": "StreamedPairs"}, kinds
    share = {how: round(speeds[how]["median"] / speeds["memory"]["median"], 3) for how in ("cold", "warm")}
    write_json(
        RESULTS / "beyond_memory.json",
        {
            "machine": before,
            "limit_bytes": limit,
            "data_set_bytes": large * frame,
            "in_memory_bytes": small * frame,
            "size": SIZE,
            "batch": BATCH,
            "steps": STEPS,
            "allocated_bytes": {how: max(each["data_bytes"] for each in rounds) for how, rounds in found.items()},
            "frames_per_second": speeds,
            "share_of_in_memory_speed": share,
        },
    )
    print(share)


if __name__ == "__main__":
    main()
