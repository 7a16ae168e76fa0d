"""Recovery while somebody's own loop trains: a few numbers every thousand steps, for whatever logger they use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from worldprobe.errors import InvalidValue
from worldprobe.measures.alignment import alignment
from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.gaussianity import GaussianReference
from worldprobe.measures.leading_dimensions import effective_rank
from worldprobe.measures.linear_recovery import linear_recovery
from worldprobe.measures.row_blocks import LEAST_ROWS, independent_blocks
from worldprobe.stats.correlation import column_correlation
from worldprobe.train.ranks import rank_count

BATCH = 512


class RecoveryCallback:
    """Called at every step of a training loop; every `every` steps it encodes held-out observations and measures.

        monitor = wp.RecoveryCallback(observations, next_observations=following, states=states, every=1000)
        for step, batch in enumerate(loader):
            ...
            logger.log(monitor(step, encoder))      # {} at other steps

    Observations are what the encoder takes, independent of one another (spread over episodes), 2,000 or so; `states`
    are theirs, and `next_observations` show the second members of their pairs.

    The numbers are those of docs/measures.md: epsilon, effective rank, SIGReg's z-score; delta and D with next
    observations and a pair correlation `rho` (measured where `next_states` are given); R^2 with states. Under
    `torch.distributed` every rank encodes its share and all return the same numbers. The encoder's mode and torch's
    random state are left as they were.
    """

    def __init__(
        self,
        observations: Tensor | np.ndarray,
        *,
        next_observations: Tensor | np.ndarray | None = None,
        states: np.ndarray | None = None,
        next_states: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        every: int = 1000,
        rho: float | None = None,
        encoder: str | None = None,
        prefix: str = "recovery/",
    ) -> None:
        """Raises InvalidValue for arrays of different lengths, for fewer than 40 observations, or for every < 1."""
        if every < 1:
            raise InvalidValue("every", every, "1 or more steps")
        if len(observations) < LEAST_ROWS:
            raise InvalidValue("observations", len(observations), f"{LEAST_ROWS} or more")
        for name, given in (("next_observations", next_observations), ("states", states), ("next_states", next_states)):
            if given is not None and len(given) != len(observations):
                raise InvalidValue(name, f"{len(given)} rows", f"{len(observations)}, one for every observation")
        self._observations = torch.as_tensor(observations)
        self._next = None if next_observations is None else torch.as_tensor(next_observations)
        self._states = None if states is None else np.asarray(states, dtype=np.float64)
        self._names = names or [f"z{i + 1}" for i in range(0 if self._states is None else self._states.shape[1])]
        self._every, self._encoder, self._prefix, self._rho = every, encoder, prefix, rho
        if rho is None and self._states is not None and next_states is not None:
            self._rho = float(np.nanmean(column_correlation(self._states, np.asarray(next_states, dtype=np.float64))))
        self._reference: GaussianReference | None = None

    def __call__(self, step: int, encoder: nn.Module) -> dict[str, float]:
        """Return the measures at every `every`-th step, nothing at others."""
        return {} if step % self._every else self.measure(encoder)

    def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
        """Log from a Lightning loop: call this from a Callback's method of that name."""
        found = self(int(trainer.global_step), getattr(module, self._encoder) if self._encoder else module)
        if found:
            module.log_dict(found)

    def measure(self, encoder: nn.Module) -> dict[str, float]:
        """Return the measures now, a flat dictionary of numbers."""
        h = self._embedded(encoder, self._observations)
        found = self._shape(h)
        if self._next is not None:
            found |= self._pairs(h, self._embedded(encoder, self._next))
        if self._states is not None:
            found |= self._recovery(h, self._states)
        return {f"{self._prefix}{name}": float(value) for name, value in found.items()}

    def _shape(self, h: Float[np.ndarray, "N d"]) -> dict[str, float]:
        covariance = np.cov(h, rowvar=False).reshape(h.shape[1], h.shape[1])
        if self._reference is None:  # what Gaussian samples have depends on the shape alone
            self._reference = GaussianReference.of(len(h), h.shape[1], np.random.default_rng(0))
        return {
            "epsilon": float(np.linalg.norm(covariance - np.eye(len(covariance)))),
            "effective_rank": effective_rank(covariance),
            "sigreg_z": self._reference.score(h),
        }

    def _pairs(self, h: Float[np.ndarray, "N d"], after: Float[np.ndarray, "N d"]) -> dict[str, float]:
        both = np.concatenate([h, after])
        index = np.stack([np.arange(len(h)), len(h) + np.arange(len(h))], axis=1)
        terms = alignment(both, index, np.cov(both, rowvar=False).reshape(h.shape[1], h.shape[1]), self._rho)
        known = {"alignment": terms.per_dimension, "pair_correlation": terms.pair_correlation}
        theorem = {"delta": terms.delta, "D": terms.d_term}
        return known | {name: value for name, value in theorem.items() if value is not None}

    def _recovery(self, h: Float[np.ndarray, "N d"], z: Float[np.ndarray, "N n"]) -> dict[str, float]:
        try:
            read = linear_recovery(block_moments(h, z, independent_blocks(len(h))), np.random.default_rng(0))
        except ValueError as error:
            raise InvalidValue("observations", len(h), "more than the embedding has dimensions", str(error)) from error
        each: Mapping[str, float] = dict(zip(self._names, read.r2.tolist(), strict=True))
        return {"r2": read.mean} | {f"r2/{name}": value for name, value in each.items()}

    def _embedded(self, encoder: nn.Module, observations: Tensor) -> Float[np.ndarray, "N d"]:
        ranks = rank_count()
        rank = torch.distributed.get_rank() if ranks > 1 else 0
        mine = observations[rank::ranks]
        where = next((weight.device for weight in encoder.parameters()), torch.device("cpu"))
        was_training = encoder.training
        encoder.eval()
        try:
            with torch.no_grad():
                parts = [encoder(part.to(where)).detach().float().cpu() for part in mine.split(BATCH)]
        finally:
            encoder.train(was_training)
        h = torch.cat(parts).numpy()
        return h if ranks == 1 else _gathered(h, ranks, len(observations))


def _gathered(h: Float[np.ndarray, "k d"], ranks: int, rows: int) -> Float[np.ndarray, "N d"]:
    """Return all ranks' embeddings in the order of the observations: rank r has every row r, r + ranks ..."""
    parts: list[Any] = [None] * ranks
    torch.distributed.all_gather_object(parts, h)
    whole = np.empty((rows, h.shape[1]), dtype=h.dtype)
    for rank, part in enumerate(parts):
        whole[rank::ranks] = part
    return whole
