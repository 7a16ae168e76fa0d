"""Encoders with a projector, and frozen networks from disk with a trained head."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from worldprobe import plugins
from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, TwoTaps, train

SHAPE = (16, 16, 3)
MEAN, SD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
SETTINGS = TrainingSettings(steps=3, batch=8, precision="fp32")
SOURCE = """
import torch
from torch import nn

def small():
    return nn.Sequential(nn.Conv2d(3, 5, 4, 4), nn.BatchNorm2d(5), nn.ReLU())

class Tokens(nn.Module):
    def forward(self, x):
        return x.flatten(2).mT

def odd():
    return nn.Flatten(0)
"""


def pairs() -> PairData:
    rng = np.random.default_rng(0)
    return PairData(rng.integers(0, 256, (40, *SHAPE), dtype=np.uint8), np.arange(40).reshape(20, 2))


def weights(network: nn.Module) -> list[torch.Tensor]:
    return [value.clone() for value in network.state_dict().values()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(SOURCE)
    plugins.include(path)
    return path


def test_a_projector_reads_the_features_of_its_backbone_and_both_are_trained() -> None:
    encoder = ENCODERS["projected"].model_validate({"backbone": {"name": "resnet18", "width": 32}, "features": 20})
    assert ENCODERS["projected"].model_validate(encoder.settings()) == encoder
    network = encoder.build(SHAPE, 2, 0)
    assert isinstance(network, TwoTaps)
    before = weights(network)
    train(network, OBJECTIVES["lejepa"](slices=8), pairs(), SETTINGS, 0)
    changed = [not torch.equal(a, b) for a, b in zip(before, weights(network), strict=True)]
    assert all(changed)
    frames = torch.zeros(3, *SHAPE, dtype=torch.uint8)
    features = network.backbone(frames)
    assert features.shape == (3, 20)
    torch.testing.assert_close(network.head(features), network(frames))


@pytest.mark.parametrize("name", ["projected", {"name": "patchy"}, {"width": 3}])
def test_an_impossible_backbone_is_refused(name: object) -> None:
    with pytest.raises((WorldprobeError, ValueError), match=r"backbone|Did you mean"):
        ENCODERS["projected"].model_validate({"backbone": name})


def test_a_frozen_network_keeps_its_weights_and_averages_while_its_head_is_trained(file: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    saved = nn.Sequential(nn.Conv2d(3, 5, 4, 4), nn.BatchNorm2d(5), nn.ReLU())
    torch.save(saved.state_dict(), tmp_path / "weights.bin")
    encoder = ENCODERS["pretrained"](file=f"{file}:small", checkpoint=str(tmp_path / "weights.bin"), side=24)
    network = encoder.build(SHAPE, 2, 0)
    head = weights(network.head)
    train(network, OBJECTIVES["lejepa"](slices=8), pairs(), SETTINGS, 0)
    for kept, value in zip(saved.state_dict().values(), network.backbone.state_dict().values(), strict=True):
        assert torch.equal(kept, value)
    assert not any(torch.equal(a, b) for a, b in zip(head, weights(network.head), strict=True))


def test_torchscript_is_a_backbone_and_tokens_are_averaged(file: Path, tmp_path: Path) -> None:
    plugins.include(_scripted(tmp_path))
    network = ENCODERS["pretrained"](file=str(tmp_path / "net.pt"), depth=0).build(SHAPE, 2, 0)
    assert network.head[0].in_features == 5
    tokens = ENCODERS["pretrained"](file=f"{file}:Tokens", depth=0).build(SHAPE, 2, 0)
    frames = torch.full((2, *SHAPE), 255, dtype=torch.uint8)
    torch.testing.assert_close(tokens.backbone(frames)[0], (1 - MEAN) / SD)


def _scripted(folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # archives that people have are made so
        net = torch.jit.script(nn.Sequential(nn.Conv2d(3, 5, 4, 4), nn.ReLU()))
        net.save(str(folder / "net.pt"))
    return folder / "net.pt"


def test_a_study_alone_executes_nothing(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(ran)!r}, 'w')")
    for named in (f"{tmp_path / 'evil.py'}:net", str(_scripted(tmp_path))):
        with pytest.raises(InvalidValue, match="--include"):
            ENCODERS["pretrained"](file=named).build(SHAPE, 2, 0)
    assert not ran.exists()


def test_a_pickle_of_more_than_tensors_is_refused(file: Path, tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pth")
    with pytest.raises(WorldprobeError, match="pickle that holds more than tensors"):
        ENCODERS["pretrained"](file=f"{file}:small", checkpoint=str(tmp_path / "whole.pth")).build(SHAPE, 2, 0)


def test_output_that_is_no_features_and_weights_that_do_not_fit_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"encoder.file = .*features"):
        ENCODERS["pretrained"](file=f"{file}:odd").build(SHAPE, 2, 0)
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InvalidValue, match=r"encoder.checkpoint = .*It does not fit"):
        ENCODERS["pretrained"](file=f"{file}:small", checkpoint=str(tmp_path / "other.pth")).build(SHAPE, 2, 0)
