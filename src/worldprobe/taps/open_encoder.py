"""Which kind of encoder a text names, and how it is opened."""

from __future__ import annotations

import os
from pathlib import Path

from worldprobe.errors import InvalidValue
from worldprobe.taps.encoder import ForeignEncoder
from worldprobe.taps.module_encoder import from_python, from_torchscript
from worldprobe.taps.onnx_encoder import from_onnx
from worldprobe.taps.pretrained_encoder import from_huggingface, from_timm
from worldprobe.taps.stable_worldmodel_encoder import from_stable_worldmodel, is_stable_worldmodel

KINDS = "FILE.py:NAME, FILE.onnx, TorchScript (FILE.pt), timm:NAME, or a folder of Hugging Face or stable-worldmodel"


def open_encoder(given: str, checkpoint: str | Path | None = None) -> ForeignEncoder:
    """Open the encoder that `given` names; a checkpoint goes with FILE.py:NAME and timm:NAME.

    Raises InvalidValue for what names no encoder, and what the kinds raise.
    """
    weights = None if checkpoint is None else Path(os.path.expanduser(checkpoint))
    if given.startswith("timm:"):
        return from_timm(given.removeprefix("timm:"), weights)
    file, colon, name = given.rpartition(":")
    if colon and file.endswith(".py"):
        return from_python(Path(os.path.expanduser(file)), name, weights)
    path = Path(os.path.expanduser(given))
    if weights is not None:
        raise InvalidValue(
            "--checkpoint", str(weights), "with --encoder FILE.py:NAME or timm:NAME", f"{given} has its own weights."
        )
    if path.is_dir() or is_stable_worldmodel(path):
        return from_stable_worldmodel(path) if is_stable_worldmodel(path) else from_huggingface(path)
    if not path.is_file():
        raise InvalidValue("--encoder", given, KINDS, "There is no such file.")
    if path.suffix == ".onnx":
        return from_onnx(path)
    if path.suffix == ".py":
        raise InvalidValue("--encoder", given, f"{path.name}:NAME, the module or function in it")
    return from_torchscript(path)
