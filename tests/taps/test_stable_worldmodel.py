"""A checkpoint of stable-worldmodel: built from its config, its weights loaded, and nothing else run."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from worldprobe.errors import WorldprobeError
from worldprobe.taps.encode import Tap, encode_all
from worldprobe.taps.open_encoder import open_encoder
from worldprobe.taps.preprocessing import Preprocessing


class WorldModel(nn.Module):
    """As stable-worldmodel's: `encode` takes (B, T, C, H, W) by name and adds `emb`, (B, T, d)."""

    def __init__(self, encoder: nn.Module, norm: object) -> None:
        super().__init__()
        self.encoder, self.norm = encoder, norm(4)  # type: ignore[operator]

    def encode(self, info: dict) -> dict:
        pixels = info["pixels"]
        h = self.norm(self.encoder(pixels.flatten(0, 1).flatten(1)))
        info["emb"] = h.unflatten(0, pixels.shape[:2])
        return info


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = types.ModuleType("stable_worldmodel")
    package.WorldModel = WorldModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stable_worldmodel", package)
    config = {
        "_target_": "stable_worldmodel.WorldModel",
        "encoder": {"_target_": "torch.nn.Linear", "in_features": 48, "out_features": 4},
        "norm": {"_target_": "torch.nn.BatchNorm1d", "_partial_": True},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    torch.save(WorldModel(nn.Linear(48, 4), nn.BatchNorm1d).state_dict(), tmp_path / "weights.pt")
    return tmp_path


class Random:
    """Frames of noise."""

    def __len__(self) -> int:
        return 10

    def read(self, rows: np.ndarray) -> np.ndarray:
        return np.random.default_rng(0).integers(0, 255, (10, 4, 4, 3), dtype=np.uint8)[rows]


@pytest.mark.parametrize("named", ["", "weights.pt"])
def test_its_embedding_is_what_encode_adds(checkpoint: Path, named: str) -> None:
    encoder = open_encoder(str(checkpoint / named))
    assert not encoder.notes  # that a module just built is in training mode is nobody's mistake
    h = encode_all(Tap(encoder, Preprocessing(layout="NCHW", range=(0.0, 1.0))), Random())
    assert h.shape == (10, 4)


def test_a_config_that_names_other_code_is_refused(checkpoint: Path) -> None:
    (checkpoint / "config.json").write_text(json.dumps({"_target_": "os.system", "command": "touch owned"}))
    with pytest.raises(WorldprobeError, match=r"names 'os.system', which is outside of stable_worldmodel"):
        open_encoder(str(checkpoint))
    assert not (checkpoint / "owned").exists()


def test_two_weight_files_are_told_apart(checkpoint: Path) -> None:
    (checkpoint / "weights_epoch_1.pt").write_bytes((checkpoint / "weights.pt").read_bytes())
    with pytest.raises(WorldprobeError, match=r"There are weights.pt, weights_epoch_1.pt: give the file itself"):
        open_encoder(str(checkpoint))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"_target_": "torch.nn.Linear", "wrong": 2}, "does not build 'torch.nn.Linear': TypeError"),
        ({"_target_": "torch.nn.Flatten"}, "builds a Flatten, which has no method `encode`"),
    ],
)
def test_a_config_that_builds_no_world_model_is_refused(checkpoint: Path, config: dict, said: str) -> None:
    (checkpoint / "config.json").write_text(json.dumps(config))
    torch.save({}, checkpoint / "weights.pt")
    with pytest.raises(WorldprobeError, match=said):
        open_encoder(str(checkpoint))
