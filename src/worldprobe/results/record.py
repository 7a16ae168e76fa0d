"""What every record of the results has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Label = float | int | str
"""What a point on an axis of a sweep is called."""


class Record(BaseModel):
    """A part of the results: no unknown keys, and no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def same_label(a: Label, b: Label) -> bool:
    """Whether two labels of an axis are one point: equal numbers, also where one is in quotes, or equal words."""
    try:
        return float(a) == float(b)
    except ValueError:
        return str(a) == str(b)
