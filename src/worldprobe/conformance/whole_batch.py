"""Whether two processes with half of a batch each have the whole batch's statistic and gradient."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from worldprobe.conformance.implementation import Implementation
from worldprobe.conformance.rank_process import CALLS, MET
from worldprobe.conformance.statistic import AcceptedShapes

RANKS = 2
SAME = 2e-3
DIRECTIONS_APART = 0.1
"""Relative difference of the statistic of point masses above which ranks project on different directions."""


@dataclass(frozen=True)
class WholeBatch:
    """What two ranks found; `reason` says why where they were not run or failed."""

    statistic: str | None = None
    """Whose it is: the whole batch's, each rank's own ...; None where it is neither."""
    gradient_ratio: float | None = None
    """DDP's averaged gradient over the whole batch's: 1 where it is right."""
    gradient_error: float | None = None
    """What is left of the gradient after that ratio, relative to it."""
    directions_alike: bool | None = None
    """Whether ranks project on the same directions where their global seeds differ."""
    directions_alike_with_one_seed: bool | None = None
    averages_in_place: bool = False
    """Whether it averages a tensor with a gradient in place: its gradient is then gloo's, or NCCL's, which is here."""
    reason: str | None = None
    failed: bool = False


def whole_batch(
    loss: Implementation, named: str | Callable[..., Any], takes: AcceptedShapes, seconds: float
) -> WholeBatch:
    """Evaluate the loss in two gloo processes on this machine, and compare with one process."""
    why_not = None if isinstance(named, str) else _cannot_be_sent(named)
    if why_not is not None:
        return WholeBatch(reason=why_not)
    batches = _batches()
    halves = [[takes.embeddings(half) for half in np.split(batch, RANKS)] for batch in batches]
    point = takes.embeddings(np.eye(8)[:1].repeat(32, axis=0) * 6.0)
    with tempfile.TemporaryDirectory(prefix="sigreg-") as folder:
        job = {"named": named if isinstance(named, str) else None, "batches": halves, "point": point}
        torch.save(job, Path(folder) / "job.pt")
        if not isinstance(named, str):
            (Path(folder) / "loss.pickle").write_bytes(pickle.dumps(named))
        found = _run(Path(folder), seconds)
        met = all((Path(folder) / f"{MET}{rank}").exists() for rank in range(RANKS))
    if isinstance(found, str):
        return WholeBatch(reason=found if met else f"two processes could not be started here: {found}", failed=met)
    skewed, even = (
        _compared(loss, takes.embeddings(batch), halves[index], [each["batches"][index] for each in found])
        for index, batch in enumerate(batches)
    )
    seen = skewed if skewed.statistic is not None or even.statistic is None else even
    seen = replace(seen, averages_in_place=any(each["averages in place"] for each in found))
    if seen.statistic is None or not seen.statistic.startswith("the whole"):
        return seen
    alone = _of_whole_point(loss, takes)
    alike, seeded = (
        all(abs(each[key] / alone - 1) < DIRECTIONS_APART for each in found) for key in ("seed of its own", "one seed")
    )
    return replace(seen, directions_alike=alike, directions_alike_with_one_seed=seeded)


def _batches() -> list[Float[np.ndarray, "64 1"]]:
    """Return a skewed batch, and an even one, whose statistic is the same where ranks differ in directions' signs."""
    rng = np.random.default_rng(0)
    sides = rng.uniform(0.3, 1.2, (2, 16, 1)) * np.array([1.0, 1.8])[:, None, None]
    return [rng.uniform(-0.5, 2.0, (64, 1)) ** 2, np.concatenate([sides, -sides], axis=1).reshape(64, 1)]


def _compared(loss: Implementation, whole: Tensor, halves: list[Tensor], found: list[dict[str, Any]]) -> WholeBatch:
    """Return whose statistic the ranks have, and how their averaged gradient compares with the whole batch's."""
    value, slope = loss.gradient(whole)
    own = np.array([loss.value(half) for half in halves])
    slopes = np.concatenate([np.reshape(each["gradient"], halves[0].shape) for each in found], axis=-2) / RANKS
    wanted = slope.numpy().astype(np.float64)
    ratio = float((slopes * wanted).sum() / max(float((wanted**2).sum()), 1e-300))
    left = float(np.linalg.norm(slopes - ratio * wanted)) / max(float(np.linalg.norm(slopes)), 1e-300)
    return WholeBatch(_statistic(np.array([each["value"] for each in found]), value, own), ratio, left)


def _statistic(values: Float[np.ndarray, " 2"], whole: float, own: Float[np.ndarray, " 2"]) -> str | None:
    candidates = {
        "the whole batch's": np.full(2, whole),
        "each rank's own": own,
        "each rank's own, times the ranks": RANKS * own,
        "the mean of each rank's own": np.full(2, own.mean()),
        "the whole batch's over the ranks": np.full(2, whole / RANKS),
    }
    near = {name: float(np.abs(values / wanted - 1).max()) for name, wanted in candidates.items()}
    best = min(near, key=near.__getitem__)
    return best if near[best] < SAME else None


def _of_whole_point(loss: Implementation, takes: AcceptedShapes) -> float:
    h = takes.embeddings(np.eye(8)[:1].repeat(64, axis=0) * 6.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return sum(loss.value(h, fresh=True) for _ in range(CALLS)) / CALLS


def _run(folder: Path, seconds: float) -> list[dict[str, Any]] | str:
    """Return what the ranks found, or why they failed."""
    loopback = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    path = os.pathsep.join(dict.fromkeys(part or os.getcwd() for part in sys.path))
    environment = os.environ | {"PYTHONPATH": path} | ({"GLOO_SOCKET_IFNAME": loopback[0]} if loopback else {})
    command = [sys.executable, "-m", "worldprobe.conformance.rank_process", str(folder)]
    started = [
        subprocess.Popen([*command, str(rank)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for rank in range(RANKS)
    ]
    try:
        said = [process.communicate(timeout=seconds)[1].decode(errors="replace") for process in started]
    except subprocess.TimeoutExpired:
        return f"the two ranks had not finished after {seconds:g} s: does one of them wait for the other?"
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()
    found = []
    for rank in range(RANKS):
        file = folder / f"rank{rank}.json"
        if not file.is_file():
            return f"rank {rank} ended without a result: {(said[rank].strip().splitlines() or ['no message'])[-1]}"
        found.append(json.loads(file.read_text(encoding="utf8")))
    wrong = next((each["error"] for each in found if "error" in each), None)
    return found if wrong is None else f"a rank fails: {wrong}"


def _cannot_be_sent(loss: Callable[..., Any]) -> str | None:
    """Return why a callable cannot be loaded by another process, None where it can."""
    mend = "put it into a file and give FILE.py:NAME"
    module = getattr(loss, "__module__", None) or type(loss).__module__
    if module == "__main__" or type(loss).__module__ == "__main__":
        return f"it is defined in the script that is running: {mend}"
    try:
        pickle.dumps(loss)
    except Exception as error:
        return f"it cannot be sent to another process ({' '.join(str(error).split()).rstrip('.')}): {mend}"
    return None
