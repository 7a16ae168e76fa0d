"""Learning rate and lambda for each kind of encoder, on frames of the room: benchmarks/results/encoders.json.

    python benchmarks/encoders.py [--steps 2000] [--frames 65536] [--batch 256] [--device cpu] [--jobs 2]
        [--kept FOLDER]

Small encoders of each kind learn from the same pairs of the room's Gaussian exploration at 32 pixels, for the same
steps, at every learning rate and lambda of a grid. What is scored is the mean R² of the six controls on canonical
frames.
"""

from __future__ import annotations

import argparse
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

import torch

from kept_rows import kept_rows
from machine import RESULTS, described
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe.datasets import Dataset, Store, specify
from worldprobe.errors import TrainingDiverged
from worldprobe.explore import REGIMES
from worldprobe.measures.probes import fit_probe
from worldprobe.sources import Canonical, Simulated
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, embed, parameters, train
from worldprobe.world import WORLDS

ENCODER_SETTINGS: dict[str, dict[str, Any]] = {
    "patchify": {},
    "paper-cnn": {},
    "resnet18": {"width": 16, "groups": 8},
    "vit": {"width": 64, "depth": 4, "heads": 4},
}
RATES, LAMBDAS = (3e-4, 1e-3, 3e-3), (0.025, 0.1)
SIZE, SCORED, SEED = 32, 4_096, 0


@cache
def frames_of(split: str, count: int) -> Dataset:
    """Return the frames that are trained on ("train") or canonical ones; rendered where they are not yet."""
    world = WORLDS["room"].model_validate({"size": SIZE})
    if split == "train":
        source = Simulated(world, REGIMES["gaussian"].model_validate({"rho": 0.5, "clip": 16}))
        return Store().ensure(specify(source, "train", count, SEED))
    return Store().ensure(specify(Canonical(world), split, count, 0))


def trained(name: str, rate: float, lambda_: float, frames: int, steps: int, batch: int, device: str) -> dict[str, Any]:
    """Return what an encoder recovers after its training, or that it diverged."""
    data, probe, test = frames_of("train", frames), frames_of("probe", SCORED), frames_of("test", SCORED)
    d = probe.controls.shape[1]
    encoder = ENCODERS[name].model_validate(ENCODER_SETTINGS[name]).build((SIZE, SIZE, 3), d, SEED)
    settings = TrainingSettings(steps=steps, batch=batch, lr=rate, precision="fp32")
    found: dict[str, Any] = {"encoder": name, "lr": rate, "lambda": lambda_, "parameters": parameters(encoder)}
    objective = OBJECTIVES["lejepa"].model_validate({"lambda": lambda_})
    try:
        history = train(encoder, objective, PairData(data.frames(), data.index), settings, SEED, device=device)
    except TrainingDiverged as error:
        return found | {"r2": None, "diverged": str(error)}
    read = fit_probe(embed(encoder, probe.frames()), probe.controls)(embed(encoder, test.frames()))
    each = r2_per_column(test.controls, read)
    final = {key: float(f"{value:.4g}") for key, value in history.record.final.items()}
    found |= {"r2": round(float(each.mean()), 4), "r2_per_control": [round(float(value), 4) for value in each]}
    print(found, flush=True)
    return found | {"final": final, "seconds": round(history.seconds, 1)}


def main() -> None:
    """Train the grid, and write the result and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2_000)
    parser.add_argument("--frames", type=int, default=65_536)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--kept", type=Path, help="folder of rows, so that an interrupted run goes on")
    given = parser.parse_args()
    for split, count in (("train", given.frames), ("probe", SCORED), ("test", SCORED)):
        frames_of(split, count)  # rendered once, by this process
    budget = (given.frames, given.steps, given.batch)
    wanted = {
        f"{name} {rate:g} {lambda_:g} {budget}": partial(trained, name, rate, lambda_, *budget, given.device)
        for name, rate, lambda_ in product(ENCODER_SETTINGS, RATES, LAMBDAS)
    }
    rows = kept_rows(given.kept, given.jobs, wanted)
    settings = {"size": SIZE, "frames": given.frames, "scored": SCORED, "steps": given.steps, "batch": given.batch}
    settings |= {"seed": SEED, "world": "room", "regime": "gaussian, rho 0.5", "precision": "fp32"}
    settings |= {"encoders": ENCODER_SETTINGS}
    device = torch.cuda.get_device_name() if given.device.startswith("cuda") else "cpu"
    document = {"settings": settings, "machine": described(), "trained_on": device, "results": rows}
    write_json(RESULTS / "encoders.json", document)
    rewrite()


if __name__ == "__main__":
    main()
