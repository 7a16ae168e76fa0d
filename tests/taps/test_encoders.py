"""One trained encoder, opened in every way, has the same R^2; what does not fit is said in one line."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
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
from worldprobe.evaluation.cause import _recovered
from worldprobe.evaluation.measuring import measure
from worldprobe.taps.encode import Tap, encode_all, preflight
from worldprobe.taps.encoder import ForeignEncoder
from worldprobe.taps.module_encoder import of_module

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


@pytest.mark.slow
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
        (
            ("--range", "0,255", "--mean", "0.485,0.456,0.406", "--std", "1"),
            "belongs to pixels of 0 .. 1: add --range 0,1",
        ),
        (("--range", "0,1", "--mean", "124,116,104", "--std", "1"), "belongs to pixels of 0 .. 255"),
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


class NeverEvaluates(nn.Module):
    """Stays in training mode, whatever it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(12))

    def train(self, mode: bool = True) -> NeverEvaluates:
        return super().train(True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x.float())


def test_notes_say_in_which_mode_a_module_is_measured() -> None:
    stuck = of_module(NeverEvaluates(), "m")
    assert stuck.notes == (
        "m was in training mode, in which batch normalisation mixes the frames of a batch; it stays in it: its eval() "
        "changes nothing",
    )
    assert of_module(nn.Linear(2, 2), "m").notes == ("m was in training mode; it is measured in evaluation mode",)
    assert of_module(nn.Linear(2, 2).eval(), "m").notes == ()


def test_a_class_that_is_built_here_was_in_nobodys_training_mode(trained: Trained) -> None:
    arguments = ("--encoder", f"{trained.folder / 'model.py'}:Plain", "--checkpoint", trained.folder / "weights.pt")
    assert trained.measured(*arguments)["of"]["warnings"] == []


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


class Odd(nn.Module):
    """Returns something else than an embedding."""

    def __init__(self, of: str) -> None:
        super().__init__()
        self.of, self.calls = of, 0

    def forward(self, x: torch.Tensor) -> object:
        h = x.flatten(1)[:, :4].float()
        self.calls += 1
        if self.of == "exits":
            raise SystemExit(7)
        shorter = h[:, : 4 if self.calls < 4 else 3]
        kinds = {
            "complex": h * 1j,
            "sparse": h.to_sparse(),
            "meta": h.to("meta"),
            "one": h.mean(),
            "empty": (),
            "transposed": h.T,
        }
        return {**kinds, "shorter": shorter, "fewer": h[: 32 if self.calls < 4 else 3]}[self.of]


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("complex", "returns Tensor of complex64, not an array of numbers"),
        ("sparse", "returns Tensor, which is no array of numbers: can't convert Sparse"),
        ("meta", "returns Tensor, which is no array of numbers: Cannot copy out of meta"),
        ("one", "returns one number, not a row of numbers for every frame"),
        ("empty", "returns an empty tuple"),
        ("exits", "It said: SystemExit: 7"),
        ("transposed", r"output = \(4, 32\) is not possible: allowed is \(32, d\), .*Transpose it"),
        ("shorter", r"shape .256, 3. for rows 256 to 511.*allowed is .256, 4., a row for every frame"),
    ],
)
def test_what_is_no_embedding_is_refused_in_one_line(trained: Trained, of: str, said: str) -> None:
    with pytest.raises(WorldprobeError, match=said) as caught:
        measure(Odd(of), trained.folder / "log.npz", states=["state"], quick=True)
    assert "\n" not in str(caught.value)


