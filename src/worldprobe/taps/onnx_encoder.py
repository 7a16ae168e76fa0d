"""Encoders in ONNX, run by onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.errors import DamagedData, InvalidValue, MissingDependency
from worldprobe.taps.encoder import ForeignEncoder

TYPES = {
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
}


def from_onnx(path: Path) -> ForeignEncoder:
    """Open an ONNX file with one input; raises MissingDependency, DamagedData and InvalidValue."""
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependency("onnxruntime", f"the encoder {path.name}", "pip install 'worldprobe[onnx]'") from error
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class but this
        reason = " ".join(str(error).split())[:200]
        raise DamagedData(f"{path} cannot be opened as ONNX: {reason}") from error
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(each.name for each in inputs)
        raise InvalidValue("--encoder", str(path), "an ONNX model with one input, the frames", f"It has {names}.")
    return ForeignEncoder(
        _Runs(session, inputs[0], path),
        str(path),
        default_output="embedding" if "embedding" in {output.name for output in session.get_outputs()} else None,
        why_no_untrained="an ONNX file cannot be initialised anew: name its module with --encoder FILE.py:NAME",
    )


class _Runs:
    """Runs a session on a batch, and says in one line where the input does not fit."""

    def __init__(self, session: Any, asked: Any, path: Path) -> None:
        self._session, self._asked, self._path = session, asked, path
        self._names = [output.name for output in session.get_outputs()]

    def __call__(self, x: np.ndarray) -> dict[str, np.ndarray]:
        wanted = TYPES.get(self._asked.type)
        fixed = list(self._asked.shape[1:])
        fits = len(fixed) == x.ndim - 1 and all(
            not isinstance(size, int) or size == given for size, given in zip(fixed, x.shape[1:], strict=True)
        )
        if not fits or (wanted is not None and x.dtype != wanted):
            raise InvalidValue(
                "input",
                f"{x.dtype} (N, {', '.join(map(str, x.shape[1:]))})",
                f"{np.dtype(wanted).name if wanted else self._asked.type} (N, {', '.join(map(str, fixed))}), which "
                f"{self._path.name} was exported for",
                "Say its pre-processing with --size, --layout, --range, --mean and --std.",
            )
        size = self._asked.shape[0]
        parts = [self._run(part) for part in _batches(x, size)] if isinstance(size, int) else [self._run(x)]
        found = [
            np.concatenate(each)[: len(x)] if len(parts) > 1 else each[0][: len(x)] for each in zip(*parts, strict=True)
        ]
        return dict(zip(self._names, found, strict=True))

    def _run(self, x: np.ndarray) -> list[np.ndarray]:
        found: list[np.ndarray] = self._session.run(None, {self._asked.name: x})
        return found


def _batches(x: np.ndarray, size: int) -> list[np.ndarray]:
    """Return batches of the one size that a model was exported for; the last one is filled up with its last frame."""
    lacking = -len(x) % size
    whole = np.concatenate([x, np.repeat(x[-1:], lacking, axis=0)]) if lacking else x
    return [whole[first : first + size] for first in range(0, len(whole), size)]
