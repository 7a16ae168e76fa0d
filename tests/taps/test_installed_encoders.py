"""timm and transformers themselves, where they are installed: small models with random weights, nothing downloaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import worldprobe as wp
from worldprobe.evaluation.subject import of_arrays
from worldprobe.taps.encode import Tap, encode_all, preflight
from worldprobe.taps.open_encoder import open_encoder
from worldprobe.taps.preprocessing import Preprocessing

SIDE = 32
PIXELS = Preprocessing(layout="NCHW", range=(0.0, 1.0), mean=(0.5,), std=(0.5,))


class Frames:
    """Random frames."""

    def __init__(self, count: int = 40) -> None:
        self.frames = np.random.default_rng(0).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, rows: np.ndarray) -> np.ndarray:
        return self.frames[rows]


def returned(module: nn.Module) -> Any:
    with torch.inference_mode():
        return module.eval()(torch.from_numpy(PIXELS(Frames().frames)))


@pytest.fixture
def vit(tmp_path: Path) -> tuple[Path, Any]:
    """A folder that transformers wrote, and the model in it."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=SIDE, patch_size=8
    )
    model = transformers.ViTModel(config)
    model.save_pretrained(tmp_path / "vit")
    return tmp_path / "vit", model


def test_a_hugging_face_folder_is_the_model_that_was_saved(vit: tuple[Path, Any]) -> None:
    folder, model = vit
    opened, direct = open_encoder(str(folder)), returned(model)
    assert preflight(Tap(opened, PIXELS), Frames()).returned == "float32 (N, 16)"
    assert encode_all(Tap(opened, PIXELS), Frames()) == pytest.approx(direct.pooler_output.numpy(), abs=1e-5)
    tokens = Tap(opened, PIXELS, output="last_hidden_state", pool="first")
    assert encode_all(tokens, Frames()) == pytest.approx(direct.last_hidden_state[:, 0].numpy(), abs=1e-5)
    anew = encode_all(Tap(opened, PIXELS), Frames(), untrained=1)
    assert np.abs(anew - direct.pooler_output.numpy()).max() > 0.01


def test_a_hugging_face_folder_without_a_pooled_output_says_how_to_pick_one(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTMAEConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=SIDE, patch_size=8
    )
    transformers.ViTMAEModel(config).save_pretrained(tmp_path / "mae")
    with pytest.raises(wp.errors.WorldprobeError, match="--output last_hidden_state"):
        preflight(Tap(open_encoder(str(tmp_path / "mae")), PIXELS), Frames())


def test_a_hugging_face_folder_is_trained_anew_as_the_supervised_reference(vit: tuple[Path, Any]) -> None:
    frames = Frames(400)
    z = frames.frames.reshape(400, -1)[:, :2].astype(float)
    subject = replace(of_arrays(z, independent=True), frames=frames)
    found = wp.measure(vit[0], subject, layout="NCHW", range=(0.0, 1.0), supervised=3).to_json()
    assert found["references"]["supervised"]["steps"] == 3
    assert found["references"]["untrained"]["r2"] is not None


def test_a_timm_model_has_the_weights_of_its_checkpoint(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    model = timm.create_model("test_vit", pretrained=False, num_classes=0, img_size=160)
    torch.save(model.state_dict(), tmp_path / "weights.pt")
    opened = open_encoder("timm:test_vit", tmp_path / "weights.pt")
    prepare = Preprocessing(size=160, layout="NCHW", range=(0.0, 1.0))
    with torch.inference_mode():
        direct = model.eval()(torch.from_numpy(prepare(Frames(8).frames))).numpy()
    assert encode_all(Tap(opened, prepare), Frames(8)) == pytest.approx(direct, abs=1e-4)


def test_a_timm_name_that_is_almost_one_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("timm")
    with pytest.raises(wp.errors.InvalidValue, match=r"allowed is a model of timm.list_models"):
        open_encoder("timm:test_vitt", tmp_path / "weights.pt")
