"""Labels: what a study calls its regimes, objectives, axes and their points; runs and folders are named by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from worldprobe._util.text import LABELS, is_label

CANONICAL = "canonical"
"""Takes the place of a regime in the names of references that no exploration takes part in."""
WORLD = "world"
"""Takes the place of a regime where something is said of the world."""
RESERVED = (CANONICAL, WORLD, "supervised", "untrained", "pixels")
"""What references are called: no regime and no objective."""
LONGEST_ID = 200
"""Characters of a run's name; file systems allow 255 for a file, and files are written under a longer name first."""


def check_labels(labels: Iterable[Any], kind: str, reserved: Sequence[str] = ()) -> None:
    """Raise ValueError for a label that cannot name a folder, is taken, or differs from another by case alone."""
    seen: dict[str, str] = {}
    for label in labels:
        if not isinstance(label, str) or not is_label(label):
            raise ValueError(f"the label {_shown(label)} of {kind} is not possible: allowed are {LABELS}")
        if label in reserved:
            raise ValueError(f"the label {label!r} is taken: results use it themselves. Choose another for {kind}")
        if (other := seen.setdefault(label.casefold(), label)) != label:
            raise ValueError(f"the labels {other!r} and {label!r} differ by case alone, and some disks ignore case")


def check_ids(named: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Raise ValueError where two different runs (or explorations) have one id, or an id is too long for a disk."""
    seen: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for run_id, parts in named:
        if len(run_id) > LONGEST_ID:
            raise ValueError(
                f"the name {run_id[:40]}... of a run has {len(run_id)} characters, at most {LONGEST_ID} fit on a disk: "
                "shorten the labels, or use fewer axes"
            )
        other_id, other = seen.setdefault(run_id.casefold(), (run_id, parts))
        if other_id != run_id or other != parts:
            raise ValueError(f"{_said(other)} and {_said(parts)} would both be named {run_id!r}: change a label")


def _said(parts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value!r}" for key, value in parts.items())


def _shown(label: object) -> str:
    text = repr(label)
    return text if len(text) <= 80 else text[:80] + "..."
