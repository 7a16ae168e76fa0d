"""One trained encoder, opened in every way, has the same R^2; what does not fit is said in one line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from toy import ToyWorld
from worldprobe.cli import app
from worldprobe.errors import WorldprobeError
from worldprobe.evaluation.measuring import measure

SOURCE = '''
import torch
from torch import nn

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 16, 4, 4), nn.BatchNorm2d(16), nn.GELU(), nn.Flatten(), nn.Linear(256, 4)
        )
    def forward(self, frames):
        return self.layers(frames.permute(0, 3, 1, 2).float() / 64 - 2)

def load():
    torch.manual_seed(3)
    return Plain()

class Scaled(nn.Module):
    """Takes what a usual model takes: standardised floats, channels first."""
    def __init__(self):
        super().__init__()
        self.inner = load()
    def forward(self, x):
        return self.inner.eval()(((x * 0.5 + 0.5) * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1))

class Twice(Scaled):
    def forward(self, x):
        return {"backbone": self.inner(x), "grid": self.inner(x)[:, :, None, None].expand(-1, -1, 2, 3)}

def frames_to_means(x):
    return x.reshape(len(x), -1).mean(axis=1, keepdims=True)
'''


@dataclass(frozen=True)
class Trained:
    """A folder with a log of frames, and an encoder in every form."""

    folder: Path
    network: nn.Module

    def measured(self, *arguments: object, quick: bool = True) -> dict:
        given = ["measure", "--data", self.folder / "log.npz", "--states", "state", *arguments, "--json"]
        given += ["--quick"] if quick else []
        done = CliRunner().invoke(app, [str(part) for part in given], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        found: dict = json.loads(done.output)
        return found


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder, rng = tmp_path_factory.mktemp("trained"), np.random.default_rng(0)
    z = rng.standard_normal((2000, 2))
    frames = ToyWorld().observe(z)
    np.savez(folder / "log.npz", state=z, frames=frames, episode=np.repeat(np.arange(100), 20))
    network = namespace()["load"]()
    fit(network, frames, z)
    (folder / "model.py").write_text(SOURCE)
    torch.save(network.state_dict(), folder / "weights.pt")
    torch.save(
        {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, folder / "ddp.pt"
    )
    with torch.inference_mode():
        np.save(folder / "h.npy", network(torch.from_numpy(frames)).numpy())
    return Trained(folder, network)


def namespace() -> dict:
    """Return what the file that users would name defines."""
    found: dict = {}
    exec(SOURCE, found)
    return found


def fit(network: nn.Module, frames: np.ndarray, z: np.ndarray) -> None:
    target = torch.from_numpy(np.concatenate([z, z**2], axis=1)).float()
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for step in range(30):
        rows = torch.arange(64) + 64 * (step % 30)
        loss = (network(torch.from_numpy(frames[rows])) - target[rows]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    network.eval()


def scripted(trained: Trained) -> Path:
    path = trained.folder / "script.pt"
    example = torch.zeros(2, 16, 16, 3, dtype=torch.uint8)
    torch.jit.trace(trained.network, example).save(str(path))
    return path


def exported(trained: Trained) -> Path:
    path = trained.folder / "encoder.onnx"
    axes = {"frames": {0: "N"}, "embedding": {0: "N"}}
    torch.onnx.export(
        trained.network,
        (torch.zeros(2, 16, 16, 3, dtype=torch.uint8),),
        str(path),
        input_names=["frames"],
        output_names=["embedding"],
        dynamic_axes=axes,
        dynamo=False,
    )
    return path


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_four_ways_in_give_the_same_r2(trained: Trained) -> None:
    pytest.importorskip("onnxruntime")
    source = trained.folder / "model.py"
    ways = {
        "embeddings": ("--embeddings", trained.folder / "h.npy"),
        "module": ("--encoder", f"{source}:load", "--checkpoint", trained.folder / "weights.pt"),
        "checkpoint of a wrapped module": ("--encoder", f"{source}:load", "--checkpoint", trained.folder / "ddp.pt"),
        "TorchScript": ("--encoder", scripted(trained)),
        "ONNX": ("--encoder", exported(trained)),
    }
    r2 = {}
    for way, arguments in ways.items():
        (tap,) = trained.measured(*arguments)["taps"].values()
        r2[way] = tap["r2"]
    assert 0.3 < r2["embeddings"] < 0.999
    assert list(r2.values()) == pytest.approx([r2["embeddings"]] * len(r2), abs=1e-4)


@pytest.mark.slow
def test_the_untrained_network_and_the_pixels_stand_beside_it(trained: Trained) -> None:
    source = f"{trained.folder / 'model.py'}:load"
    found = trained.measured("--encoder", source, "--checkpoint", trained.folder / "weights.pt", quick=False)
    compared = found["references"]
    assert compared["untrained"]["r2"] < found["taps"]["encoder"]["r2"]
    assert compared["pixels"]["r2"] > 0.3
    assert "training mode" in found["of"]["warnings"][0]
    assert found["of"]["input"].startswith("uint8 (N, 16, 16, 3), 20 to 255")


def test_preprocessing_is_done_as_it_is_said(trained: Trained) -> None:
    torch.manual_seed(0)
    scaled = namespace()["Scaled"]()
    scaled.inner.load_state_dict(trained.network.state_dict())
    said = {"layout": "NCHW", "range": (0.0, 1.0), "mean": (0.5,), "std": (0.5,)}
    log = trained.folder / "log.npz"
    plain = measure(trained.network, log, states=["state"], quick=True)
    found = measure(scaled, log, states=["state"], quick=True, **said)
    assert found.of["input"].startswith("float32 (N, 3, 16, 16), -0.843 to 1")
    assert found.taps["encoder"].values["r2"] == pytest.approx(plain.taps["encoder"].values["r2"], abs=1e-4)


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        (("--range", "0,255"), "the input reaches 255: models are usually trained on 0 .. 1"),
        (("--range", "0,255", "--mean", "0.485,0.456,0.406"), "belongs to pixels of 0 .. 1: add --range 0,1"),
        (("--range", "0,1", "--mean", "124,116,104"), "belongs to pixels of 0 .. 255"),
    ],
)
def test_the_preflight_warns_of_input_that_no_model_had(trained: Trained, said: tuple[str, ...], doubt: str) -> None:
    found = trained.measured("--encoder", f"{trained.folder / 'model.py'}:frames_to_means", *said)
    assert any(doubt in warning for warning in found["of"]["warnings"])


def test_an_encoder_that_mixes_its_batch_is_named(trained: Trained) -> None:
    live = namespace()["load"]().train()
    found = measure(
        lambda x: live(torch.from_numpy(x)).detach(), trained.folder / "log.npz", states=["state"], quick=True
    )
    assert any("batch normalisation was left in training mode" in warning for warning in found.of["warnings"])


def test_a_pickle_is_refused_with_what_to_do(trained: Trained) -> None:
    torch.save(nn.Linear(2, 2), trained.folder / "whole.pt")
    source = f"{trained.folder / 'model.py'}:load"
    with pytest.raises(WorldprobeError, match=r"would run code from it.*torch.save\(model.state_dict"):
        trained.measured("--encoder", source, "--checkpoint", trained.folder / "whole.pt")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("{}/model.py:Twice",), "returns several outputs: backbone of shape .*, grid of shape .*--output backbone"),
        (("{}/model.py:Twice", "--output", "grid"), r"\(N, 4, 2, 3\).*--pool mean"),
        (("{}/model.py:Twice", "--output", "nothing"), "has no output 'nothing': backbone"),
        (("{}/model.py:lod",), "Did you mean 'load'"),
        (("{}/model.py",), "NAME, the module or function in it"),
        (("{}/missing.onnx",), "no such file"),
        (("{}/weights.pt",), "is not TorchScript.*--checkpoint weights.pt"),
        (("{}/model.py:Scaled",), "float32|uint8 .*--layout"),
        (("timm:resnet18",), "timm is missing.*worldprobe\\[timm\\]"),
        (("{}/model.py:load", "--size", "15"), "uint8 .N, 15, 15, 3..*--size"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(trained: Trained, arguments: tuple[str, ...], said: str) -> None:
    given = [part.format(trained.folder) for part in arguments]
    with pytest.raises(WorldprobeError, match=said) as caught:
        trained.measured("--encoder", *given)
    assert "\n" not in str(caught.value)


def test_an_output_is_picked_and_pooled(trained: Trained) -> None:
    found = trained.measured("--encoder", f"{trained.folder / 'model.py'}:Twice", "--output", "grid", "--pool", "mean")
    assert found["of"]["taps"]["encoder"]["d"] == 4
