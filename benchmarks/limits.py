"""How much of what this machine could do SIGReg, a training step and the rasteriser reach: results/limits.json.

    python benchmarks/limits.py [--repeats 9]

Two limits are measured beside every repeat, on the same threads: bytes a second of adding two arrays that no cache
holds, and operations a second of a product of two matrices, in float32 and in the precision of the training step. A
task can take no less than its bytes by the one and its operations by the other, whichever is longer: this time over the
measured one is the share. Only what the task cannot do without is counted.

SIGReg, N x d embeddings on M directions: two products of 2 N d M operations; for each of N M projections 40 for a sine
and a cosine, and for each of 16 knots 8 forward (a complex product, two sums) and 10 backward (the product again, two
products and two sums); its embeddings, directions and gradients once. A training step: the operations of torch's own
counter, forward and backward, frames once, and 28 bytes a weight (AdamW reads and writes a weight and two moments,
and reads a gradient). The rasteriser: 150 operations for each of 4 samples a pixel (a perspective division, a texel
from four in linear light, their mean), colour and depth of every sample written and read once, the frame once.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.render.layers import GRID
from worldprobe.train import (
    ENCODERS,
    OBJECTIVES,
    PairData,
    TrainingSettings,
    draw_directions,
    parameters,
    sigreg,
    train,
)
from worldprobe.world.room.rooms import Room

SAMPLES, DIMENSIONS, SLICES, KNOTS = 512, 6, 256, 16
BATCH, STEPS, SIZE = 256, 40, 32
FRAMES = 512
LARGE, MATRIX = 1 << 25, 2048


@dataclass(frozen=True)
class Task:
    """A piece of work: what it cannot do without, in operations and bytes, and a call that does it `times` over."""

    operations: float
    bytes: float
    precision: torch.dtype
    call: Callable[[], object]
    times: int = 1


def tasks() -> dict[str, Task]:
    """Return the tasks by name."""
    sizes = {f"raster, a frame of {size} px": _raster(size) for size in (32, 64)}
    return {"SIGReg, forward and backward": _sigreg(), "training step, 32 px": _training(), **sizes}


def _sigreg() -> Task:
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(SAMPLES, DIMENSIONS, generator=generator).requires_grad_()
    directions = draw_directions(DIMENSIONS, SLICES, generator)

    def call() -> None:
        for _ in range(20):
            h.grad = None
            sigreg(h, directions).backward()  # type: ignore[no-untyped-call]

    projections = SAMPLES * SLICES
    operations = 4 * projections * DIMENSIONS + projections * (40 + KNOTS * (8 + 10))
    return Task(operations, 4 * DIMENSIONS * (2 * SAMPLES + SLICES), torch.float32, call, 20)


def _training() -> Task:
    frames = stream(0, "benchmark", "training").integers(0, 256, (8192, SIZE, SIZE, 3), dtype=np.uint8)
    data = PairData(frames, np.arange(8192).reshape(-1, 2))
    encoder = ENCODERS["patchify"]().build((SIZE, SIZE, 3), DIMENSIONS, 0)
    settings = TrainingSettings.model_validate({"steps": STEPS, "batch": BATCH})
    with FlopCounterMode(display=False) as counter:
        encoder(torch.from_numpy(frames[: 2 * BATCH])).sum().backward()
    moved = 2 * BATCH * SIZE * SIZE * 3 + 28 * parameters(encoder)
    precision = torch.bfloat16 if settings.bf16(torch.device("cpu")) else torch.float32
    objective = OBJECTIVES["lejepa"]()
    return Task(
        counter.get_total_flops(), moved, precision, lambda: train(encoder, objective, data, settings, 0), STEPS
    )


def _raster(size: int) -> Task:
    world, z = Room(size=size), stream(0, "benchmark", "raster").standard_normal((FRAMES, 6))
    samples = size * size * GRID**2
    return Task(150 * samples, 16 * samples + 3 * size * size, torch.float32, lambda: world.observe(z), FRAMES)


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


class Machine:
    """What bounds every task: bytes and operations a second, measured when asked."""

    def __init__(self) -> None:
        self._a, self._b, self._sum = torch.ones(LARGE), torch.ones(LARGE), torch.empty(LARGE)
        self._matrices = {kind: torch.randn(MATRIX, MATRIX).to(kind) for kind in (torch.float32, torch.bfloat16)}

    def bandwidth(self) -> float:
        """Return bytes a second."""
        return 3 * 4 * LARGE / seconds(lambda: torch.add(self._a, self._b, out=self._sum))

    def rate(self, precision: torch.dtype) -> float:
        """Return operations a second."""
        matrix = self._matrices[precision]
        return 2 * MATRIX**3 / seconds(lambda: matrix @ matrix)


def measure(repeats: int) -> dict[str, Any]:
    """Return what each task took, what it could take at least, and the share, over repeats."""
    machine, found = Machine(), {}
    for name, task in tasks().items():
        rows: list[dict[str, float]] = []
        for repeat in range(repeats + 1):
            bandwidth, rate = machine.bandwidth(), machine.rate(task.precision)
            took = seconds(task.call) / task.times
            by_bytes, by_operations = task.bytes / bandwidth, task.operations / rate
            row = {"ms": 1e3 * took, "ms by bytes": 1e3 * by_bytes, "ms by operations": 1e3 * by_operations}
            row |= {"share": max(by_bytes, by_operations) / took, "GB/s": bandwidth / 1e9, "Gop/s": rate / 1e9}
            if repeat:  # the first warms up
                rows.append(row)
        found[name] = {"operations": task.operations, "bytes": task.bytes, "precision": str(task.precision)}
        found[name] |= {key: spread([row[key] for row in rows]) for key in rows[0]}
        print(name, found[name], f"load {os.getloadavg()[0]:.1f}", flush=True)
    return found


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    given = parser.parse_args()
    description = described() | {"threads": torch.get_num_threads()}
    write_json(RESULTS / "limits.json", {"machine": description, "results": measure(given.repeats)})


if __name__ == "__main__":
    main()
