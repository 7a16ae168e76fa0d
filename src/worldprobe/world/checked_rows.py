"""The check of what a world is asked for: rows of finite numbers, one per state."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from worldprobe.errors import InvalidValue


def checked_rows(name: str, given: np.ndarray, columns: int) -> Float64[np.ndarray, "N columns"]:
    """Return an array as (N, columns) in double precision; raises InvalidValue for another shape and for NaN."""
    values = np.asarray(given, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != columns:
        raise InvalidValue(name, values.shape, f"an array of shape (N, {columns})")
    if not np.isfinite(values).all():
        raise InvalidValue(name, "an array with NaN or infinity", "finite numbers")
    return values
