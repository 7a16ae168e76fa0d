"""Weights from a checkpoint: tensors and plain containers are read, and nothing in it is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from worldprobe._util.torch_files import Unloadable, load_plain
from worldprobe.errors import DamagedData, InvalidValue, MissingDependency, WorldprobeError, in_words

STATE_KEYS = ("state_dict", "model_state_dict", "model", "module", "state", "weights")
"""Where training code keeps the weights in a checkpoint that holds more."""


class UnsafeCheckpoint(WorldprobeError):
    """A checkpoint that holds more than tensors: loading it would run code."""


def load_weights(module: Any, checkpoint: Path, key: str = "--checkpoint") -> None:
    """Load a state dict into a module, from a checkpoint that may hold more and whose names may have one prefix.

    `key` is the option or setting that an error names. Raises UnsafeCheckpoint for a pickle, DamagedData for what
    cannot be read, InvalidValue for weights that do not fit.
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
        raise InvalidValue(key, str(checkpoint), allowed, f"It does not fit: {said}") from error


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
            "torch.save(model.state_dict(), PATH), or load it in the function that FILE.py:NAME names."
        ) from error


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
