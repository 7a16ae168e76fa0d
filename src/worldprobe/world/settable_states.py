"""How the state of an environment is set: by MuJoCo's positions and velocities, or by one vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from worldprobe.errors import InvalidValue


@dataclass(frozen=True, eq=False)
class SettableState:
    """An environment's state as one vector, and the function that puts another one in its place."""

    values: Float64[np.ndarray, " n"]
    put: Callable[[Float64[np.ndarray, " n"]], None]


def settable(name: str, env: Any, observation: Any, info: Mapping[str, Any]) -> SettableState:
    """Return the state of an environment that was just reset; `observation` and `info` are what the reset has returned.

    Raises InvalidValue where there is no way to set it.
    """
    for way in (_of_mujoco, _of_set_state, _of_an_attribute):
        found = way(env, observation, info)
        if found is not None:
            return found
    raise InvalidValue(
        "world.env",
        name,
        "an environment with `set_state(qpos, qvel)`, `_set_state(state)` or an array `state`",
        "Move its factors of variation, or write a world of your own.",
    )


def _of_mujoco(env: Any, *_: Any) -> SettableState | None:
    """Take qpos, then qvel, as environments of Gymnasium, dm_control and OGBench set them."""
    data: Any = getattr(env, "data", None)
    if not callable(getattr(env, "set_state", None)) or not hasattr(data, "qpos"):
        return None
    positions = len(data.qpos)

    def put(values: Float64[np.ndarray, " n"]) -> None:
        env.set_state(values[:positions], values[positions:])

    return SettableState(np.concatenate([data.qpos, data.qvel]).astype(np.float64), put)


def _of_set_state(env: Any, observation: Any, info: Mapping[str, Any]) -> SettableState | None:
    """Take the method by which stable-worldmodel and gym-pusht set a state, and the state that a reset reports.

    stable-worldmodel reports it beside the observation or as a part of it; of gym-pusht it is the observation itself.
    """
    part = observation.get("state") if isinstance(observation, Mapping) else observation
    state = info.get("state", part)
    if not callable(getattr(env, "_set_state", None)) or not _is_vector(state):
        return None

    def put(values: Float64[np.ndarray, " n"]) -> None:
        # PushT's block moves when it is turned, about its centre of mass: the second time it is turned already.
        env._set_state(values)
        env._set_state(values)

    return SettableState(np.array(state, dtype=np.float64).reshape(-1), put)


def _is_vector(state: Any) -> bool:
    return isinstance(state, np.ndarray | tuple | list) and np.asarray(state).dtype.kind == "f"


def _of_an_attribute(env: Any, *_: Any) -> SettableState | None:
    """Take the attribute that holds the state of the classic problems of control."""
    state = getattr(env, "state", None)
    if not isinstance(state, np.ndarray | tuple | list):
        return None

    def put(values: Float64[np.ndarray, " n"]) -> None:
        env.state = values

    return SettableState(np.array(state, dtype=np.float64).reshape(-1), put)
