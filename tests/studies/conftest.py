"""A study of a toy world of vectors: every part is real, and a run takes a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from toy import ToyVectors, ToyWorld
from worldprobe.datasets import Store
from worldprobe.worlds import WORLDS

for name, world in (("toy-frames", ToyWorld), ("toy-vectors", ToyVectors)):
    if name not in WORLDS:
        WORLDS.register(name)(world)


@pytest.fixture
def settings() -> dict[str, Any]:
    """The settings of a study that shows the point: broad exploration recovers, a narrow one does less well."""
    return {
        "name": "toy",
        "title": "Toy",
        "question": "Does it work?",
        "world": {"name": "toy-vectors"},
        "regimes": {"gaussian": {"rho": 0.8}, "narrow": {"scale": 0.1}},
        "objectives": {"lejepa": {"lambda": 0.05}},
        "encoder": {"name": "mlp", "width": 32, "depth": 2},
        "frames": 2048,
        "heldout_frames": 256,
        "probe_frames": 256,
        "test_frames": 256,
        "training": {"steps": 60, "batch": 128, "lr": 0.01},
        "seeds": [0],
        "references": {"supervised_on": "gaussian"},
        "presets": {"cpu": {}, "long": {"training": {"steps": 100_000, "checkpoint_every": 20}}},
    }


@pytest.fixture
def study_file(settings: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "toy.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "datasets")
