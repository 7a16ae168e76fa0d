"""What each of some gloo ranks does in `test_ranks`: its part of the batch, then DDP's average of gradients."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from worldprobe.train import OBJECTIVES, draw_directions, sigreg
from worldprobe.train.objectives import covariance_distance, terms


def batch() -> Tensor:
    """Return the whole batch's observations: both members of 128 pairs."""
    return torch.randn(2, 128, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def weights() -> Tensor:
    """Return the weights of the linear encoder."""
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()


def losses(x: Tensor, w: Tensor) -> dict[str, Tensor]:
    """Return the losses whose gradients are compared; the seeds are the same on every rank."""
    generator = torch.Generator().manual_seed(2)
    h = (x @ w).tanh()
    directions = draw_directions(3, 300, generator).double()
    objectives = {name: OBJECTIVES[name]() for name in ("lejepa", "whitening", "infonce", "supervised")}
    objectives["infonce, median width"] = OBJECTIVES["infonce"](sigma=None)
    controls = x[None, ..., :3]
    values = {name: terms([objective], h[None], controls, [2])["loss"][0] for name, objective in objectives.items()}
    predicted = x[None, 0, :, :3].cos()
    predictive = OBJECTIVES["lejepa-predictive"]()
    values["lejepa-predictive"] = terms([predictive], h[None], None, [2], predicted)["loss"][0]
    values |= {"covariance": covariance_distance(h.flatten(0, 1)), "alignment": _alignment(h)}
    return values | {"sigreg alone, squared": sigreg(h.flatten(0, 1), directions).square()}


def _alignment(h: Tensor) -> Tensor:
    return terms([OBJECTIVES["lejepa"]()], h[None], None, [2])["alignment"][0]


def gradients(x: Tensor, shares: float) -> dict[str, tuple[Tensor, Tensor]]:
    """Return every loss's value and gradient; values are averaged over `shares` ranks as DDP averages gradients."""
    found = {}
    for name in losses(x, weights()):
        w = weights()
        value = losses(x, w)[name]
        value.backward()
        assert w.grad is not None
        both = torch.cat([value.detach().reshape(1), w.grad.flatten()])
        if shares > 1:
            dist.all_reduce(both)
        found[name] = (both[0] / shares, both[1:] / shares)
    return found


SHARES = {"equal": (64, 64), "unequal": (30, 98), "three": (40, 1, 87)}
"""How many of the 128 pairs each rank has."""


def work(rank: int, folder: str) -> None:
    """Run as one of two ranks."""
    take_part(rank, folder, 2)


def work_of_three(rank: int, folder: str) -> None:
    """Run as one of three ranks."""
    take_part(rank, folder, 3)


def take_part(rank: int, folder: str, ranks: int) -> None:
    """Find the gradients for every division of the pairs among so many ranks; rank 0 saves them."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting{ranks}", rank=rank, world_size=ranks)
    found = {}
    for name, sizes in SHARES.items():
        if len(sizes) == ranks:
            first = sum(sizes[:rank])
            found[name] = gradients(batch()[:, first : first + sizes[rank]], shares=ranks)
    if rank == 0:
        torch.save(found, Path(folder) / f"found{ranks}.pt")
    dist.destroy_process_group()
