"""What each of two gloo ranks does in `test_ranks`: whole trainings, of which it has its part of every batch."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from worldprobe.train import ENCODERS, OBJECTIVES, PairData, StackMember, TrainingSettings, train_stack

STEPS = 50
SETTINGS = TrainingSettings(steps=STEPS, batch=33, lr=3e-3, record_every=10, checkpoint_every=20, precision="fp32")


def pairs(seed: int, kind: str) -> PairData:
    """Return 90 pairs of small frames, or of vectors, with actions."""
    rng = np.random.default_rng(seed)
    index = np.arange(180).reshape(90, 2)
    actions = rng.normal(size=(90, 2)).astype(np.float32)
    if kind == "frames":
        return PairData(rng.integers(0, 256, (180, 16, 16, 3), dtype=np.uint8), index, actions=actions)
    return PairData(rng.normal(size=(180, 4)).astype(np.float32), index, actions=actions)


def members(name: str) -> list[StackMember]:
    """Return what is trained: an encoder with BatchNorm and a joint predictor, or a stack of two without."""
    if name == "batch norm and predictor":
        network = ENCODERS["patchify"](width=8, token=4, hidden=16).build((16, 16, 3), 3, 0)
        objective = OBJECTIVES["lejepa-predictive"](slices=32, hidden=8)
        return [StackMember(network, objective, pairs(0, "frames"), 5, heldout=pairs(1, "frames"))]
    objectives = [OBJECTIVES["lejepa"].model_validate({"lambda": weight, "slices": 32}) for weight in (0.01, 0.1)]
    networks = [ENCODERS["mlp"](width=16, depth=2).build((4,), 3, seed) for seed in (0, 1)]
    return [
        StackMember(network, objective, pairs(0, "vectors"), 5)
        for network, objective in zip(networks, objectives, strict=True)
    ]


NAMES = ("batch norm and predictor", "a stack")


class Interrupted(Exception):
    """Ends a training in the middle."""


def interrupt(steps: int, note: str) -> None:
    """End a training at the first step after its first checkpoint."""
    interrupt.done += steps
    if interrupt.done > SETTINGS.checkpoint_every:
        raise Interrupted


interrupt.done = 0


def trained(name: str, checkpoint: Path | None = None) -> dict[str, Any]:
    """Return what comes of a training: weights, averages and curves."""
    given = members(name)
    continued: list[int] = []
    records = train_stack(given, SETTINGS, checkpoint=checkpoint, resumed=continued.append)
    assert continued == ([] if checkpoint is None else [SETTINGS.checkpoint_every])
    weights = [member.encoder.state_dict() for member in given]
    curves = [{key: torch.as_tensor(curve) for key, curve in record.curves.items()} for record in records]
    return {"weights": weights, "curves": curves}


def work(rank: int, folder: str) -> None:
    """Run as one rank; rank 0 saves what came of it."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    found = {name: trained(name) for name in NAMES}
    with suppress(Interrupted):
        train_stack(members(NAMES[0]), SETTINGS, checkpoint=Path(folder) / "checkpoint.pt", progress=interrupt)
    if rank == 0:
        torch.save(found, Path(folder) / "found.pt")
    dist.destroy_process_group()
