"""Recovery while somebody's own loop trains: a few numbers every thousand steps, for whatever logger they use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from worldprobe.errors import InvalidValue
from worldprobe.measures.alignment import alignment
from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.gaussianity import ROWS, GaussianReference
from worldprobe.measures.leading_dimensions import effective_rank
from worldprobe.measures.linear_recovery import linear_recovery
from worldprobe.measures.row_blocks import LEAST_ROWS, independent_blocks
from worldprobe.stats.correlation import column_correlation
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.train.lightning_hooks import LightningHooks
from worldprobe.train.monitored_encoder import embedded, part_of
from worldprobe.train.ranks import rows_of_all_ranks

Rows = Tensor | np.ndarray


class RecoveryCallback:
    """Called at every step of a training loop; every `every` steps it encodes held-out observations and measures.

        monitor = wp.RecoveryCallback(observations, next_observations=following, states=states, every=1000)
        for step, batch in enumerate(loader):
            ...
            logger.log(monitor(step, encoder))      # {} at other steps

    Observations are what the encoder takes, independent of one another (spread over episodes), 2,000 or so; `states`
    are theirs, and `next_observations` show the second members of their pairs. Without observations, give the
    embeddings that your loop has: `monitor.update(step, h, h_next, z)`.

    The numbers are those of docs/callback.md: epsilon, effective rank, SIGReg's z-score; delta and D with next
    observations and a pair correlation `rho` (measured where `next_states` are given); R^2 with states. Under
    `torch.distributed` every rank encodes its share, or gives its embeddings, and all return the same numbers. The
    encoder's modes and torch's random state are left as they were.
    """

    def __init__(
        self,
        observations: Rows | None = None,
        *,
        next_observations: Rows | None = None,
        states: Rows | None = None,
        next_states: Rows | None = None,
        names: Sequence[str] | None = None,
        every: int = 1000,
        rho: float | None = None,
        encoder: str | None = None,
        prefix: str = "recovery/",
    ) -> None:
        """Raises InvalidValue for arrays that do not match or are not finite, fewer than 40 observations, every < 1.

        `encoder` names the part of a Lightning module that encodes, as "backbone" or "model.encoder".
        """
        if every < 1:
            raise InvalidValue("every", every, "1 or more steps")
        first = ("observations", observations) if observations is not None else ("states", states)
        if first[1] is not None and len(first[1]) < LEAST_ROWS:
            raise InvalidValue(first[0], len(first[1]), f"{LEAST_ROWS} or more")
        for name, given in (("next_observations", next_observations), ("states", states), ("next_states", next_states)):
            if given is not None and first[1] is not None and len(given) != len(first[1]):
                raise InvalidValue(name, f"{len(given):,} rows", f"{len(first[1]):,}, one for every row of {first[0]}")
        self._observations = None if observations is None else torch.as_tensor(observations)
        self._next = None if next_observations is None else torch.as_tensor(next_observations)
        self._states = None if states is None else _array("states", states)
        self._names, self._every, self._prefix, self._rho = names, every, prefix, _checked_rho(rho)
        self._encoder = encoder
        if self._states is not None:
            _check_states("states", self._states, names)
            if next_states is not None:
                following = _array("next_states", next_states)
                _check_states("next_states", following, names)
                _check_width("next_states", following, "states", self._states)
                each = column_correlation(self._states, following)
                self._rho = rho or (float(np.nanmean(each)) if np.isfinite(each).any() else None)
        self._references: dict[tuple[int, ...], GaussianReference] = {}
        self._measured_at: int | None = None

    def __call__(self, step: int, encoder: nn.Module) -> dict[str, float]:
        """Return the measures of an encoder at every `every`-th step, nothing at others."""
        return self.measure(encoder) if self.due(step) else {}

    def update(
        self, step: int, h: Rows, h_next: Rows | None = None, z: Rows | None = None, *, rho: float | None = None
    ) -> dict[str, float]:
        """Return the measures of embeddings h (N, d) at every `every`-th step, nothing at others.

        `h_next` are those of the second members of the rows' pairs, z the states (N, n), those of the constructor by
        default. Under `torch.distributed` every rank gives rows of its own, in any number. Raises InvalidValue for
        arrays that do not match.
        """
        if not self.due(step):
            return {}
        parts = {"h": _array("h", h)}
        for name, given in (("h_next", h_next), ("z", z)):
            if given is not None:
                parts[name] = _array(name, given)
                if len(parts[name]) != len(parts["h"]):
                    raise InvalidValue(name, parts[name].shape, f"as many rows as h, {len(parts['h'])}")
        if h_next is not None:
            _check_width("h_next", parts["h_next"], "h", parts["h"])
        if z is not None:
            _check_states("z", parts["z"], self._names)
        whole = {name: rows_of_all_ranks(part) for name, part in parts.items()}
        return self._measured(
            whole["h"], whole.get("h_next"), whole.get("z", self._states), _checked_rho(rho) or self._rho
        )

    def due(self, step: int) -> bool:
        """Return whether it measures at this step: loops that accumulate gradients call it several times at one."""
        if step % self._every or step == self._measured_at:
            return False
        self._measured_at = step
        return True

    def measure(self, encoder: nn.Module) -> dict[str, float]:
        """Return the measures of an encoder now, a flat dictionary of numbers."""
        if self._observations is None:
            raise InvalidValue("observations", None, "those to encode, or call update with embeddings")
        after = None if self._next is None else embedded(encoder, self._next)
        return self._measured(embedded(encoder, self._observations), after, self._states, self._rho)

    def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
        """Log from a Lightning loop, or one of stable-pretraining: call this from a Callback's method of that name."""
        found = self(int(trainer.global_step), part_of(module, self._encoder))
        if found:
            module.log_dict(found)

    def lightning(self) -> LightningHooks:
        """Return a callback for `Trainer(callbacks=[...])`, also of stable-pretraining's manager."""
        return LightningHooks(self.on_train_batch_end)

    def _measured(
        self,
        h: Float[np.ndarray, "N d"],
        h_next: Float[np.ndarray, "N d"] | None,
        z: Float[np.ndarray, "M n"] | None,
        rho: float | None,
    ) -> dict[str, float]:
        if len(h) < LEAST_ROWS:
            raise InvalidValue("h", h.shape, f"{LEAST_ROWS} rows or more on all ranks together")
        if z is not None and len(z) != len(h):
            raise InvalidValue("z", z.shape, f"as many rows as h, {len(h):,}")
        finite = np.isfinite(h).all(axis=1) if h_next is None else np.isfinite(h + h_next).all(axis=1)
        if not finite.all():  # a training that diverges is seen in its log, not ended by it
            return {f"{self._prefix}finite_rows": float(finite.mean())}
        found = self._shape(h)
        if h_next is not None:
            found |= _pairs(h, h_next, rho)
        if z is not None:
            found |= _recovery(h, z, self._names)
        return {f"{self._prefix}{name}": float(value) for name, value in found.items()}

    def _shape(self, h: Float[np.ndarray, "N d"]) -> dict[str, float]:
        covariance = _covariance(h)
        few = h[evenly_spaced(len(h), ROWS)]
        if few.shape not in self._references:  # what Gaussian samples have depends on the shape alone
            self._references[few.shape] = GaussianReference.of(len(few), few.shape[1], np.random.default_rng(0))
        return {
            "epsilon": float(np.linalg.norm(covariance - np.eye(len(covariance)))),
            "effective_rank": effective_rank(covariance),
            "sigreg_z": self._references[few.shape].score(few),
        }


