"""The frozen pretrained control: any encoder on disk, with its own pre-processing in one text."""

from __future__ import annotations

import shlex

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.taps.encode import BATCH, Tap
from worldprobe.taps.open_encoder import open_encoder
from worldprobe.taps.preprocessing import Preprocessing

NUMBERS = ("range", "mean", "std")
SETTINGS = ("checkpoint", "size", "layout", *NUMBERS, "output", "pool", "batch")


def open_pretrained(text: str) -> Tap:
    """Open "MODEL [KEY=VALUE ...]": what --encoder takes, and the settings that are options of the measured encoder.

    Raises UnknownName for another key, InvalidValue for a value of the wrong kind, and what `open_encoder` raises.
    """
    model, *settings = shlex.split(text) or [""]
    given = dict(setting.partition("=")[::2] for setting in settings)
    for key in given:
        if key not in SETTINGS:
            raise UnknownName("setting of --pretrained", key, SETTINGS)
    try:
        numbers = {key: tuple(map(float, given[key].split(","))) for key in NUMBERS if key in given}
        whole = {key: int(given[key]) for key in ("size", "batch") if key in given}
    except ValueError:
        raise InvalidValue("--pretrained", text, "whole numbers for size and batch, numbers for the rest") from None
    prepare = Preprocessing(size=whole.get("size"), layout=given.get("layout", "NHWC"), **numbers)  # type: ignore[arg-type]
    encoder = open_encoder(model, given.get("checkpoint"))
    return Tap(encoder, prepare, given.get("output"), given.get("pool"), whole.get("batch", BATCH))
