"""What differs between two nested settings."""

from __future__ import annotations

from typing import Any


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Return (path, before, after) of every value that differs between two nested settings."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = list(dict.fromkeys([*before, *after]))
        parts = (differences(before.get(k), after.get(k), f"{path}.{k}".strip(".")) for k in keys)
        return [found for part in parts for found in part]
    return [] if before == after else [(path, before, after)]
