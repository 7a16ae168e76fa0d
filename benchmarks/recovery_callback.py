"""What `wp.RecoveryCallback` costs a training loop: benchmarks/results/recovery_callback.json.

    python benchmarks/recovery_callback.py [--steps 4] [--repeats 7] [--size 32] [--rows 2048]

A measurement is divided by the time of 1,000 training steps of the same encoder in the same run: every repeat times
`steps` steps of plain torch, forward, SIGReg and alignment, backward, AdamW, then one measurement with next
observations and states. The share is asked to be below 2 %, with the smallest of the encoders too.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch
from torch import nn

import worldprobe as wp
from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe.train import ENCODERS, draw_directions, sigreg

EVERY, ASKED = 1000, 0.02
PAIRS, DIMENSIONS, SLICES = 256, (6, 192), 256


def step(encoder: nn.Module, optimizer: torch.optim.Optimizer, pairs: torch.Tensor, generator: torch.Generator) -> None:
    """Take one step of LeJEPA's loss on pairs of frames (2, B, H, W, 3)."""
    h = encoder(pairs.flatten(0, 1))
    directions = draw_directions(h.shape[-1], SLICES, generator)
    loss = 0.05 * sigreg(h, directions) + 0.95 * (h[: len(h) // 2] - h[len(h) // 2 :]).square().mean() / 4
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def measure(name: str, d: int, size: int, rows: int, steps: int, repeats: int) -> dict[str, Any]:
    """Return seconds of a step and of a measurement, and the share of the latter at every 1,000 steps."""
    generator = torch.Generator().manual_seed(0)
    encoder = ENCODERS[name]().build((size, size, 3), d, 0).train()
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-4)
    frames = torch.randint(0, 256, (2, max(PAIRS, rows), size, size, 3), generator=generator, dtype=torch.uint8)
    states = torch.randn(rows, 6, generator=generator)
    monitor = wp.RecoveryCallback(
        frames[0, :rows], next_observations=frames[1, :rows], states=states, next_states=states + 1, every=EVERY
    )
    of_step, of_measurement = [], []
    for repeat in range(repeats + 1):
        start = time.perf_counter()
        for _ in range(steps):
            step(encoder, optimizer, frames[:, :PAIRS], generator)
        between = time.perf_counter()
        monitor((repeat + 1) * EVERY, encoder)
        if repeat:  # the first warms up, and draws what Gaussian samples have
            of_step.append((between - start) / steps)
            of_measurement.append(time.perf_counter() - between)
        else:
            first = time.perf_counter() - between
    shares = [one / (EVERY * other) for one, other in zip(of_measurement, of_step, strict=True)]
    return {
        "seconds of a step": spread(of_step),
        "seconds of a measurement": spread(of_measurement),
        "seconds of the first measurement": float(f"{first:.4g}"),
        "share at every 1000 steps": {"asked": ASKED} | spread(shares),
    }


def main() -> None:
    """Measure, print one line per encoder, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--rows", type=int, default=2048, help="held-out observations")
    parser.add_argument("--steps", type=int, default=4, help="steps of 256 pairs in each repeat")
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    description = described() | {"threads": torch.get_num_threads()}
    found = {}
    for name in ("patchify", "paper-cnn"):
        for d in DIMENSIONS:
            found[f"{name}, d = {d}"] = measure(name, d, given.size, given.rows, given.steps, given.repeats)
            print(f"{name}, d = {d}: {found[f'{name}, d = {d}']}", flush=True)
    what = "One measurement of wp.RecoveryCallback against 1,000 training steps; median, minimum and maximum of repeats"
    write_json(
        RESULTS / "recovery_callback.json",
        {"what": what, "settings": vars(given), "machine": description, "results": found},
    )


if __name__ == "__main__":
    main()
