"""`wp.measure`: encoders and embeddings in the forms in which people have them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.progress import Reporter
from worldprobe.errors import InvalidValue
from worldprobe.evaluation.inapplicable import (
    refuse_when_quick,
    refuse_with_embeddings,
    refuse_with_world,
    refuse_without_log,
)
from worldprobe.evaluation.measurement import Measurement, check_objective, measure_embeddings, measure_encoder
from worldprobe.evaluation.pretrained_control import open_pretrained
from worldprobe.evaluation.references import AskedReferences
from worldprobe.evaluation.subject import Subject, from_recording, of_arrays, of_recording
from worldprobe.evaluation.supervised_reference import check_supervised
from worldprobe.recordings import Recording
from worldprobe.taps.embedding_files import Embeddings, read_embeddings
from worldprobe.taps.encode import Tap
from worldprobe.taps.encoder import ForeignEncoder
from worldprobe.taps.open_encoder import KINDS, open_encoder
from worldprobe.taps.pooling import vectors
from worldprobe.taps.preprocessing import Preprocessing
from worldprobe.world import WORLDS, World


def measure(
    encoder: Any,
    source: Any,
    *,
    states: list[str] | None = None,
    frames: str | None = None,
    episode: str | None = None,
    stride: int = 1,
    drop_bad: bool = False,
    format: str | None = None,
    checkpoint: str | Path | None = None,
    size: int | None = None,
    layout: Any = "NHWC",
    range: tuple[float, float] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    output: str | None = None,
    pool: str | None = None,
    batch: int = 256,
    lag: int | None = None,
    objective: str = "sigreg",
    quick: bool = False,
    supervised: int | None = None,
    pretrained: Tap | str | None = None,
    reporter: Reporter | None = None,
) -> Measurement:
    """Measure an encoder, or embeddings, on a source of states.

    `encoder` is an array of embeddings or several by name, a function of a batch of frames, a torch module, or what
    `worldprobe measure --encoder` takes. `source` is the path of a log, a Recording, a World or its name, or an array
    of states. `quick` measures linear recovery alone. `supervised` steps train the same module, initialised anew, with
    the states as targets; `pretrained` is a frozen encoder to compare with, as `--pretrained` takes it, or a Tap.

    Pre-processing is as on the command line: nothing is done to uint8 frames (N, H, W, 3) unless it is said.

    Raises UnusableEmbedding, InvalidValue, and what reading the log or opening the encoder raises.
    """
    check_objective(objective)
    given = _embeddings(encoder, pool)
    unseen = given is not None and pretrained is None
    if given is not None:
        used = {"checkpoint": checkpoint, "size": size, "layout": layout, "range": range, "mean": mean, "std": std}
        refuse_with_embeddings({**used, "output": output, "batch": batch, "frames": frames if unseen else None})
        check_supervised(supervised, None)
    if quick:
        refuse_when_quick({"supervised": supervised, "pretrained": None if pretrained is None else str(pretrained)})
    if _is_world(source):
        read = {"states": states, "frames": frames, "episode": episode, "format": format}
        refuse_with_world({**read, "stride": stride, "drop_bad": drop_bad})
    elif not isinstance(source, str | Path):
        read = {"states": states, "frames": frames, "episode": episode, "format": format}
        refuse_without_log({**read, "drop_bad": drop_bad}, type(source).__name__)
    opened = _recording_options(states, "none" if unseen else frames, episode, stride, drop_bad)
    opened["format"] = format
    subject = _subject(source, opened, reporter)
    control = open_pretrained(pretrained) if isinstance(pretrained, str) else pretrained
    how: dict[str, Any] = {"lag": lag, "objective": objective, "quick": quick, "reporter": reporter}
    how["asked"] = AskedReferences(supervised, control)
    if given is not None:
        return measure_embeddings(given, subject, **how)
    ready = Preprocessing(size, layout, range, mean, std)
    tap = Tap(_encoder(encoder, checkpoint), ready, output, pool, batch)
    return measure_encoder(tap, subject, **how)


def _recording_options(
    states: list[str] | None, frames: str | None, episode: str | None, stride: int, drop_bad: bool
) -> dict[str, Any]:
    return {"states": states, "frames": frames, "episode": episode, "stride": stride, "drop_bad": drop_bad}


def _embeddings(given: Any, pool: str | None) -> dict[str, Embeddings] | None:
    """Return embeddings by the names of their taps; None where an encoder was given."""
    if isinstance(given, Mapping):
        if not given:
            raise InvalidValue("encoder", None, "embeddings by name, one or more")
        return {str(name): _tap_of(h, str(name), pool) for name, h in given.items()}
    if isinstance(given, np.ndarray) or (hasattr(given, "shape") and not callable(given)):
        return {"embeddings": _tap_of(given, "the embedding", pool)}
    return None


def _tap_of(h: Any, name: str, pool: str | None) -> Embeddings:
    if isinstance(h, str | Path):
        return read_embeddings(h, pool)
    return Embeddings(vectors(_array(h), pool, name), None, name)


def _array(given: Any) -> np.ndarray:
    """Return an array, or a tensor of any device and precision as one."""
    return np.asarray(given.detach().float().cpu().numpy() if hasattr(given, "detach") else given)


def _encoder(given: Any, checkpoint: str | Path | None) -> ForeignEncoder:
    if isinstance(given, ForeignEncoder):
        return given
    if isinstance(given, str | Path):
        return open_encoder(str(given), checkpoint)
    if hasattr(given, "state_dict"):
        from worldprobe._util.checkpoint_weights import load_weights
        from worldprobe.taps.module_encoder import of_module

        if checkpoint is not None:
            load_weights(given, Path(checkpoint))
        return of_module(given, type(given).__name__)
    if callable(given):
        name = getattr(given, "__name__", type(given).__name__)
        return ForeignEncoder(given, name, why_no_untrained=f"{name} is a function, not a module")
    raise InvalidValue("encoder", type(given).__name__, f"an array, a function, a torch module, or {KINDS}")


def _is_world(source: Any) -> bool:
    return isinstance(source, World) or (isinstance(source, str) and WORLDS.resolved(source)[0] in WORLDS)


def _subject(source: Any, given: dict[str, Any], reporter: Reporter | None) -> Subject:
    if isinstance(source, Subject):
        return source
    if isinstance(source, Recording):
        return of_recording(source, stride=given["stride"])
    if hasattr(source, "__array__"):
        z = _array(source)
        if z.dtype.kind not in "fiub" or z.ndim == 0 or not z.size:
            raise InvalidValue("source", f"{z.dtype} of shape {z.shape}", "an array of states (rows, n)")
        return of_arrays(z.reshape(len(z), -1), stride=given["stride"])
    if _is_world(source):
        from worldprobe.evaluation.world_subject import named_world, of_world

        return of_world(source if isinstance(source, World) else named_world(source, {}), reporter=reporter)
    if not isinstance(source, str | Path):
        allowed = "the path of a log, a Recording, a World or its name, or an array of states"
        raise InvalidValue("source", type(source).__name__, allowed)
    return from_recording(source, **given)
