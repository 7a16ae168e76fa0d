"""Encoders that are torch modules: from a Python file that the user names, from TorchScript, from a checkpoint."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.checkpoint_weights import load_weights
from worldprobe._util.named_modules import made_in
from worldprobe._util.torch_files import load_torchscript
from worldprobe.errors import InvalidValue
from worldprobe.taps.encoder import Encode, ForeignEncoder


def from_python(file: Path, name: str, checkpoint: Path | None) -> ForeignEncoder:
    """Import `file` and take `name`: a module, its class, a function without arguments that returns one, or an encoder.

    This runs the file, as its user asked. A checkpoint is loaded into the module with `weights_only`. Raises
    InvalidValue, UnsafeCheckpoint and DamagedData.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = made_in(file, name)
    if isinstance(made, torch.nn.Module):
        if checkpoint is not None:
            load_weights(made, checkpoint)
        return of_module(made, f"{file}:{name}" + (f" with {checkpoint}" if checkpoint else ""))
    if checkpoint is not None:
        raise InvalidValue("--checkpoint", str(checkpoint), "with an encoder that is a torch.nn.Module")
    return ForeignEncoder(made, f"{file}:{name}", why_no_untrained=f"{file}:{name} is a function, not a module")


def of_module(module: Any, source: str) -> ForeignEncoder:
    """Return a torch module as an encoder, in evaluation mode; that it was in training mode, or stays so, is noted."""
    was, normalised = module.training, any("BatchNorm" in type(layer).__name__ for layer in module.modules())
    stays = any(layer.training for layer in module.eval().modules())
    notes: tuple[str, ...] = ()
    if was or stays:
        risk = f", in which batch normalisation {'mixes' if stays else 'would mix'} the frames of a batch"
        is_measured = "stays in it: its eval() changes nothing" if stays else "is measured in evaluation mode"
        notes = (f"{source} was in training mode{risk if normalised else ''}; it {is_measured}",)

    def untrained(seed: int) -> Encode:
        return encode_with(reinitialised(module, seed))

    return ForeignEncoder(encode_with(module), source, untrained, lambda seed: reinitialised(module, seed), notes)


def from_torchscript(path: Path) -> ForeignEncoder:
    """Load a TorchScript archive; raises DamagedData where it is none."""
    module = load_torchscript(path, f"--encoder FILE.py:NAME --checkpoint {path.name}")
    notes: tuple[str, ...] = ()
    if module.training:
        notes = (f"{path} was saved in training mode: it is measured in evaluation mode",)
    module.eval()
    why = "a TorchScript archive cannot be initialised anew: name its module with --encoder FILE.py:NAME"
    return ForeignEncoder(encode_with(module), str(path), notes=notes, why_no_untrained=why)


def encode_with(module: Any) -> Encode:
    """Return the function that runs a module on arrays, where its parameters are, without gradients."""

    def encode(x: np.ndarray) -> Any:
        import torch

        device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
        with torch.inference_mode():
            return module(torch.from_numpy(x).to(device))

    return encode


def reinitialised(module: Any, seed: int) -> Any:
    """Return a copy whose layers have drawn their weights anew; a parameter without a layer's rule is shuffled."""
    import torch

    fresh = copy.deepcopy(module)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for layer in fresh.modules():
            if callable(getattr(layer, "reset_parameters", None)):
                layer.reset_parameters()
                continue
            for weight in layer.parameters(recurse=False):
                weight.copy_(weight.flatten()[torch.randperm(weight.numel())].view_as(weight))
    return fresh.eval()
