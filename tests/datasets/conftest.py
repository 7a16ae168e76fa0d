"""Small shards, so that a few hundred toy frames fill several."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from toy import ToyWorld
from worldprobe.datasets import Store, shards

SHARD_FRAMES = 64


@pytest.fixture
def world() -> ToyWorld:
    return ToyWorld()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store whose shards hold 64 toy frames."""
    monkeypatch.setattr(shards, "SHARD_BYTES", SHARD_FRAMES * 16 * 16 * 3)
    return Store(tmp_path / "datasets")
