"""One of two gloo processes that evaluate a loss on halves of a batch: `python -m worldprobe.conformance.rank_process`.

The file that names the loss is executed after the process group is there, as in training: some losses ask for it when
they are made. Both processes run on this machine and talk over its loopback.
"""

from __future__ import annotations

import json
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from worldprobe.conformance.implementation import Implementation, open_implementation
from worldprobe.errors import WorldprobeError

CALLS = 8
MET = "met"
"""A file of this name and the rank says that the two processes found each other."""


def main(folder: Path, rank: int) -> None:
    """Write what this rank finds into `folder`, or why it fails."""
    warnings.simplefilter("ignore", FutureWarning)  # torch's own, of collectives that losses call
    torch.set_num_threads(1)
    job = torch.load(folder / "job.pt", weights_only=True)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    (folder / f"{MET}{rank}").touch()
    averaged = average_as_nccl()
    try:
        found: dict[str, Any] = _evaluated(_loss(folder, job), job, rank) | {"averages in place": bool(averaged)}
    except WorldprobeError as error:
        found = {"error": str(error)}
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
    (folder / f"rank{rank}.json").write_text(json.dumps(found), encoding="utf8")
    if "error" not in found:
        dist.destroy_process_group()


def average_as_nccl() -> list[torch.Size]:
    """Let all_reduce with AVG divide outside of autograd, as NCCL does; return the list that notes such calls.

    gloo sums and then divides in place, which autograd records: the gradient of a tensor that is averaged in place is
    1/world_size there of what it is on GPUs.
    """
    called: list[torch.Size] = []
    plain = dist.all_reduce

    def all_reduce(tensor: torch.Tensor, op: Any = dist.ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Any:
        if op != dist.ReduceOp.AVG or async_op or not (torch.is_grad_enabled() and tensor.requires_grad):
            return plain(tensor, op, group, async_op)
        called.append(tensor.shape)
        plain(tensor.detach(), dist.ReduceOp.SUM, group)
        tensor.detach().div_(dist.get_world_size(group))
        return None

    dist.all_reduce = all_reduce
    return called


def _loss(folder: Path, job: dict[str, Any]) -> Implementation:
    if job["named"] is not None:
        return open_implementation(job["named"])
    return open_implementation(pickle.loads((folder / "loss.pickle").read_bytes()))  # written by our own parent process


def _evaluated(loss: Implementation, job: dict[str, Any], rank: int) -> dict[str, Any]:
    slopes = [loss.gradient(halves[rank]) for halves in job["batches"]]
    return {
        "batches": [{"value": value, "gradient": slope.flatten().tolist()} for value, slope in slopes],
        "one seed": _mean_of_calls(loss, job["point"], 0),
        "seed of its own": _mean_of_calls(loss, job["point"], 1 + rank),
    }


def _mean_of_calls(loss: Implementation, h: torch.Tensor, seed: int) -> float:
    torch.manual_seed(seed)
    return sum(loss.value(h, fresh=True) for _ in range(CALLS)) / CALLS


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
