"""Embeddings of an encoder that is being trained, without a trace in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from worldprobe.errors import InvalidValue
from worldprobe.train.ranks import rank_count, rows_of_all_ranks

BATCH = 512


def part_of(module: Any, path: str | None) -> nn.Module:
    """Return the part of a module that `path` names, as "model.encoder"; the module itself without one."""
    found: Any = module
    for name in path.split(".") if path else ():
        if not hasattr(found, name):
            parts = [child for child, _ in found.named_children()] if isinstance(found, nn.Module) else []
            raise InvalidValue("encoder", path, f"the name of a part: {', '.join(parts) or 'it has none'}")
        found = getattr(found, name)
    if not isinstance(found, nn.Module):
        raise InvalidValue("encoder", path, "the name of a torch.nn.Module", f"It is of type {type(found).__name__}.")
    return found


def embedded(encoder: nn.Module, observations: Tensor) -> Float[np.ndarray, "N d"]:
    """Return the embeddings of observations, of which every rank encodes its share, in double precision.

    DDP's wrapper is left out: its forward synchronises buffers, and ranks whose shares differ would wait for another.
    """
    if not isinstance(encoder, nn.Module):
        raise InvalidValue("encoder", f"of type {type(encoder).__name__}", "a torch.nn.Module", "Or call `update`.")
    if isinstance(encoder, nn.parallel.DistributedDataParallel):
        encoder = encoder.module
    ranks = rank_count()
    rank = torch.distributed.get_rank() if ranks > 1 else 0
    share = -(-len(observations) // ranks)
    mine = observations[rank * share : (rank + 1) * share]
    where = next((weight.device for weight in encoder.parameters()), torch.device("cpu"))
    with _evaluation_mode(encoder), torch.no_grad():
        copies = (part.to(where, copy=True) for part in mine.split(BATCH))  # it may scale its input in place
        parts = [_checked(encoder(part)).detach().double().cpu().numpy() for part in copies]
    return rows_of_all_ranks(np.concatenate(parts))


def _checked(h: Any) -> Tensor:
    if not isinstance(h, Tensor):
        mend = 'In Lightning, name the part of the module that gives the embedding: encoder="backbone".'
        raise InvalidValue("encoder", f"one that returns type {type(h).__name__}", "one that returns (N, d)", mend)
    if h.ndim != 2:
        shape = f"one that returns {tuple(h.shape)}"
        raise InvalidValue("encoder", shape, "one that returns (N, d)", "Pool or flatten its features.")
    return h


@contextmanager
def _evaluation_mode(encoder: nn.Module) -> Iterator[None]:
    """Evaluate within the context; afterwards every layer has its own mode, also those that were frozen."""
    modes = [(layer, layer.training) for layer in encoder.modules()]
    encoder.eval()
    try:
        yield
    finally:
        for layer, training in modes:
            layer.training = training
