"""Pairs whose frames stay on disk: the batches of `PairData`, byte for byte, read some steps before they are used."""

from __future__ import annotations

import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from worldprobe.train.pair_batches import Batch, DevicePairs, PairData, PairSource, ShuffledBatches
from worldprobe.train.ranks import own_part

AHEAD_BYTES = 64 << 20
"""Frames that wait to be used; what is read for one step may be more."""
MOST_READERS = 8
"""Threads that read at the same time, each the frames of one step: disks answer several questions faster than one."""


@runtime_checkable
class ReadsRows(Protocol):
    """Frames that are read a few at a time, from several threads at once."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def __len__(self) -> int: ...

    def read(self, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        """Return some frames in the order asked for."""


@dataclass(frozen=True, eq=False)
class StreamedPairs(PairSource):
    """`PairData` without its observations in memory: index (P, 2), controls (F, n), actions (P, a).

    Batches are read ahead by threads in the order of the permutation, which is known beforehand; at most `ahead_bytes`
    of frames wait. A training may go on with `PairData` of the same pairs, and the other way round.
    """

    observations: ReadsRows
    index: Int[np.ndarray, "P 2"]
    controls: Float[np.ndarray, "F n"] | None = None
    actions: Float[np.ndarray, "P a"] | None = None
    ahead_bytes: int = AHEAD_BYTES

    @property
    def identity(self) -> int:
        """The number of pairs."""
        return len(self.index)

    def batches(self, batch: int, seed: int, device: torch.device) -> StreamedBatches:
        """Return batches without replacement."""
        return StreamedBatches(self, batch, seed, device)

    def some(self, pairs: Int[np.ndarray, " B"]) -> PairData:
        """Return some pairs, and of the observations those that they are made of."""
        rows, members = np.unique(self.index[pairs], return_inverse=True)
        return PairData(
            self.observations.read(rows),
            members.reshape(-1, 2),
            None if self.controls is None else self.controls[rows],
            None if self.actions is None else self.actions[pairs],
        )


class StreamedBatches(ShuffledBatches):
    """Shuffled batches whose frames are read before they are asked for."""

    def __init__(self, source: StreamedPairs, batch: int, seed: int, device: torch.device) -> None:
        super().__init__(len(source.index), batch, seed)
        self._source, self._device = source, device
        shape, dtype = source.observations.shape, source.observations.dtype
        step_bytes = 2 * self.size * prod(shape) * dtype.itemsize
        self.ahead = max(1, min(MOST_READERS, source.ahead_bytes // step_bytes))
        self._coming: dict[int, Future[DevicePairs]] = {}
        self._readers = ThreadPoolExecutor(self.ahead, thread_name_prefix="frames")
        weakref.finalize(self, self._readers.shutdown, wait=False, cancel_futures=True)
        self._fixed: DevicePairs | None = None

    def __getitem__(self, step: int) -> Batch:
        wanted = range(step, step + self.ahead + 1)
        for other in [each for each in self._coming if each not in wanted]:
            self._coming.pop(other).cancel()
        for each in wanted:
            if each not in self._coming:
                pairs = self.order(each)[own_part(self.size)].numpy()
                self._coming[each] = self._readers.submit(_read, self._source, pairs, self._device)
        data = self._coming.pop(step).result()
        observations, index, controls, actions = _moved(data, self._device)
        return Batch(observations, None if controls is None else controls[index.T], actions)

    def fixed(self, pairs: int) -> DevicePairs:
        """Return the first so many pairs, which are then kept."""
        count = min(pairs, len(self._source.index))
        if self._fixed is None or len(self._fixed.index) != count:
            self._fixed = self._source.some(np.arange(count)).on(self._device)
        return self._fixed


def _read(source: StreamedPairs, pairs: Int[np.ndarray, " B"], device: torch.device) -> DevicePairs:
    """Read a step's frames, first members first, into memory that a GPU can fetch from while it computes."""
    members = source.index[pairs].T
    data = PairData(
        source.observations.read(members.reshape(-1)),
        np.arange(2 * len(pairs)).reshape(2, -1).T,
        None if source.controls is None else source.controls[members.reshape(-1)],
        None if source.actions is None else source.actions[pairs],
    ).on(torch.device("cpu"))
    if device.type != "cuda":
        return data
    return DevicePairs(data.observations.pin_memory(), data.index, data.controls, data.actions)


def _moved(data: DevicePairs, device: torch.device) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    def moved(values: Tensor | None) -> Tensor | None:
        return None if values is None else values.to(device)

    observations = data.observations.to(device, non_blocking=True)
    return observations, data.index.to(device), moved(data.controls), moved(data.actions)
