"""Training speed at 32 px, beside the paper's CNN in the same run: benchmarks/results/training.json.

    python benchmarks/training.py [--steps 10] [--repeats 7] [--size 32]

A step is everything that training does: gathering frames, passes forth and back, LeJEPA's loss, clipping, AdamW. The
peer is what a user would start from: the paper's encoder in float32. Every repeat times every contender once, in turn.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import torch

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, parameters, train

CONTENDERS = {
    "patchify, auto": ("patchify", "auto"),
    "patchify, fp32": ("patchify", "fp32"),
    "paper-cnn, fp32": ("paper-cnn", "fp32"),
}
ASKED = {"patchify, auto": 2800.0}


def measure(size: int, steps: int, repeats: int) -> dict[str, Any]:
    """Return frames a second of every contender, and how much faster than the peer each is."""
    frames = stream(0, "benchmark", "training").integers(0, 256, (8192, size, size, 3), dtype=np.uint8)
    data = PairData(frames, np.arange(8192).reshape(-1, 2))
    encoders = {name: ENCODERS[encoder]().build((size, size, 3), 6, 0) for name, (encoder, _) in CONTENDERS.items()}
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for repeat in range(repeats + 1):
        for name, (_, precision) in CONTENDERS.items():
            settings = TrainingSettings.model_validate({"steps": steps, "precision": precision})
            history = train(encoders[name], OBJECTIVES["lejepa"](), data, settings, seed=repeat)
            if repeat:  # the first warms up
                rates[name].append(history.record.frames_per_second)
    found: dict[str, Any] = {}
    for name, values in rates.items():
        ratios = [ours / peer for ours, peer in zip(values, rates["paper-cnn, fp32"], strict=True)]
        found[name] = {"asked": ASKED.get(name), "parameters": parameters(encoders[name])}
        found[name] |= {"frames per second": spread(values), "over the peer": spread(ratios)}
    return found


def main() -> None:
    """Measure, print one line per contender, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=10, help="steps of 256 pairs in each repeat")
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    description = described() | {"threads": torch.get_num_threads()}
    found = measure(given.size, given.steps, given.repeats)
    for name, row in found.items():
        print(f"{name}: {row}")
    what = "training steps, frames a second (both members of a pair count); median, minimum and maximum over repeats"
    write_json(
        RESULTS / "training.json", {"what": what, "settings": vars(given), "machine": description, "results": found}
    )


if __name__ == "__main__":
    main()
