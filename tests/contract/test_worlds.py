"""Every registered world, and the toys, keep the contract that ships; a world that breaks it is told what and how."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import numpy as np
import pytest

import worldprobe as wp
from toy import CAMERA, ToyVectors, ToyWorld
from worldprobe.contracts.promise import ContractBroken

SIZE = 32
OF_FILES = {"table", "scene", "gymnasium"}
"""Worlds that need a file or an environment to be anything."""
NAMES = sorted(name for name, kind in wp.worlds.items() if name not in OF_FILES)


class CameraToy(ToyWorld):
    """A toy whose controls have limits, as a room's have."""

    specs: tuple[wp.Control, ...] = CAMERA


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("name", NAMES)
def test_a_registered_world_keeps_its_contract(name: str) -> None:
    kind = wp.worlds[name]
    settings = {"size": SIZE} if "size" in kind.model_fields else {}
    assert len(wp.check_world(kind.model_validate(settings)).kept) == 13


@pytest.mark.parametrize("kind", [ToyWorld, ToyVectors, CameraToy])
def test_a_toy_keeps_its_contract(kind: type[wp.World]) -> None:
    assert len(wp.check_world(kind).kept) == 13


class Faulty(ToyWorld):
    """A toy with one fault."""

    size: int = 16
    fault: str = ""
    calls: ClassVar[list[int]] = []

    @property
    def fingerprint(self) -> dict[str, Any]:
        if self.fault == "fingerprint":
            self.calls.append(1)
            return {"calls": len(self.calls)}
        fixed = {"toy": 1, "fault": self.fault}
        return fixed if self.fault == "size" else {**fixed, "size": self.size}

    @property
    def controls(self) -> tuple[wp.Control, ...]:
        x, y = super().controls
        return (x, x) if self.fault == "names" else (x, y)

    def observe(self, z: np.ndarray) -> np.ndarray:
        if self.fault == "writes":
            z[:] = 0.0
        if self.fault == "still":
            z = z * np.array([1.0, 0.0])
        seen = super().observe(z)
        if self.fault == "random":
            self.calls.append(1)
            seen[0, 0, 0] = len(self.calls) % 200
        if self.fault == "batch":
            seen = (seen - seen.mean(axis=0)).astype(np.uint8)
        if self.fault == "constant":
            seen[:] = 7
        return seen.astype(np.float32) if self.fault == "dtype" else seen


@pytest.mark.parametrize(
    ("fault", "promise", "fix"),
    [
        ("names", "names of their own", "another name"),
        ("dtype", "declared shape", "astype"),
        ("random", "same bytes again", "Draw nothing at random"),
        ("batch", "alone, in any batch", "depend on the batch"),
        ("writes", "left as they were given", "copy of z"),
        ("still", "Every control changes", "show it, or leave it out"),
        ("constant", "No frame is constant", "never clip"),
        ("fingerprint", "fingerprint is JSON, always the same", "depend on the settings alone"),
        ("size", "Another size has another fingerprint", r"self.settings\(\)"),
    ],
)
def test_a_fault_is_named_with_how_to_fix_it(fault: str, promise: str, fix: str) -> None:
    with pytest.raises(ContractBroken, match=promise) as error:
        wp.check_world(Faulty(fault=fault))
    named = [broken for broken in error.value.broken if promise in broken.says]
    assert len(named) == 1
    assert re.search(fix, named[0].fix)
    assert named[0].found


def test_a_world_without_a_fault_keeps_every_promise() -> None:
    wp.check_world(Faulty())
