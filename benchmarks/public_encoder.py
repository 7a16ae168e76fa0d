"""An encoder that a public code base trains on our frames, measured beside ours: results/public_encoder.json.

    git clone https://github.com/klindtlab/lejepa-identifiability
    python benchmarks/public_encoder.py lejepa-identifiability [--frames 12800] [--epochs 40] [--batch 128]

The clone's code is executed: its convolutional encoder, its loss and its training loop, with the settings of its
configs/reacher.yaml but for the three above. Frames are of the arm that its paper is about, in Gaussian exploration.
Ours is trained on the same frames for as many steps. Both are measured as `worldprobe measure --data log.npz` does, on
a log of fresh episodes, with the pre-processing that each was trained with.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

import worldprobe as wp
from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore import REGIMES, Pairs
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, train
from worldprobe.world import WORLDS, World

SIDE = 64
"""Pixels of a frame: the public encoder takes no other."""

RHO = 0.9
LOG_FRAMES, EPISODE = 8192, 16
LAMBDA = {"public": 5e-3, "ours": 0.025}
"""Each the lambda of its own study of the arm."""


def rendered(world: World, frames: int, clip: int, seed: int) -> tuple[Pairs, np.ndarray]:
    """Return a Gaussian exploration, and its frames."""
    pairs = REGIMES["gaussian"](rho=RHO, clip=clip).sample(frames, world.controls, stream(seed, "public encoder"))
    return pairs, world.observe(pairs.controls)


def train_public(
    clone: Path, pairs: Pairs, frames: np.ndarray, epochs: int, batch: int
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Train the public encoder by the public loop; return it, and its pre-processing as `wp.measure` takes it."""
    sys.path.insert(0, str(clone / "experiments"))
    import run_reacher
    from lejepa_id.models import make_cnn_encoder

    config = yaml.safe_load((clone / "experiments" / "configs" / "reacher.yaml").read_text(encoding="utf8"))
    config |= {"epochs": epochs, "batch_size": batch}
    first, second = (frames[pairs.index[:, member]].transpose(0, 3, 1, 2) for member in (0, 1))
    z = pairs.controls.astype(np.float32)
    mean, std = (getattr(first / 255.0, name)(axis=(0, 2, 3)).astype(np.float32) for name in ("mean", "std"))
    data = run_reacher.ImageDataset(first, second, z[pairs.index[:, 0]], z[pairs.index[:, 1]], mean, std)
    torch.manual_seed(0)
    encoder = make_cnn_encoder(d_latent=len(z.T), device="cpu")
    loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True, drop_last=True)
    few = data.img_t[:512], data.z_t[:512]
    run_reacher.train_one(encoder, loader, few, LAMBDA["public"], config, torch.device("cpu"))
    prepare = {"layout": "NCHW", "range": (0.0, 1.0), "mean": tuple(mean.tolist()), "std": tuple(std.tolist())}
    return encoder, prepare


def train_ours(pairs: Pairs, frames: np.ndarray, steps: int, batch: int) -> torch.nn.Module:
    """Train our encoder with LeJEPA on the same pairs; it takes the frames as they are."""
    encoder = ENCODERS["patchify"]().build(frames.shape[1:], pairs.controls.shape[1], 0)
    objective = OBJECTIVES["lejepa"](**{"lambda": LAMBDA["ours"]})
    train(encoder, objective, PairData(frames, pairs.index), TrainingSettings(steps=steps, batch=batch), 0)
    return encoder


def measured(encoder: torch.nn.Module, log: Path, seconds: float, prepare: dict[str, Any]) -> dict[str, Any]:
    """Measure an encoder on the log, and keep what the comparison needs."""
    found = wp.measure(encoder, log, states=["state"], frames="frames", **prepare).to_json()
    tap = found["taps"]["encoder"]
    kept = ("r2", "ci95", "r2_per_state", "r2_states_to_embedding", "mlp_r2", "condition_number", "sigreg_z")
    return {
        "parameters": sum(weight.numel() for weight in encoder.parameters()),
        "training_seconds": round(seconds, 1),
        "preprocessing": {key: list(v) if isinstance(v, tuple) else v for key, v in prepare.items()},
        "given": found["of"]["input"],
        "warnings": found["of"]["warnings"],
        **{key: tap[key] for key in kept},
        "predicted": found["predicted"]["r2"],
        "references": {
            name: (one["r2"] if isinstance(one, dict) else one)
            for name, one in found["references"].items()
            if name in ("chance", "untrained", "pixels")
        },
        "verdict": found["verdict"],
    }


def main() -> None:
    """Render, train both, measure both, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--frames", type=int, default=12_800)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch", type=int, default=128)
    asked = parser.parse_args()
    commit = subprocess.run(["git", "-C", str(asked.clone), "rev-parse", "HEAD"], capture_output=True, text=True)
    world = WORLDS["arm"](size=SIDE)
    with world, tempfile.TemporaryDirectory() as folder:
        pairs, frames = rendered(world, asked.frames, 2, 0)
        fresh, seen = rendered(world, LOG_FRAMES, EPISODE, 1)
        log = Path(folder) / "log.npz"
        np.savez(log, state=fresh.controls, frames=seen, episode=np.arange(LOG_FRAMES) // EPISODE)
        steps = asked.epochs * (len(pairs.index) // asked.batch)
        start = time.perf_counter()
        public, prepare = train_public(asked.clone, pairs, frames, asked.epochs, asked.batch)
        middle = time.perf_counter()
        ours = train_ours(pairs, frames, steps, asked.batch)
        end = time.perf_counter()
        rows = {
            "public": measured(public, log, middle - start, prepare),
            "ours": measured(ours, log, end - middle, {}),
        }
    made = {"code": "klindtlab/lejepa-identifiability", "commit": commit.stdout.strip(), "machine": described()}
    made |= {"world": "arm", "size": SIDE, "rho": RHO, "lambda": LAMBDA, "frames": asked.frames, "steps": steps}
    write_json(RESULTS / "public_encoder.json", made | {"batch": asked.batch, "log_rows": LOG_FRAMES, "encoders": rows})
    for name, row in rows.items():
        print(f"{name}: R2 {row['r2']:.3f}, untrained {row['references']['untrained']:.3f}. {row['verdict']}")


if __name__ == "__main__":
    main()
