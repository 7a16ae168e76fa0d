"""Pairs of observations as training wants them: bytes on the device, batches without replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from worldprobe.errors import InvalidValue
from worldprobe.seeds import stream_seed


@dataclass(frozen=True)
class PairData:
    """Observations, which of them form pairs, and (for the supervised ceiling alone) their controls.

    Observations: uint8 frames (F, H, W, 3), kept so, or float vectors (F, m). Index (P, 2), controls (F, n). Arrays
    are taken as they are, without a copy. Raises InvalidValue where the index points outside
    the observations or controls are not one row per observation.
    """

    observations: Shaped[Tensor, "F ..."] | Shaped[np.ndarray, "F ..."]
    index: Int[Tensor, "..."] | Int[np.ndarray, "..."]
    controls: Float[Tensor, "..."] | Float[np.ndarray, "..."] | None = None

    def __post_init__(self) -> None:
        frames, shape = len(self.observations), tuple(self.index.shape)
        if len(shape) != 2 or shape[1] != 2 or shape[0] == 0:
            raise InvalidValue("index", shape, "an array (pairs, 2) with at least one pair")
        lowest, highest = int(self.index.min()), int(self.index.max())
        if lowest < 0 or highest >= frames:
            raise InvalidValue("index", (lowest, highest), f"0 to {frames - 1}, the observations given")
        if self.controls is not None and len(self.controls) != frames:
            raise InvalidValue("controls", tuple(self.controls.shape), f"({frames}, n), one row per observation")

    @property
    def pairs(self) -> int:
        """The number of pairs."""
        return len(self.index)

    def on(self, device: torch.device) -> DevicePairs:
        """Return the same data as tensors on a device, the observations' type kept."""
        return DevicePairs(
            torch.as_tensor(self.observations).to(device),
            torch.as_tensor(self.index).to(device, torch.int64),
            None if self.controls is None else torch.as_tensor(self.controls).to(device, torch.float32),
        )


@dataclass(frozen=True)
class DevicePairs:
    """`PairData` as tensors on one device."""

    observations: Tensor
    index: Tensor
    controls: Tensor | None

    def batch(self, pairs: Int[Tensor, " B"]) -> tuple[Tensor, Tensor | None]:
        """Return the observations (2 B, ...) of some pairs, first members first, and their controls (2, B, n)."""
        members = self.index[pairs].T
        controls = None if self.controls is None else self.controls[members]
        return self.observations[members.flatten()], controls

    def first(self, pairs: int) -> DevicePairs:
        """Return the same observations with at most the first so many pairs."""
        return DevicePairs(self.observations, self.index[:pairs], self.controls)


class Batches:
    """The pairs of every step: a fresh permutation each epoch, without replacement, an epoch's short rest left out.

    Which pairs step s gets depends on the seed and s alone, so training can continue from any step.
    """

    def __init__(self, pairs: int, batch: int, seed: int) -> None:
        self.size = min(batch, pairs)
        self._pairs, self._seed = pairs, seed
        self._per_epoch = pairs // self.size
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def __getitem__(self, step: int) -> Int[Tensor, " B"]:
        epoch, place = divmod(step, self._per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(stream_seed(self._seed, "order of pairs", epoch))
            self._epoch, self._order = epoch, torch.randperm(self._pairs, generator=generator)
        return self._order[place * self.size : (place + 1) * self.size]
