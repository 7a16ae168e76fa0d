"""What is measured: a function from a batch of input to outputs, where it came from, and how it is made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Shaped

Encode = Callable[[Shaped[np.ndarray, "N ..."]], Any]


@dataclass(frozen=True)
class ForeignEncoder:
    """An encoder of any kind, opened; `encode` maps a batch of prepared input to whatever the model returns."""

    encode: Encode
    source: str
    untrained: Callable[[int], Encode] | None = None
    """The same network with weights drawn anew from a seed; None where that cannot be had."""
    fresh: Callable[[int], Any] | None = None
    """The torch module itself with weights drawn anew from a seed, to be trained; None where that cannot be had."""
    notes: tuple[str, ...] = ()
    """What was done to it, and what looks wrong with it."""
    why_no_untrained: str = "an untrained copy needs the module itself: --encoder FILE.py:NAME"
    default_output: str | None = None
    """Which output is the embedding where the user names none."""
