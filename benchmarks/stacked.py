"""Training 24 of the paper's 2-D encoders at once, beside one after another: benchmarks/results/stacked.json.

    python benchmarks/stacked.py [--models 24] [--steps 4] [--repeats 7] [--device cpu]

The peer is what the public code does: a loop over models in eager torch, SIGReg's plain formula, AdamW, the same
encoder, batch and loss. Ours also clips gradients and checks that everything is finite. Data is in memory for both.
Ours runs in the precision that the study `mixings-2d` trains in on such a machine (bfloat16 layers where the hardware
multiplies it natively) and in float32. They take turns; a figure is milliseconds per model and step.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch
from torch import Tensor, nn

from machine import RESULTS, described, spread
from sigreg import plain
from worldprobe._util.files import write_json
from worldprobe.study import load_study
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, StackMember, TrainingSettings, draw_directions, train_stack
from worldprobe.train.training_settings import Precision

ASKED = {"cpu": 4.0, "cuda": 20.0}
BATCH, LAMBDA = 256, 1e-3


def build(models: int) -> list[nn.Module]:
    """Return the paper's encoders of 2-D mixings: four hidden layers of width 256."""
    return [ENCODERS["mlp"]().build((2,), 2, seed) for seed in range(models)]


def pairs(steps: int, seed: int) -> PairData:
    """Return enough pairs for the steps, of two controls seen as they are."""
    z = torch.randn(steps * BATCH, 2, generator=torch.Generator().manual_seed(seed))
    observations = torch.stack([z, 0.9 * z + 0.19**0.5 * z.flip(0)], 1).flatten(0, 1)
    return PairData(observations, torch.arange(2 * steps * BATCH).view(-1, 2))


def one_after_another(networks: list[nn.Module], data: list[Tensor], steps: int) -> None:
    """Train every network as a plain loop does."""
    for network, observations in zip(networks, data, strict=True):
        optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
        generator = torch.Generator().manual_seed(0)
        for step in range(steps):
            x = observations[2 * BATCH * step : 2 * BATCH * (step + 1)]
            h = network(x)
            directions = draw_directions(2, 256, generator, h.device)
            views = h.view(-1, 2, 2)
            alignment = (views - views.mean(1, keepdim=True)).square().mean()
            loss = LAMBDA * plain(h, directions) + (1 - LAMBDA) * alignment
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def measure(models: int, steps: int, repeats: int, device: str) -> dict[str, Any]:
    """Return milliseconds per model and step of all, and the loop's over ours."""
    objective = OBJECTIVES["lejepa"].model_validate({"lambda": LAMBDA})
    stored = [pairs(steps, seed) for seed in range(models)]
    on_device = [data.observations.to(device) for data in stored]

    def stacked(precision: str) -> float:
        settings = TrainingSettings(steps=steps, batch=BATCH, precision=Precision(precision))
        stack = [StackMember(network, objective, data, 0) for network, data in zip(build(models), stored, strict=True)]
        return sum(record.seconds for record in train_stack(stack, settings, device=device))

    def loop() -> float:
        networks = [network.to(device) for network in build(models)]
        start = time.perf_counter()
        one_after_another(networks, on_device, steps)
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    precision = load_study("mixings-2d").training.precision.value
    contenders = {"ours": lambda: stacked(precision), "ours, fp32": lambda: stacked("fp32"), "one after another": loop}
    milliseconds: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(repeats + 1):
        for name, contender in contenders.items():
            seconds = contender()
            if repeat:  # the first warms up
                milliseconds[name].append(1e3 * seconds / models / steps)
    found: dict[str, Any] = {f"{name}, ms": spread(values) for name, values in milliseconds.items()}
    for name, asked in (("ours", ASKED[device]), ("ours, fp32", None)):
        pairs_of = zip(milliseconds["one after another"], milliseconds[name], strict=True)
        found[f"one after another over {name}"] = {"asked": asked} | spread([slow / fast for slow, fast in pairs_of])
    return found | {"precision of ours": precision}


def main() -> None:
    """Measure, print one line per figure, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=24)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--device", choices=list(ASKED), default="cpu")
    given = parser.parse_args()
    description = described() | {"threads": torch.get_num_threads()}
    found = measure(given.models, given.steps, given.repeats, given.device)
    for name, row in found.items():
        print(f"{name}: {row}")
    name = "stacked.json" if given.device == "cpu" else f"stacked-{given.device}.json"
    what = "milliseconds per model and step; median, minimum and maximum over interleaved repeats"
    write_json(RESULTS / name, {"what": what, "settings": vars(given), "machine": description, "results": found})


if __name__ == "__main__":
    main()
