"""One study on several ranks: rank 0 executes it, and the others take their part of the batches that it trains on.

`torchrun --nproc-per-node 4 -m worldprobe run STUDY` starts the ranks. All of them read the same study and make the
same plan; rank 0 calls the others to every group of runs that it trains, and sends them home when it has finished.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from worldprobe._util.progress import SilentReporter
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue
from worldprobe.study.carry_out import opened
from worldprobe.study.rank_calls import called, dismiss
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.train_group import train_group

LONGEST_WAIT = timedelta(days=7)
"""Ranks wait for rank 0 while it renders, measures and plans."""


@contextmanager
def ranks_of_torchrun(device: str) -> Iterator[str]:
    """Join the ranks that torchrun started, where it did, and give the device of this one, until the context closes.

    On GPUs rank k of a machine has its k-th. Raises InvalidValue where the machine has fewer.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or "RANK" not in os.environ:
        yield device
        return
    gpus = torch.cuda.device_count() if device in ("auto", "cuda") else 0
    if gpus:
        own, here = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
        if here > gpus:
            raise InvalidValue("--nproc-per-node", here, f"{gpus} or fewer, one for each GPU of this machine")
        torch.cuda.set_device(own)
        device = f"cuda:{own}"
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo", timeout=LONGEST_WAIT)
    try:
        yield device
        dismiss()
    finally:
        dist.destroy_process_group()


def take_part(study: Study, out: Path, device: str) -> None:
    """On every rank but 0, train the groups that rank 0 trains, until it has finished; no results are written."""
    plan, folder, store = plan_study(study, device), StudyFolder(out), Store()
    groups = {tuple(cell.id for cell in group): group for group in plan.groups}
    with opened(plan, folder, store, SilentReporter()) as resources:
        while (ids := called()) is not None:
            train_group(resources, groups[tuple(ids)])
            resources.forget_pairs()
