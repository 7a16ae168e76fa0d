"""The supervised and the pretrained reference: measured where they can be, else refused in one line."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import worldprobe as wp
from toy import ToyWorld
from worldprobe.cli import app


class Small(nn.Module):
    """An encoder of 8-pixel frames in two dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(192, 32), nn.BatchNorm1d(32), nn.GELU(), nn.Linear(32, 2))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.layers(frames.float() / 64 - 2)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 1,500 frames whose states are independent draws."""
    z = np.random.default_rng(0).standard_normal((1500, 2))
    path = tmp_path_factory.mktemp("log") / "log.npz"
    np.savez(path, state=z, frames=ToyWorld(size=8).observe(z), episode=np.repeat(np.arange(75), 20))
    np.save(path.parent / "h.npy", z)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(Small().eval(), torch.zeros(2, 8, 8, 3, dtype=torch.uint8))
    traced.save(str(path.parent / "script.pt"))
    return path


@pytest.mark.slow
def test_the_same_module_is_trained_with_the_states_as_targets(log: Path) -> None:
    torch.manual_seed(1)
    module = Small()
    before = [weight.clone() for weight in module.parameters()]
    found = wp.measure(module, log, states=["state"], supervised=150).to_json()
    taught, untrained = found["references"]["supervised"], found["references"]["untrained"]
    assert taught["r2"] > untrained["r2"] + 0.2
    assert taught["steps"] == 150
    assert "the same network reads" in found["verdict"]
    assert all(torch.equal(weight, was) for weight, was in zip(module.parameters(), before, strict=True))
    again = wp.measure(module, log, states=["state"], supervised=150).to_json()
    assert again["references"]["supervised"] == taught


@pytest.mark.slow
def test_the_supervised_reference_is_scored_on_rows_that_it_was_not_trained_on(log: Path) -> None:
    rng = np.random.default_rng(1)
    subject = wp.read_recording(log, states=["state"], frames="frames")
    z = rng.standard_normal(subject.states.shape)  # nothing in the frames says what these are
    found = wp.measure(Small(), replace(subject, states=z), supervised=300).to_json()
    assert found["references"]["supervised"]["r2"] < 0.1


def test_a_supervised_reference_of_embeddings_is_refused(log: Path) -> None:
    with pytest.raises(wp.errors.InvalidValue, match=r"embeddings alone were given: name the encoder with --encoder"):
        wp.measure(np.load(log.parent / "h.npy"), log, states=["state"], supervised=10)
    with pytest.raises(wp.errors.InvalidValue, match=r"a TorchScript archive cannot be initialised anew"):
        wp.measure(log.parent / "script.pt", log, states=["state"], supervised=10)
    given = ["measure", "--data", log, "--states", "state", "--embeddings", log.parent / "h.npy", "--supervised", "9"]
    done = CliRunner().invoke(app, [str(part) for part in given])
    assert isinstance(done.exception, wp.errors.InvalidValue)


@pytest.mark.slow
def test_a_pretrained_control_has_its_own_preprocessing(log: Path) -> None:
    spec = f"{log.parent / 'script.pt'} batch=64"
    given = ["measure", "--data", log, "--states", "state", "--embeddings", log.parent / "h.npy", "--pretrained", spec]
    done = CliRunner().invoke(app, [str(part) for part in [*given, "--json"]], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    known = json.loads(done.output)["references"]["pretrained"]
    alone = wp.measure(log.parent / "script.pt", log, states=["state"], quick=True).taps["encoder"].values
    assert known["r2"] == pytest.approx(alone["r2"], abs=1e-6)
    assert known["source"].endswith("script.pt")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("script.pt sise=64", "sise"),
        ("script.pt size=many", "whole numbers for size and batch"),
        ("nothing.pt", "There is no such file"),
    ],
)
def test_a_pretrained_control_that_cannot_be_opened_is_refused(log: Path, spec: str, said: str) -> None:
    with pytest.raises(wp.errors.WorldprobeError, match=said):
        wp.measure(np.load(log.parent / "h.npy"), log, states=["state"], pretrained=str(log.parent / spec))
