"""Checkpoints of stable-worldmodel: `weights.pt`, a state dict, and `config.json`, which names the classes to build.

The layout: https://github.com/galilai-group/stable-worldmodel, docs/guides/checkpoints.md
"""

from __future__ import annotations

import importlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.checkpoint_weights import load_weights
from worldprobe.errors import DamagedData, InvalidValue, MissingDependency, WorldprobeError, in_words
from worldprobe.taps.encoder import Encode, ForeignEncoder
from worldprobe.taps.module_encoder import reinitialised

SPECIAL = ("_target_", "_args_", "_partial_", "_convert_", "_recursive_")
"""Keys of a config that say how it is built (Hydra's)."""

TRUSTED = ("stable_worldmodel", "stable_pretraining", "torch.nn", "transformers")
"""Packages whose classes and functions a config may name; others would let a file run any installed code."""


class UntrustedConfig(WorldprobeError):
    """A config that names something to build outside of the packages that checkpoints are made of."""


def is_stable_worldmodel(path: Path) -> bool:
    """Return whether a folder, or a .pt file's folder, has a config.json that names a class to build."""
    folder = path if path.is_dir() else path.parent
    weights = path.suffix == ".pt" or (path.is_dir() and any(path.glob("*.pt")))
    file = folder / "config.json"
    if not weights or not file.is_file():
        return False
    try:
        return "_target_" in json.loads(file.read_text(encoding="utf8"))
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError):
        return False


def from_stable_worldmodel(path: Path) -> ForeignEncoder:
    """Build the model of a checkpoint and load its weights; the embedding is what its `encode` writes as `emb`.

    Frames go in as (N, 1, 3, H, W): say --layout NCHW, and the size, range, mean and sd of its training (the shipped
    recipes use 224 pixels, 0 .. 1, and ImageNet's mean and sd). Raises UntrustedConfig, MissingDependency, DamagedData
    and InvalidValue.
    """
    config = json.loads(((path if path.is_dir() else path.parent) / "config.json").read_text(encoding="utf8"))
    module = build(config, path)
    load_weights(module, _weights(path))
    if not callable(getattr(module, "encode", None)):
        raise DamagedData(
            f"{path} builds a {type(module).__name__}, which has no method `encode`: it is no world model."
        )
    return ForeignEncoder(
        _encoding(module.eval()),
        str(path),
        lambda seed: _encoding(reinitialised(module, seed)),
        default_output="emb",
    )


def build(config: Any, path: Path) -> Any:
    """Return what a config describes: `_target_` is built with the other keys, themselves built first."""
    if isinstance(config, list):
        return [build(each, path) for each in config]
    if not isinstance(config, dict):
        return config
    parts = {key: build(value, path) for key, value in config.items() if key not in SPECIAL}
    if "_target_" not in config:
        return parts
    target = str(config["_target_"])
    if not any(target.startswith(f"{package}.") for package in TRUSTED):
        raise UntrustedConfig(
            f"{path}: config.json names {target!r}, which is outside of {', '.join(TRUSTED)}. Build the model in a "
            "function of your own and name it: --encoder FILE.py:NAME --checkpoint weights.pt."
        )
    made = _callable(target, path)
    if config.get("_partial_"):
        return partial(made, **parts)
    try:
        return made(*build(config.get("_args_", []), path), **parts)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DamagedData(f"{path}: config.json does not build {target!r}: {in_words(error)}.") from error


def _callable(target: str, path: Path) -> Any:
    home, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        package = (error.name or home).split(".")[0]
        raise MissingDependency(
            package, f"the checkpoint {path}", f"pip install {package.replace('_', '-')}"
        ) from error
    except AttributeError as error:
        raise DamagedData(f"{path}: config.json names {target!r}, which {home} does not have.") from error
    return found


def _weights(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob("*.pt"))
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise InvalidValue(
            "--encoder", str(path), "one of its weight files", f"There are {names}: give the file itself."
        )
    return found[0]


def _encoding(module: Any) -> Encode:
    def encode(x: np.ndarray) -> Any:
        import torch

        with torch.inference_mode():
            found = module.encode({"pixels": torch.from_numpy(x)[:, None]})
        return {name: part[:, 0] for name, part in found.items() if name != "pixels" and getattr(part, "ndim", 0) >= 2}

    return encode
