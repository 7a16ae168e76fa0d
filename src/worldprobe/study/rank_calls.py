"""What rank 0 tells the other ranks of one study: which group of runs to train next, or that it has finished."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist

from worldprobe.study.cells import Cell
from worldprobe.train.ranks import is_first_rank, rank_count


def call_to_train(group: Sequence[Cell]) -> None:
    """On rank 0 have the other ranks train a group of runs too, at the same pace from here on; elsewhere nothing."""
    _tell([cell.id for cell in group])


def dismiss() -> None:
    """On rank 0 tell the others that nothing is left to train; elsewhere nothing."""
    _tell(None)


def called() -> list[str] | None:
    """Wait for rank 0 to call, and return the ids of the runs to train; None where it has finished."""
    heard: list[list[str] | None] = [None]
    dist.broadcast_object_list(heard, src=0, device=torch.device("cpu"))
    return heard[0]


def _tell(group: list[str] | None) -> None:
    if rank_count() > 1 and is_first_rank():
        dist.broadcast_object_list([group], src=0, device=torch.device("cpu"))
