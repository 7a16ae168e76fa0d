"""A study of a toy world of vectors: every part is real, and a run takes a second."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from toy import STUDY, ToyVectors, ToyWorld
from worldprobe.datasets import Store
from worldprobe.study import study_predictions
from worldprobe.world import WORLDS

for name, world in (("toy-frames", ToyWorld), ("toy-vectors", ToyVectors)):
    if name not in WORLDS:
        WORLDS.register(name)(world)


@pytest.fixture
def settings() -> dict[str, Any]:
    """The settings of the toy study, to change as a test likes."""
    return deepcopy(STUDY)


@pytest.fixture
def study_file(settings: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "toy.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    return path


@pytest.fixture
def few_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that are not about predictions: a study predicts from so few frames that it refuses at once."""
    monkeypatch.setattr(study_predictions, "FRAMES", 2000)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "datasets")
