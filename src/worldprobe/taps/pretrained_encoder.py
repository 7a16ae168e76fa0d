"""Pretrained encoders by name: timm's, and folders that Hugging Face's transformers wrote. Nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worldprobe._util.checkpoint_weights import load_weights
from worldprobe.errors import DamagedData, InvalidValue, MissingDependency
from worldprobe.taps.encoder import ForeignEncoder
from worldprobe.taps.module_encoder import of_module, reinitialised


def from_timm(name: str, checkpoint: Path | None) -> ForeignEncoder:
    """Return a timm model without its classifier, with weights from a checkpoint on disk.

    Raises MissingDependency without timm, InvalidValue for a name that it does not know or without a checkpoint.
    """
    try:
        import timm
    except ImportError as error:
        raise MissingDependency("timm", f"the encoder timm:{name}", "pip install 'worldprobe[timm]'") from error
    if name not in timm.list_models():
        raise InvalidValue("--encoder", f"timm:{name}", "a model of timm.list_models()")
    if checkpoint is None:
        raise InvalidValue(
            "--checkpoint", None, f"a file with the weights of {name}", "Nothing is downloaded while measuring."
        )
    module = timm.create_model(name, pretrained=False, num_classes=0)
    load_weights(module, checkpoint)
    module.eval()  # built here, so that its training mode is nobody's mistake
    return of_module(module, f"timm:{name} with {checkpoint}")


def from_huggingface(folder: Path) -> ForeignEncoder:
    """Return the model of a folder that `save_pretrained` wrote; code in the folder is not run.

    Raises MissingDependency without transformers, DamagedData where the folder holds no model.
    """
    if not (folder / "config.json").is_file():
        raise InvalidValue("--encoder", str(folder), "a folder with config.json and weights")
    try:
        from transformers import AutoModel
    except ImportError as error:
        install = "pip install 'worldprobe[huggingface]'"
        raise MissingDependency("transformers", f"the encoder in {folder}", install) from error
    try:
        module = AutoModel.from_pretrained(folder, local_files_only=True, trust_remote_code=False, use_safetensors=True)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DamagedData(f"{folder} cannot be opened as a Hugging Face model: {reason}") from error
    found = of_module(module, str(folder))
    return ForeignEncoder(
        _outputs(found.encode),
        found.source,
        lambda seed: _outputs(of_module(reinitialised(module, seed), "").encode),
        lambda seed: reinitialised(module, seed),
        found.notes,
        default_output="pooler_output",
    )


def _outputs(encode: Any) -> Any:
    """Return an encoder of dictionaries: transformers' outputs leave out what is None only in their items."""

    def named(x: Any) -> dict[str, Any]:
        return dict(encode(x).items())

    return named
