"""What the features of TensorFlow Datasets are, from `features.json`: the shape and type of every feature.

The layout: https://github.com/tensorflow/datasets, tensorflow_datasets/proto/feature.proto
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.recordings.formats.json_files import AGAIN, json_of
from worldprobe.recordings.problems import UnreadableFile

DESCRIPTION = "features.json"
DEEPEST = 16
"""Dictionaries within one another that are followed."""


@dataclass(frozen=True)
class FeatureShape:
    """A feature in a step, or in an example without steps."""

    shape: tuple[int, ...]
    dtype: str
    stored: str
    """As what it is stored: "tensor", "image", "text" ..."""

    @property
    def width(self) -> int:
        """How many values one step has: image files and texts are one."""
        return prod(self.shape) if self.stored == "tensor" else 1

    @property
    def kept(self) -> bool:
        """Whether numbers that are stored wider are given in their own type: true and false, and small integers."""
        try:
            return np.dtype(self.dtype).kind in "biu"
        except TypeError:
            return False

    @property
    def words(self) -> str:
        """What is said of a feature that is not read as numbers."""
        return "text" if self.stored == "text" else f"{self.dtype} {self.stored}"

    def holds(self, values: int, steps: int) -> bool:
        """Return whether so many values are those of so many steps."""
        return values == steps * self.width


def described_features(path: Path) -> dict[str, FeatureShape]:
    """Return the features by name, those of steps as "steps/observation/state"; {} where there is no description.

    Features whose shape is open, and sequences within steps, are left out. Raises UnreadableFile where it is no JSON.
    """
    if not path.is_file():
        return {}
    said = json_of(path)
    if isinstance(said, dict) and isinstance(said.get("content"), str):  # as older versions write it
        try:
            said = {"featuresDict": json.loads(said["content"])}
        except (ValueError, RecursionError) as error:
            raise UnreadableFile(path, f"its content is not JSON ({error})", AGAIN) from error
    return dict(_walk(said, "", 0))


def _walk(node: Any, name: str, depth: int) -> Iterator[tuple[str, FeatureShape]]:
    if not isinstance(node, dict) or depth > DEEPEST:
        return
    if isinstance(inner := _inside(node, "featuresDict", "features"), dict):
        for key, value in inner.items():
            yield from _walk(value, f"{name}/{key}" if name else str(key), depth + 1)
    elif isinstance(inner := _inside(node, "sequence", "feature"), dict):
        if name == "steps":
            yield from _walk(inner, name, depth + 1)
    else:
        for stored in ("tensor", "image", "text", "classLabel"):
            if stored in node and (found := _shape(node[stored], stored)) is not None:
                yield name, found


def _shape(node: Any, stored: str) -> FeatureShape | None:
    """Return a feature's shape; None where it is open, or no shape."""
    if stored in ("text", "classLabel"):
        return FeatureShape((), "str", "text") if stored == "text" else FeatureShape((), "int64", "tensor")
    given = node.get("shape") if isinstance(node, dict) else None
    given = given.get("dimensions", []) if isinstance(given, dict) else given
    try:
        shape = tuple(int(size) for size in given or ())
    except (TypeError, ValueError, OverflowError):
        return None
    dtype = str(node.get("dtype", "")) if isinstance(node, dict) else ""
    if dtype in ("string", "object"):
        return FeatureShape(shape, "str", "text") if not shape else None
    encoded = node.get("encoding") not in (None, "none", 0) if isinstance(node, dict) else False
    if stored == "tensor" and encoded:
        return FeatureShape((), dtype, f"numbers, encoded as {str(node['encoding'])[:20]}")
    open_ = any(size < 0 or size > 1 << 32 for size in shape) or len(shape) > 8
    return None if stored == "tensor" and open_ else FeatureShape(shape, dtype, stored)


def _inside(node: dict[str, Any], outer: str, inner: str) -> Any:
    held = node.get(outer)
    return held.get(inner) if isinstance(held, dict) else None
