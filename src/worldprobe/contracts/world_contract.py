"""What every world promises, checked on one of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property

import numpy as np

from worldprobe.contracts.promise import Contract, ContractReport
from worldprobe.world.world import World, open_world

DRAWS = 40


class _SeenWorld:
    """A world, another instance of it, and what it shows at canonical draws, the centre and two far corners."""

    def __init__(self, make: Callable[[], World], world: World) -> None:
        self.make, self.world = make, world

    @cached_property
    def z(self) -> np.ndarray:
        n = len(self.world.controls)
        drawn = np.random.default_rng(0).standard_normal((DRAWS, n))
        ends = [np.zeros((1, n)), np.full((1, n), 4.0), np.full((1, n), -4.0)]
        return np.concatenate([drawn, *ends]).astype(np.float32)

    @cached_property
    def observations(self) -> np.ndarray:
        return self.world.observe(self.z)


CONTRACT: Contract[_SeenWorld] = Contract()


def check_world(world: World | type[World] | Callable[[], World] | str) -> ContractReport:
    """Check what every world promises on a world, a registered name, a class, or a function that makes one.

    Returns the promises that were checked; raises ContractBroken with each broken one, what was found and how to fix
    it. It observes the world about 300 times.
    """
    kept = open_world(world) if isinstance(world, str) else world

    def make() -> World:
        if isinstance(kept, World):
            return type(kept).model_validate(kept.settings())
        return kept()

    with kept if isinstance(kept, World) else make() as opened:
        return CONTRACT.check(f"The world {type(opened).__name__}", _SeenWorld(make, opened))


@CONTRACT.promise(
    "Controls have names of their own, a unit, a meaning, and a smooth increasing map to their quantity.",
    fix="Give every Control another name, a unit where its scale is not 1, a meaning and a scale above 0.",
    first=True,
)
def _controls(seen: _SeenWorld) -> str | None:
    controls = seen.world.controls
    names = [spec.name for spec in controls]
    if not names:
        return "there is no control"
    if len(set(names)) < len(names):
        return f"names repeat: {', '.join(names)}"
    z = np.linspace(-3.0, 3.0, 61)
    for spec in controls:
        if not spec.name or not spec.meaning or not (spec.unit or spec.scale == 1.0):
            return f"{spec!r} lacks a name, a meaning or a unit"
        physical = spec.physical(z)
        if not (np.diff(physical) > 0.0).all():
            return f"{spec.name} does not increase with z"
        if not np.allclose(spec.standardised(physical), z, atol=1e-6):
            return f"{spec.name}: standardised(physical(z)) is not z"
    return None


@CONTRACT.promise(
    "Observations have the declared shape: uint8 (N, H, W, 3) frames, or finite float32 (N, m) vectors.",
    fix="Return an array of shape (N, *observation_shape) from observe, cast with .astype(np.uint8 or np.float32).",
    first=True,
)
def _shape(seen: _SeenWorld) -> str | None:
    expected = (len(seen.z), *seen.world.observation_shape)
    dtype = np.uint8 if len(expected) == 4 else np.float32
    found = seen.observations
    if found.shape != expected or found.dtype != dtype:
        return f"{found.dtype} {found.shape} instead of {np.dtype(dtype)} {expected}"
    return None if np.isfinite(found).all() else "NaN or infinity"


@CONTRACT.promise(
    "The same controls give the same bytes again, in memory of their own.",
    fix="Draw nothing at random in observe, and return a fresh array from every call.",
)
def _again(seen: _SeenWorld) -> str | None:
    again = seen.world.observe(seen.z)
    if not np.array_equal(again, seen.observations):
        rows = np.flatnonzero((again != seen.observations).reshape(len(again), -1).any(axis=1))
        return f"{len(rows)} of {len(again)} observations differ the second time"
    return "both calls return the same memory" if np.shares_memory(again, seen.observations) else None


@CONTRACT.promise(
    "An observation is the same alone, in any batch and in any order.",
    fix="Let nothing in observe depend on the batch: no mean over it, no state from row to row.",
)
def _batches(seen: _SeenWorld) -> str | None:
    observe, z, all_at_once = seen.world.observe, seen.z, seen.observations
    order = np.random.default_rng(1).permutation(len(z))
    if not np.array_equal(observe(z[order]), all_at_once[order]):
        return "another order gives other bytes"
    if not np.array_equal(np.concatenate([observe(z[:7]), observe(z[7:])]), all_at_once):
        return "two batches give other bytes than one"
    for row in (0, 5, len(z) - 1):
        if not np.array_equal(observe(z[row : row + 1])[0], all_at_once[row]):
            return f"row {row} alone gives other bytes than in a batch"
    return None


@CONTRACT.promise(
    "Controls in double precision are the same controls.",
    fix="Convert z once, at the start of observe: np.asarray(z, dtype=np.float64).",
)
def _double(seen: _SeenWorld) -> str | None:
    same = np.array_equal(seen.world.observe(seen.z.astype(np.float64)), seen.observations)
    return None if same else "float64 controls give other bytes than the same float32 ones"


@CONTRACT.promise(
    "Controls are left as they were given.",
    fix="Work on a copy of z: observe must not write into it.",
)
def _untouched(seen: _SeenWorld) -> str | None:
    given = seen.z.copy()
    given.setflags(write=False)
    seen.world.observe(given)
    return None


@CONTRACT.promise(
    "Another instance with the same settings gives the same bytes.",
    fix="Make every setting a field of the class, and keep nothing global.",
)
def _instances(seen: _SeenWorld) -> str | None:
    with seen.make() as other:
        return None if np.array_equal(other.observe(seen.z[:5]), seen.observations[:5]) else "other bytes"


@CONTRACT.promise(
    "A closed world opens again.",
    fix="Open processes and contexts when observe needs them, not when the world is made.",
)
def _reopens(seen: _SeenWorld) -> str | None:
    seen.world.close()
    return None if np.array_equal(seen.world.observe(seen.z[:3]), seen.observations[:3]) else "other bytes after close"


@CONTRACT.promise(
    "No frame is constant, and no two observations are the same.",
    fix="Keep everything in sight: absorb limits by Control's smooth squash; never clip, never hide.",
)
def _distinct(seen: _SeenWorld) -> str | None:
    flat = seen.observations[: DRAWS + 1].reshape(DRAWS + 1, -1).astype(np.float64)
    if len(seen.world.observation_shape) == 3 and not (flat.std(axis=1) > 0.0).all():
        return f"the frame at z = {np.round(seen.z[int(np.argmin(flat.std(axis=1)))], 2).tolist()} has one colour only"
    same = len(flat) - len(np.unique(flat, axis=0))
    return f"{same} of {len(flat)} observations repeat another" if same else None


@CONTRACT.promise(
    "Every control changes what is seen.",
    fix="A control that moves nothing can never be recovered: show it, or leave it out.",
)
def _moves(seen: _SeenWorld) -> str | None:
    n = len(seen.world.controls)
    centre = seen.world.observe(np.zeros((1, n)))[0].astype(np.float64)
    least = 1e-3 * np.ptp(centre)
    moved = [np.abs(one - centre).mean() for one in seen.world.observe(np.eye(n))]
    still = [spec.name for spec, by in zip(seen.world.controls, moved, strict=True) if not by > least]
    return f"one standard deviation of {', '.join(still)} changes next to nothing" if still else None


@CONTRACT.promise(
    "The fingerprint is JSON, always the same, and the same for equal settings.",
    fix="Return plain numbers, strings, lists and dicts that depend on the settings alone; NaN is no JSON.",
)
def _fingerprint(seen: _SeenWorld) -> str | None:
    def written(world: World) -> str:
        return json.dumps(world.fingerprint, sort_keys=True, allow_nan=False)

    with seen.make() as other:
        texts = {written(seen.world), written(seen.world), written(other)}
    return None if len(texts) == 1 else f"{len(texts)} different fingerprints of one world"


@CONTRACT.promise(
    "Another size has another fingerprint and another observation shape.",
    fix="Include the settings in the fingerprint ({..., **self.settings()}) and derive observation_shape from size.",
)
def _sizes(seen: _SeenWorld) -> str | None:
    world = seen.world
    if "size" not in type(world).model_fields:
        return None
    with world.model_copy(update={"size": world.size // 2}) as smaller:  # type: ignore[attr-defined]
        if smaller.fingerprint == world.fingerprint:
            return "the fingerprint does not change with size: cached frames of one size would serve another"
        return "the shape does not change" if smaller.observation_shape == world.observation_shape else None


@CONTRACT.promise(
    "It has a docstring, and refuses settings that it does not know.",
    fix="Describe the world in its docstring, and leave World's model_config as it is (extra='forbid').",
)
def _described(seen: _SeenWorld) -> str | None:
    kind = type(seen.world)
    if not (kind.__doc__ or "").strip():
        return "there is no docstring"
    try:
        kind.model_validate({**seen.world.settings(), "no_such_setting": 1})
    except ValueError:
        return None
    return "a setting that does not exist was accepted"
