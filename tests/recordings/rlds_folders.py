"""RLDS data sets as TensorFlow Datasets writes them, through a TFRecord writer that is not the reader's."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recordings.walks import Walk

Features = dict[str, tuple[Any, str]]


def jpeg(frame: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def write_records(path: Path, examples: list[Features], steps: list[dict[str, Any]] | None = None) -> Path:
    """Write examples, or sequence examples where there are steps."""
    from tfrecord.writer import TFRecordWriter

    writer = TFRecordWriter(str(path))
    for number, features in enumerate(examples):
        writer.write(features, steps[number] if steps else None)
    writer.close()
    return path


def episode(states: np.ndarray, actions: np.ndarray, frames: np.ndarray) -> Features:
    """Return an episode as tfds flattens it: bool as int64, every feature of all steps in one list."""
    rows = len(states)
    return {
        "steps/observation/state": (states.ravel().tolist(), "float"),
        "steps/observation/image": ([jpeg(frame) for frame in frames], "byte"),
        "steps/action": (actions.ravel().tolist(), "float"),
        "steps/reward": ([0.0] * rows, "float"),
        "steps/is_first": ([int(not row) for row in range(rows)], "int"),
        "steps/is_last": ([int(row == rows - 1) for row in range(rows)], "int"),
        "steps/language_instruction": ([b"push"] * rows, "byte"),
        "episode_metadata/file_path": ([b"/data/0.npy"], "byte"),
    }


def write_rlds(path: Path, w: Walk, shards: int = 2) -> Path:
    """Write `NAME/VERSION/` with its descriptions and shards."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "features.json").write_text(json.dumps(described(w), indent=4))
    info = {"name": "demo", "fileFormat": "tfrecord", "version": "1.0.0", "splits": [{"name": "train"}]}
    (path / "dataset_info.json").write_text(json.dumps(info))
    parts = list(zip(*(w.parts(array) for array in (w.states, w.actions, w.frames)), strict=True))
    for shard, here in enumerate(np.array_split(np.arange(len(parts)), shards)):
        name = f"demo-train.tfrecord-{shard:05}-of-{shards:05}"
        write_records(path / name, [episode(*parts[number]) for number in here])
    return path


def described(w: Walk) -> dict[str, Any]:
    """Return what `features.json` holds; sizes are strings there, as protobuf writes 64-bit numbers in JSON."""
    height, width = w.frames.shape[1:3]
    image = {"shape": {"dimensions": [str(height), str(width), "3"]}, "dtype": "uint8", "encodingFormat": "jpeg"}
    observation = {"state": tensor("float32", w.states.shape[1]), "image": {"image": image}}
    steps = {
        "observation": within(observation),
        "action": tensor("float32", w.actions.shape[1]),
        "reward": tensor("float32"),
        "is_first": tensor("bool"),
        "is_last": tensor("bool"),
        "language_instruction": {"text": {}},
    }
    return within(
        {
            "steps": {"pythonClassName": f"{PREFIX}.dataset_feature.Dataset", "sequence": {"feature": within(steps)}},
            "episode_metadata": within({"file_path": {"text": {}}}),
        }
    )


PREFIX = "tensorflow_datasets.core.features"


def within(features: dict[str, Any]) -> dict[str, Any]:
    return {"pythonClassName": f"{PREFIX}.features_dict.FeaturesDict", "featuresDict": {"features": features}}


def tensor(dtype: str, *shape: int) -> dict[str, Any]:
    sizes = {"dimensions": [str(size) for size in shape]} if shape else {}
    return {
        "pythonClassName": f"{PREFIX}.tensor_feature.Tensor",
        "tensor": {"shape": sizes, "dtype": dtype, "encoding": "none"},
    }
