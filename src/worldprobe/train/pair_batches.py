"""Pairs of observations as training wants them: on the device, a batch per step, stored or freshly drawn."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from worldprobe._util.seeds import stream_seed
from worldprobe.errors import InvalidValue
from worldprobe.train.ranks import own_part


class Batch(NamedTuple):
    """B pairs as one step of a training gets them."""

    observations: Tensor
    """(2 B, ...), first members first."""
    controls: Tensor | None
    """(2, B, n), where the objective uses them."""
    actions: Tensor | None
    """(B, a), where the objective uses them."""


class PairSource(ABC):
    """Where training takes its pairs from."""

    identity: Any
    """What tells this source from another in a checkpoint, JSON-able."""

    @abstractmethod
    def batches(self, batch: int, seed: int, device: torch.device) -> Batches:
        """Return the batches of every step, at most `batch` pairs each."""


class Batches(ABC):
    """The batch of every step, which depends on the source, the seed and the step alone: any step can come first."""

    size: int
    """Pairs per step, of all ranks together."""

    @abstractmethod
    def __getitem__(self, step: int) -> Batch:
        """Return the batch of one step; under `torch.distributed` this rank's part of it."""

    def fixed(self, pairs: int) -> DevicePairs | None:
        """Return at most so many pairs of those that are trained on; None where no pair ever comes again."""
        return None


@dataclass(frozen=True)
class PairData(PairSource):
    """Stored observations, which of them form pairs, and the controls and actions for objectives that use them.

    Observations: uint8 frames (F, H, W, 3), kept so, or float vectors (F, m). Index (P, 2), controls (F, n), actions
    (P, a). Arrays are taken as they are, without a copy. Raises InvalidValue where the index points outside
    the observations, controls are not one row per observation or actions not one row per pair.
    """

    observations: Shaped[Tensor, "F ..."] | Shaped[np.ndarray, "F ..."]
    index: Int[Tensor, "..."] | Int[np.ndarray, "..."]
    controls: Float[Tensor, "..."] | Float[np.ndarray, "..."] | None = None
    actions: Float[Tensor, "..."] | Float[np.ndarray, "..."] | None = None

    def __post_init__(self) -> None:
        frames, shape = len(self.observations), tuple(self.index.shape)
        if len(shape) != 2 or shape[1] != 2 or shape[0] == 0:
            raise InvalidValue("index", shape, "an array (pairs, 2) with at least one pair")
        lowest, highest = int(self.index.min()), int(self.index.max())
        if lowest < 0 or highest >= frames:
            raise InvalidValue("index", (lowest, highest), f"0 to {frames - 1}, the observations given")
        if self.controls is not None and len(self.controls) != frames:
            raise InvalidValue("controls", tuple(self.controls.shape), f"({frames}, n), one row per observation")
        if self.actions is not None and (self.actions.ndim != 2 or len(self.actions) != shape[0]):
            raise InvalidValue("actions", tuple(self.actions.shape), f"({shape[0]}, a), one row per pair")

    @property
    def pairs(self) -> int:
        """The number of pairs."""
        return len(self.index)

    @property
    def identity(self) -> int:
        """The number of pairs."""
        return self.pairs

    def batches(self, batch: int, seed: int, device: torch.device) -> StoredBatches:
        """Return batches without replacement."""
        return StoredBatches(self.on(device), batch, seed)

    def on(self, device: torch.device) -> DevicePairs:
        """Return the same data as tensors on a device, the observations' type kept."""
        return DevicePairs(
            torch.as_tensor(self.observations).to(device),
            torch.as_tensor(self.index).to(device, torch.int64),
            _floats(self.controls, device),
            _floats(self.actions, device),
        )


