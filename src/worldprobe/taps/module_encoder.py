"""Encoders that are torch modules: from a Python file that the user names, from TorchScript, from a checkpoint."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.python_files import in_words, named_in
from worldprobe._util.torch_files import Unloadable, load_plain
from worldprobe.errors import DamagedData, InvalidValue, MissingDependency, PluginFailed, WorldprobeError
from worldprobe.taps.encoder import Encode, ForeignEncoder

STATE_KEYS = ("state_dict", "model_state_dict", "model", "module", "state", "weights")
"""Where training code keeps the weights in a checkpoint that holds more."""


class UnsafeCheckpoint(WorldprobeError):
    """A checkpoint that holds more than tensors: loading it would run code."""


def from_python(file: Path, name: str, checkpoint: Path | None) -> ForeignEncoder:
    """Import `file` and take `name`: a module, its class, a function without arguments that returns one, or an encoder.

    This runs the file, as its user asked. A checkpoint is loaded into the module with `weights_only`. Raises
    InvalidValue, UnsafeCheckpoint and DamagedData.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = _made(_attribute(file, name), f"{file}:{name}")
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
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch.export has no archive that runs everywhere
            module = torch.jit.load(str(path), map_location="cpu")
    except (RuntimeError, ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0].split(". ")[0]
        raise DamagedData(
            f"{path} is not TorchScript ({reason}). Of a checkpoint, name the module too: "
            f"--encoder FILE.py:NAME --checkpoint {path.name}."
        ) from error
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


def load_weights(module: Any, checkpoint: Path) -> None:
    """Load a state dict into a module, from a checkpoint that may hold more and whose names may have one prefix.

    Raises UnsafeCheckpoint for a pickle, DamagedData for what cannot be read, InvalidValue for weights that do not fit.
    """
    state = {str(name): value for name, value in _state(read_weights(checkpoint)).items()}
    wanted = module.state_dict()
    found = next((fit for fit in _unprefixed(state) if set(wanted) <= set(fit)), state)
    try:
        module.load_state_dict({name: found[name] for name in wanted} if set(wanted) <= set(found) else found)
    except (RuntimeError, TypeError) as error:
        lines = [line.strip() for line in str(error).splitlines()[1:3]] or [str(error)]
        said = " ".join(line if len(line) < 200 else line[:200] + " ..." for line in lines)
        allowed = f"weights of {type(module).__name__}"
        raise InvalidValue("--checkpoint", str(checkpoint), allowed, f"It does not fit: {said}") from error


def read_weights(path: Path) -> Any:
    """Return what a checkpoint holds, tensors and plain containers only; raises UnsafeCheckpoint and DamagedData."""
    if path.suffix == ".safetensors":
        try:
            from safetensors.torch import load_file
        except ImportError as error:
            raise MissingDependency("safetensors", f"the checkpoint {path.name}", "pip install safetensors") from error
        try:
            return load_file(str(path))
        except Exception as error:  # safetensors' error has no base class but this
            raise DamagedData(f"The checkpoint {path} cannot be read ({in_words(error)}).") from error
    try:
        return load_plain(path)
    except FileNotFoundError:
        raise DamagedData(f"{path} does not exist: give the checkpoint's file.") from None
    except Unloadable as error:
        if not error.executes:
            raise DamagedData(f"The checkpoint {path} cannot be read: {error}.") from error
        raise UnsafeCheckpoint(
            f"{path} is a pickle that holds more than tensors, and loading it would run code from it. Save "
            "torch.save(model.state_dict(), PATH), or load it in the function that --encoder FILE.py:NAME names."
        ) from error


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


def _attribute(file: Path, name: str) -> Any:
    if not file.is_file():
        raise InvalidValue("--encoder", f"{file}:{name}", "FILE.py:NAME, of a file that exists")
    return named_in(file, name)


def _made(thing: Any, where: str) -> Callable[..., Any]:
    """Return a module as it is, what a class or function without required arguments makes, or an encoder itself."""
    import torch

    if isinstance(thing, torch.nn.Module):
        return thing
    if not callable(thing):
        raise InvalidValue("--encoder", where, "a module, its class, a function that returns one, or an encoder")
    needed = [p for p in inspect.signature(thing).parameters.values() if p.default is p.empty and p.kind <= 1]
    if needed and isinstance(thing, type):
        names = ", ".join(p.name for p in needed)
        allowed = "a function without arguments that returns the module"
        raise InvalidValue("--encoder", where, allowed, f"{thing.__name__} needs {names}.")
    try:
        made = thing() if not needed else thing
    except (Exception, SystemExit) as error:  # whatever somebody's function raises
        raise PluginFailed(f"{where} makes no encoder: {in_words(error)}.") from error
    if isinstance(thing, type) and isinstance(made, torch.nn.Module):
        made.eval()  # built here, so that its training mode is nobody's mistake
    if not callable(made):
        raise InvalidValue(
            "--encoder", where, "a function that returns a module", f"It returned {type(made).__name__}."
        )
    return made


def _state(content: Any) -> Mapping[Any, Any]:
    while isinstance(content, Mapping):
        inner = next((content[key] for key in STATE_KEYS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            return content
        content = inner
    return {}


def _unprefixed(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the weights under every first part of their names: of "encoder.conv.weight", "conv.weight"."""
    found = [dict(state)]
    for _ in range(3):
        deeper: dict[str, dict[str, Any]] = {}
        for name, value in found[-1].items():
            first, dot, rest = str(name).partition(".")
            if dot:
                deeper.setdefault(first, {})[rest] = value
        if not deeper:
            break
        found += list(deeper.values())
        if len(deeper) > 1:
            break
    return found
