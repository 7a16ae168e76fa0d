"""Files of records: each with the number of its format; a newer one is refused by name, an older one is upgraded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from worldprobe.errors import DamagedData
from worldprobe.results.record import Record
from worldprobe.results.upgrades import FORMAT, Kind, upgraded

__all__ = ["FORMAT", "Kind", "read_record", "versioned"]

R = TypeVar("R", bound=Record)


def versioned(record: Record) -> dict[str, Any]:
    """Return a record as JSON holds it in a file of its own: with the number of its format first."""
    return {"format": FORMAT, **record.model_dump(mode="json")}


def read_record(path: Path, kind: Kind, record: type[R], *, mend: str) -> R:
    """Read a file that holds one record, whatever format it has up to this version's.

    Raises DamagedData where it is unreadable, not such a record, or of a newer format; `mend` says what to do about the
    first two.
    """
    try:
        given = json.loads(path.read_text(encoding="utf8"))
    except (ValueError, OSError) as fault:
        raise DamagedData(f"{path} is not readable JSON ({fault}). {mend}") from fault
    if not isinstance(given, dict):
        problem = f"the whole file: a {type(given).__name__} where an object is expected"
        raise DamagedData(f"{path} is not a file of {kind}: {problem}. {mend}")
    number = given.pop("format", 1)
    if type(number) is not int or number < 1:
        raise DamagedData(f"{path} has the format {number!r}, which is not a format's number. {mend}")
    if number > FORMAT:
        raise DamagedData(
            f"{path} is of format {number}; this version of worldprobe reads formats up to {FORMAT}. "
            "A newer version wrote it: upgrade with `pip install -U worldprobe`."
        )
    try:
        return record.model_validate(upgraded(given, kind, number))
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise DamagedData(
            f"{path} is not a file of {kind}: {key}: {first['msg']} ({fault.error_count()} fault(s) in all). {mend}"
        ) from fault
    except (AttributeError, KeyError, TypeError) as fault:
        raise DamagedData(f"{path} is not a file of {kind} in format {number} ({fault!r}). {mend}") from fault
