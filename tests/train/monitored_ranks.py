"""What each of two gloo ranks does in `test_recovery_callback`: it measures an encoder, and its rows of a batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn

import worldprobe as wp

ROWS, FIRST = 1025, 300
"""The observations are an odd number; of the batch, rank 0 has fewer rows than rank 1."""


def measured(rank: int, ranks: int) -> dict[str, dict[str, float]]:
    """Return the measures of a wrapped encoder, and of embeddings of which every rank has its own rows."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((ROWS, 3))
    after = 0.8 * z + 0.6 * rng.standard_normal(z.shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoder: nn.Module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).double()
    if ranks > 1:
        encoder = nn.parallel.DistributedDataParallel(encoder)
    monitor = wp.RecoveryCallback(z, next_observations=after, states=z, next_states=after)
    mine = slice(0, ROWS) if ranks == 1 else (slice(0, FIRST), slice(FIRST, ROWS))[rank]
    h, h_next = (torch.from_numpy(part[mine]).tanh() for part in (z, after))
    batch = wp.RecoveryCallback(rho=0.8).update(0, h, h_next, z[mine])
    return {"encoder": monitor(0, encoder), "batch": batch}


def work(rank: int, folder: str) -> None:
    """Run as one rank and save what it found."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    torch.save(measured(rank, 2), Path(folder) / f"found{rank}.pt")
    dist.destroy_process_group()
