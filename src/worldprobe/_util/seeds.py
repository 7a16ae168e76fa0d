"""Named random streams from one seed, so that adding a consumer never changes another's numbers."""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of the stream that `names` spell under `seed`.

    The same seed and names give the same numbers on every machine; different names give independent streams.
    """
    return np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=_key(names)))


def stream_seed(seed: int, *names: str | int) -> int:
    """Return a 63-bit integer seed of the stream that `names` spell, for generators that take one (torch's)."""
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=_key(names))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def _key(names: tuple[str | int, ...]) -> tuple[int, ...]:
    digest = hashlib.sha256("\x1f".join(map(str, names)).encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