@dataclass(frozen=True)
class DevicePairs:
    """`PairData` as tensors on one device."""

    observations: Tensor
    index: Tensor
    controls: Tensor | None
    actions: Tensor | None = None

    def batch(self, pairs: Int[Tensor, " B"] | slice) -> Batch:
        """Return the batch of some pairs."""
        members = self.index[pairs].T
        controls = None if self.controls is None else self.controls[members]
        actions = None if self.actions is None else self.actions[pairs]
        return Batch(self.observations[members.flatten()], controls, actions)

    def first(self, pairs: int) -> DevicePairs:
        """Return the same observations with at most the first so many pairs."""
        actions = None if self.actions is None else self.actions[:pairs]
        return DevicePairs(self.observations, self.index[:pairs], self.controls, actions)


def _floats(values: Tensor | np.ndarray | None, device: torch.device) -> Tensor | None:
    return None if values is None else torch.as_tensor(values).to(device, torch.float32)


class ShuffledBatches(Batches):
    """A fresh permutation of stored pairs each epoch, without replacement, an epoch's short rest left out."""

    def __init__(self, pairs: int, batch: int, seed: int) -> None:
        self.size = min(batch, pairs)
        self._pairs, self._seed = pairs, seed
        self._per_epoch = pairs // self.size
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def order(self, step: int) -> Int[Tensor, " B"]:
        """Return which pairs a step gets, on all ranks together."""
        epoch, place = divmod(step, self._per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(stream_seed(self._seed, "order of pairs", epoch))
            self._epoch, self._order = epoch, torch.randperm(self._pairs, generator=generator)
        return self._order[place * self.size : (place + 1) * self.size]


class StoredBatches(ShuffledBatches):
    """Shuffled batches of pairs that are on the device."""

    def __init__(self, data: DevicePairs, batch: int, seed: int) -> None:
        super().__init__(len(data.index), batch, seed)
        self._data = data

    def __getitem__(self, step: int) -> Batch:
        return self._data.batch(self.order(step)[own_part(self.size)].to(self._data.index.device))

    def fixed(self, pairs: int) -> DevicePairs:
        """Return the first so many pairs."""
        return self._data.first(pairs)


@dataclass(frozen=True, eq=False)
class FreshPairs(PairSource):
    """Pairs drawn anew for every step, so that none is ever seen twice.

    `draw(block, pairs)` gives the independent pairs of one block of `block_steps` steps; it must depend on its
    arguments alone. `identity` names what it draws from. Where `draw` may be called from several threads at a time,
    that many `threads` draw the next blocks while a step is taken.
    """

    draw: Callable[[int, int], PairData]
    identity: Any
    block_steps: int = 64
    threads: int = 0

    def batches(self, batch: int, seed: int, device: torch.device) -> FreshBatches:
        """Return batches of exactly `batch` pairs; which ones is up to `draw`, not to `seed`."""
        return FreshBatches(self, batch, device)


class FreshBatches(Batches):
    """The batches of `FreshPairs`, a block of steps at a time."""

    def __init__(self, source: FreshPairs, batch: int, device: torch.device) -> None:
        self.size = batch
        self._source, self._device = source, device
        self._at = -1
        self._block: DevicePairs
        self._coming: dict[int, Future[PairData]] = {}
        self._drawers = ThreadPoolExecutor(source.threads, "fresh pairs") if source.threads else None
        if self._drawers is not None:
            weakref.finalize(self, self._drawers.shutdown, wait=False, cancel_futures=True)

    def __getitem__(self, step: int) -> Batch:
        block, place = divmod(step, self._source.block_steps)
        if block != self._at:
            self._at, self._block = block, self._drawn(block).on(self._device)
        own = own_part(self.size)
        return self._block.batch(slice(place * self.size + own.start, place * self.size + own.stop))

    def _drawn(self, block: int) -> PairData:
        pairs = self._source.block_steps * self.size
        if self._drawers is None:
            return self._source.draw(block, pairs)
        wanted = range(block, block + 1 + self._source.threads)
        self._coming = {
            one: self._coming.get(one) or self._drawers.submit(self._source.draw, one, pairs) for one in wanted
        }
        return self._coming.pop(block).result()