def test_rows_of_lists_are_an_embedding(trained: Trained) -> None:
    log = trained.folder / "log.npz"
    found = measure(lambda x: x.reshape(len(x), -1)[:, :4].astype(float).tolist(), log, states=["state"], quick=True)
    assert found.of["taps"]["encoder"]["d"] == 4


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def load(:", "cannot be executed: SyntaxError"),
        ("1 / 0", "cannot be executed: ZeroDivisionError: division by zero"),
        ("import no_such_package", "cannot be executed: ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise SystemExit(3)", "cannot be executed: SystemExit: 3"),
        ("def load():\n    raise ValueError('no weights')", "makes no encoder: ValueError: no weights"),
    ],
)
def test_a_file_that_fails_is_named_with_what_it_says(trained: Trained, source: str, said: str) -> None:
    (trained.folder / "fails.py").write_text(source + "\n")
    with pytest.raises(WorldprobeError, match=said):
        trained.measured("--encoder", f"{trained.folder / 'fails.py'}:load")


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: torch.save({1: torch.zeros(2)}, path), "It does not fit: Missing key"),
        (lambda path: torch.save([1, 2], path), "It does not fit: Missing key"),
        (lambda path: torch.save({"x.weight": torch.zeros(2)}, path), 'Unexpected key.*"x.weight"'),
        (lambda path: path.write_bytes(b"no checkpoint"), "is no file that torch.save wrote"),
        (lambda path: path.write_bytes(b"hello world" * 10), "is no file that torch.save wrote"),
        (lambda path: path.write_bytes(b""), "is no file that torch.save wrote"),
        (lambda path: path.write_bytes(b"PK\x03\x04 cut short"), "cannot be read: RuntimeError: PytorchStreamReader"),
        (lambda path: path.write_bytes(pickle.dumps({"a": Path.cwd})), "is a pickle that holds more than tensors"),
    ],
)
def test_checkpoints_that_do_not_fit_are_refused(trained: Trained, write: Callable[[Path], None], said: str) -> None:
    path = trained.folder / "odd.ckpt"
    write(path)
    with pytest.raises(WorldprobeError, match=said) as caught:
        trained.measured("--encoder", f"{trained.folder / 'model.py'}:load", "--checkpoint", path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--output", "9"), "returns one output without a name: leave out"),
        (("--size", "100000"), "allowed is batches of at most 4 GiB"),
    ],
)
def test_options_that_no_model_can_have_are_refused(trained: Trained, options: tuple[str, ...], said: str) -> None:
    with pytest.raises(WorldprobeError, match=said):
        trained.measured("--encoder", f"{trained.folder / 'model.py'}:load", *options)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_onnx_of_one_batch_size_is_run_in_batches_of_it(trained: Trained) -> None:
    path, example = trained.folder / "fixed.onnx", torch.zeros(3, 16, 16, 3, dtype=torch.uint8)
    torch.onnx.export(trained.network, (example,), str(path), input_names=["frames"], dynamo=False)
    fixed, any_size = trained.measured("--encoder", path), trained.measured("--encoder", exported(trained))
    assert fixed["taps"]["encoder"]["r2"] == pytest.approx(any_size["taps"]["encoder"]["r2"], abs=1e-6)


def test_a_model_that_changes_its_input_in_place_is_given_a_copy() -> None:
    """Else a batch that is encoded again, for another tap or to see whether it depends on its batch, is another one."""

    class InPlace(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sub_(0.5).mul_(2.0)

    z = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    before = z.copy()
    doubling = ForeignEncoder(lambda x: np.multiply(x, 2.0, out=x), "doubling")
    for encoder in (of_module(InPlace(), "InPlace"), doubling):
        assert not any("depends" in warning for warning in preflight(Tap(encoder), Vectors(z)).warnings)
        encode_all(Tap(encoder), Vectors(z))
        assert np.array_equal(z, before)


class Vectors:
    """Observations that are read without a copy."""

    def __init__(self, z: np.ndarray) -> None:
        self.z = z

    def __len__(self) -> int:
        return len(self.z)

    def read(self, rows: np.ndarray) -> np.ndarray:
        return self.z[rows[0] : rows[-1] + 1]


def test_a_recovery_that_rounds_to_zero_has_no_minus_sign() -> None:
    assert _recovered({"r2": -0.003}, None).startswith("The encoder recovers 0.00 of the states linearly")
