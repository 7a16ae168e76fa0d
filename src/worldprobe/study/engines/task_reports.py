"""What a worker reports of a task that it carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worldprobe import errors


@dataclass(frozen=True)
class Made:
    """What a task reports: seconds; of a data set its key and number of frames; what it found, if it keeps no file."""

    seconds: float
    key: str = ""
    frames: int = 0
    found: Any = None


@dataclass(frozen=True)
class TaskRefused:
    """An error that is the user's or the machine's to mend; as text, because many cannot be sent as objects."""

    kind: str
    message: str

    def error(self) -> errors.WorldprobeError:
        """Return the error as it was raised on the worker."""
        kind = getattr(errors, self.kind, errors.WorldprobeError)
        found: errors.WorldprobeError = kind.__new__(kind)
        Exception.__init__(found, self.message)
        return found
