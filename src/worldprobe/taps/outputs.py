"""Which part of what an encoder returns is the embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from worldprobe.errors import option
from worldprobe.taps.pooling import UnusableEmbedding, vectors


def embedding_of(returned: Any, output: str | None, pool: str | None, where: str) -> np.ndarray:
    """Return one vector a row from an array, a tuple, a dictionary or an object with named outputs.

    `output` is a name or a number; raises UnusableEmbedding, with what there is and how to pick, where it is needed.
    """
    if isinstance(returned, list) and returned and not any(hasattr(part, "shape") for part in returned):
        return vectors(_array(returned, where), pool, where)
    return vectors(_array(picked(returned, output, where), where), pool, _named(returned, output, where))


def picked(returned: Any, output: str | None, where: str) -> Any:
    """Return one of an encoder's outputs, whatever it is, or what it returns where that is no collection.

    Raises UnusableEmbedding as `embedding_of`.
    """
    parts = _parts(returned)
    if parts is None:
        if output not in (None, "0"):
            raise UnusableEmbedding(f"{where} returns one output without a name: leave out {option('output', output)}.")
        return returned
    if not parts:
        raise UnusableEmbedding(f"{where} returns an empty {type(returned).__name__}, not an embedding.")
    if output is None and len(parts) == 1:
        output = next(iter(parts))
    if output is None or output not in parts:
        listed = ", ".join(f"{name} {_shape(part)}" for name, part in parts.items())
        problem = "returns several outputs" if output is None else f"has no output {output!r}"
        first = next((name for name, part in parts.items() if hasattr(part, "shape")), next(iter(parts), "0"))
        raise UnusableEmbedding(f"{where} {problem}: {listed}. Pick one with --output, such as --output {first}.")
    return parts[output]


def _named(returned: Any, output: str | None, where: str) -> str:
    parts = _parts(returned)
    name = output if output is not None or parts is None else next(iter(parts))
    return where if parts is None else f"{where}, output {name}"


def _parts(returned: Any) -> dict[str, Any] | None:
    """Return several outputs by name or number; None where there is one array."""
    if isinstance(returned, Mapping):
        return {str(key): value for key, value in returned.items()}
    if isinstance(returned, tuple | list):
        names = getattr(returned, "_fields", None) or [str(place) for place in range(len(returned))]
        return dict(zip(names, returned, strict=True))
    return None


def _shape(part: Any) -> str:
    shape = getattr(part, "shape", None)
    return f"of shape {tuple(shape)}" if shape is not None else f"({type(part).__name__})"


def _array(part: Any, where: str) -> np.ndarray:
    given = type(part).__name__
    try:
        if hasattr(part, "detach"):
            part = part.detach()
            part = (part if part.is_complex() else part.float()).cpu().numpy()
        array = np.asarray(part)
    except (TypeError, ValueError, NotImplementedError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise UnusableEmbedding(f"{where} returns {given}, which is no array of numbers: {said}.") from error
    if array.dtype.kind not in "fiu":
        raise UnusableEmbedding(f"{where} returns {given} of {array.dtype}, not an array of numbers.")
    if array.ndim == 0:
        raise UnusableEmbedding(f"{where} returns one number, not a row of numbers for every frame.")
    return array
