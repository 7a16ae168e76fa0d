"""timm models and Hugging Face folders, with stand-ins for both packages: what is called, opened and refused."""

from __future__ import annotations

import sys
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from worldprobe.errors import WorldprobeError
from worldprobe.evaluation.pretrained_control import open_pretrained
from worldprobe.taps.encode import Tap, encode_all
from worldprobe.taps.open_encoder import open_encoder
from worldprobe.taps.preprocessing import Preprocessing

PIXELS = Preprocessing(layout="NCHW", range=(0.0, 1.0))


class Frames:
    """Forty random frames of four pixels."""

    def __init__(self) -> None:
        self.frames = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, rows: np.ndarray) -> np.ndarray:
        return self.frames[rows]


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(48, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(x.flatten(1))
        return found


class WithTokens(Small):
    """Returns named outputs, as transformers' models do."""

    def forward(self, x: torch.Tensor) -> Any:
        h = super().forward(x)
        return OrderedDict(last_hidden_state=h[:, None].expand(-1, 3, -1), pooler_output=h)


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Small:
    """Stand-ins for timm and transformers; the model that both know."""
    torch.manual_seed(0)
    network = WithTokens()
    timm, transformers = types.ModuleType("timm"), types.ModuleType("transformers")
    timm.list_models = lambda: ["small"]  # type: ignore[attr-defined]

    def create_model(name: str, *, pretrained: bool, num_classes: int) -> nn.Module:
        assert (name, pretrained, num_classes) == ("small", False, 0)
        return Small()

    class AutoModel:
        @staticmethod
        def from_pretrained(folder: Path, **options: bool) -> nn.Module:
            assert options == {"local_files_only": True, "trust_remote_code": False, "use_safetensors": True}
            if (folder / "config.json").read_text() == "{":
                raise OSError("It looks like the config file is not valid JSON.")
            return network

    timm.create_model, transformers.AutoModel = create_model, AutoModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.setitem(sys.modules, "transformers", transformers)
    return network


def expected(network: Small) -> np.ndarray:
    x = torch.from_numpy(PIXELS(Frames().frames))
    with torch.inference_mode():
        return network.head(x.flatten(1)).numpy()


def test_a_timm_model_has_the_weights_of_the_checkpoint(packages: Small, tmp_path: Path) -> None:
    torch.save(packages.state_dict(), tmp_path / "weights.pt")
    opened = open_encoder("timm:small", tmp_path / "weights.pt")
    assert not opened.notes
    assert encode_all(Tap(opened, PIXELS), Frames()) == pytest.approx(expected(packages), abs=1e-6)


def test_a_pretrained_control_takes_its_weights_and_its_input_in_one_text(packages: Small, tmp_path: Path) -> None:
    torch.save(packages.state_dict(), tmp_path / "its weights.pt")
    tap = open_pretrained(f"timm:small 'checkpoint={tmp_path}/its weights.pt' layout=NCHW range=0,1 batch=7")
    assert tap.batch == 7
    assert encode_all(tap, Frames()) == pytest.approx(expected(packages), abs=1e-6)
    with pytest.raises(WorldprobeError, match="--checkpoint is missing"):
        open_pretrained("timm:small layout=NCHW range=0,1")


def test_a_folder_s_embedding_is_the_pooled_output(packages: Small, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    opened = open_encoder(str(tmp_path))
    assert encode_all(Tap(opened, PIXELS), Frames()) == pytest.approx(expected(packages), abs=1e-6)
    tokens = encode_all(Tap(opened, PIXELS, output="last_hidden_state", pool="first"), Frames())
    assert tokens == pytest.approx(expected(packages), abs=1e-6)
    anew = encode_all(Tap(opened, PIXELS), Frames(), untrained=1)
    assert np.abs(anew - expected(packages)).max() > 0.1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("timm:smal", "'timm:smal' is not possible: allowed is a model of timm.list_models"),
        ("timm:small", "--checkpoint is missing: give a file with the weights of small. Nothing is downloaded"),
        ("{}/empty", "allowed is a folder with config.json and weights"),
        ("{}/broken", "cannot be opened as a Hugging Face model: It looks like the config file"),
    ],
)
def test_what_is_not_there_is_refused(packages: Small, tmp_path: Path, given: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{")
    with pytest.raises(WorldprobeError, match=said):
        open_encoder(given.format(tmp_path))
