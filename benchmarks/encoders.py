"""Learning rate and lambda for each kind of encoder, on frames of the room: benchmarks/results/encoders.json.

    python benchmarks/encoders.py

Small encoders of each kind learn from the same pairs of the room's Gaussian exploration at 32 pixels, for the same few
steps, at every learning rate and lambda of a grid. What is scored is the mean R² of the six controls on canonical
frames. Trainings that are in the file with these settings are not repeated.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from itertools import product
from typing import Any

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
SIZE, FRAMES, SCORED, STEPS, BATCH, SEED = 32, 8_192, 2_048, 120, 64, 0
PATH = RESULTS / "encoders.json"


@cache
def frames_of(split: str) -> Dataset:
    """Return the frames that are trained on ("train") or canonical ones; rendered where they are not yet."""
    world = WORLDS["room"].model_validate({"size": SIZE})
    if split == "train":
        source = Simulated(world, REGIMES["gaussian"].model_validate({"rho": 0.5, "clip": 16}))
        return Store().ensure(specify(source, "train", FRAMES, SEED))
    return Store().ensure(specify(Canonical(world), split, SCORED, 0))


def trained(name: str, rate: float, lambda_: float) -> dict[str, Any]:
    """Return what an encoder recovers after its training, or that it diverged."""
    data, probe, test = frames_of("train"), frames_of("probe"), frames_of("test")
    d = probe.controls.shape[1]
    encoder = ENCODERS[name].model_validate(ENCODER_SETTINGS[name]).build((SIZE, SIZE, 3), d, SEED)
    settings = TrainingSettings(steps=STEPS, batch=BATCH, lr=rate, precision="fp32")
    found: dict[str, Any] = {"encoder": name, "lr": rate, "lambda": lambda_, "parameters": parameters(encoder)}
    objective = OBJECTIVES["lejepa"].model_validate({"lambda": lambda_})
    try:
        history = train(encoder, objective, PairData(data.frames(), data.index), settings, SEED)
    except TrainingDiverged as error:
        return found | {"r2": None, "diverged": str(error)}
    read = fit_probe(embed(encoder, probe.frames()), probe.controls)(embed(encoder, test.frames()))
    each = r2_per_column(test.controls, read)
    final = {key: float(f"{value:.4g}") for key, value in history.record.final.items()}
    return found | {
        "r2": round(float(each.mean()), 4),
        "r2_per_control": [round(float(value), 4) for value in each],
        "final": final,
        "seconds": round(history.seconds, 1),
    }


def main() -> None:
    """Train what is missing of the grid, two at a time, and write every result as it comes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    settings = {"size": SIZE, "frames": FRAMES, "scored": SCORED, "steps": STEPS, "batch": BATCH, "seed": SEED}
    settings |= {"world": "room", "regime": "gaussian, rho 0.5", "encoders": ENCODER_SETTINGS, "precision": "fp32"}
    kept = json.loads(PATH.read_text(encoding="utf8")) if PATH.is_file() else {}
    rows = kept["results"] if kept.get("settings") == settings else []
    done = {(row["encoder"], row["lr"], row["lambda"]) for row in rows}
    left = [cell for cell in product(ENCODER_SETTINGS, RATES, LAMBDAS) if cell not in done]
    machine = described()
    for split in ("train", "probe", "test") if left else ():
        frames_of(split)  # rendered once, by this process
    with ProcessPoolExecutor(2) as pool:
        for future in as_completed([pool.submit(trained, *cell) for cell in left]):
            rows.append(future.result())
            print(rows[-1], flush=True)
            rows.sort(key=lambda row: (list(ENCODER_SETTINGS).index(row["encoder"]), row["lr"], row["lambda"]))
            write_json(PATH, {"settings": settings, "machine": machine, "results": rows})
    rewrite()


if __name__ == "__main__":
    main()