def _pairs(h: Float[np.ndarray, "N d"], after: Float[np.ndarray, "N d"], rho: float | None) -> dict[str, float]:
    both = np.concatenate([h, after])
    index = np.stack([np.arange(len(h)), len(h) + np.arange(len(h))], axis=1)
    terms = alignment(both, index, _covariance(both), rho)
    found = {"pair_correlation": terms.pair_correlation, "delta": terms.delta, "D": terms.d_term}
    return {"alignment": terms.per_dimension} | {name: value for name, value in found.items() if value is not None}


def _recovery(
    h: Float[np.ndarray, "N d"], z: Float[np.ndarray, "N n"], names: Sequence[str] | None
) -> dict[str, float]:
    try:
        read = linear_recovery(block_moments(h, z, independent_blocks(len(h))), np.random.default_rng(0))
    except ValueError as error:
        raise InvalidValue("observations", len(h), "more than the embedding has dimensions", str(error)) from error
    each = zip(names or [f"z{i + 1}" for i in range(z.shape[1])], read.r2.tolist(), strict=True)
    found = {"r2": read.mean} | {f"r2/{name}": value for name, value in each}
    return {name: value for name, value in found.items() if np.isfinite(value)}  # a state that is constant has none


def _covariance(h: Float[np.ndarray, "N d"]) -> Float[np.ndarray, "d d"]:
    return np.cov(h, rowvar=False).reshape(h.shape[1], h.shape[1])


def _array(name: str, given: Rows) -> Float[np.ndarray, "N k"]:
    """Return rows as an array, whatever their device and precision; raises InvalidValue where they are no matrix."""
    found = given.detach().float().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    found = found[:, None] if found.ndim == 1 else found
    if found.ndim != 2 or found.dtype.kind not in "fiub":
        raise InvalidValue(name, found.shape, "numbers (rows, columns)")
    return found.astype(np.float64)


def _checked_rho(rho: float | None) -> float | None:
    if rho is not None and not 0 < rho < 1:
        raise InvalidValue("rho", rho, "a number between 0 and 1, both excluded")
    return rho


def _check_states(name: str, z: Float[np.ndarray, "N n"], names: Sequence[str] | None) -> None:
    finite = np.isfinite(z).all(axis=1)
    if not finite.all():
        raise InvalidValue(name, f"NaN or infinity, first in row {int(np.argmin(finite)):,}", "finite numbers")
    if names is not None and len(names) != z.shape[1]:
        raise InvalidValue("names", len(names), f"{z.shape[1]}, one for every column of {name}")


def _check_width(name: str, found: Float[np.ndarray, "N k"], other: str, like: Float[np.ndarray, "N m"]) -> None:
    if found.shape[1] != like.shape[1]:
        raise InvalidValue(name, found.shape, f"as many columns as {other}, {like.shape[1]}")
