"""An environment of Gymnasium that is set to states and drawn: made when first needed, reset for every picture."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8

from worldprobe.errors import InvalidValue, MissingDependency, UnknownName
from worldprobe.world.settable_states import SettableState, settable

SUPPLIERS = {"swm": "stable_worldmodel", "ALE": "ale_py", "gym_pusht": "gym_pusht"}
"""The modules that register the environments of a namespace; others have to be imported before."""


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor of variation: its value at first, and the least and the largest that it may have."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def room(self, place: int, centre: float) -> float:
        """Return how far from a centre one of its numbers can get, either way; 0 from outside of its range."""
        low, high = (float(end.reshape(-1)[place]) for end in (self.low, self.high))
        return max(min(centre - low, high - centre), 0.0)


class SettableEnvironment:
    """An environment by its ID, and the seed of its resets. Errors are those of `drawn`."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self.seed = name, seed
        self._env: Any = None
        self._start: Float64[np.ndarray, " n"] | None = None
        self._factors: dict[str, Factor] = {}

    @property
    def start(self) -> Float64[np.ndarray, " n"]:
        """The state after a reset."""
        if self._start is None:
            self._start = self._reset({}).values
        return self._start

    def factor(self, name: str) -> Factor:
        """Return a factor of variation as it is at first; raises UnknownName, and InvalidValue for a discrete one."""
        if name not in self._factors:
            space: Any = self._variations()
            for part in name.split("."):
                known = getattr(space, "spaces", {})
                if part not in known:
                    raise UnknownName("factor of variation", name, known, f"of {self.name}")
                space = known[part]
            if getattr(space, "value", None) is None or not hasattr(space, "low"):
                raise InvalidValue("factor", name, "a factor that varies continuously")
            value = np.array(space.value)
            self._factors[name] = Factor(value, *(np.broadcast_to(end, value.shape) for end in (space.low, space.high)))
        return self._factors[name]

    def drawn(self, state: Mapping[int, float], factors: Mapping[str, np.ndarray]) -> UInt8[np.ndarray, "H W 3"]:
        """Return the picture with these numbers of the state, by place, and these factors of variation.

        Raises InvalidValue where the environment refuses them, cannot be set, or draws no 8-bit colours;
        MissingDependency where a package is not installed, UnknownName for an environment that nobody registered.
        """
        begun = self._reset(factors, wanted=bool(state))
        if state:
            changed = begun.values.copy()
            changed[list(state)] = list(state.values())
            begun.put(changed)
        picture = np.asarray(self._made().render())
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise InvalidValue("world.env", self.name, "an environment whose pictures are 8-bit colours")
        return picture

    def close(self) -> None:
        """Close the environment; it is made again when it is needed."""
        if self._env is not None:
            self._env.close()
            self._env = None

    def _reset(self, factors: Mapping[str, np.ndarray], *, wanted: bool = True) -> SettableState:
        """Reset with these factors of variation, the others as they are at first; return the state if it is wanted."""
        varies = self._variations() is not None
        options = {"variation": (), "variation_values": dict(factors)} if varies else None
        try:
            with _global_generator(self.seed):
                observation, info = self._made().reset(seed=self.seed, options=options)
        except (AssertionError, ValueError) as error:
            said = ", ".join(f"{name} {value.tolist()}" for name, value in factors.items())
            why = " ".join(str(error).split())
            raise InvalidValue("world.moved", said, f"values that {self.name} allows", why) from error
        if not wanted:
            return SettableState(np.zeros(0), lambda _: None)
        return settable(self.name, self._made().unwrapped, observation, info)

    def _variations(self) -> Any:
        env = self._made()
        return env.get_wrapper_attr("variation_space") if env.has_wrapper_attr("variation_space") else None

    def _made(self) -> Any:
        if self._env is None:
            self._env = _make(self.name)
        return self._env


@contextmanager
def _global_generator(seed: int) -> Iterator[None]:
    """Seed numpy's global generator, which resets of OGBench draw from, and put it back as it was."""
    before = np.random.get_state()  # noqa: NPY002 - it is theirs
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def packages_of(name: str) -> dict[str, str]:
    """Return the versions of the packages that an environment depends on, as far as its ID says them."""
    supplier = SUPPLIERS.get(name.split("/")[0])
    return {package: _version(package) for package in ("gymnasium", *([supplier] if supplier else []))}


def _make(name: str) -> Any:
    try:
        import gymnasium
    except ImportError as error:
        raise MissingDependency("gymnasium", "the world gymnasium", "pip install 'worldprobe[gymnasium]'") from error
    if ":" in name:
        raise InvalidValue("world.env", name, "an ID without a module", "Import the module before, in Python.")
    supplier = SUPPLIERS.get(name.split("/")[0]) if "/" in name else None
    if supplier is not None:
        try:
            importlib.import_module(supplier)
        except ImportError as error:
            package = supplier.replace("_", "-")
            raise MissingDependency(package, f"the environment {name}", f"pip install {package}") from error
    if name not in gymnasium.registry:
        raise UnknownName("environment", name, gymnasium.registry)
    try:
        return gymnasium.make(name, render_mode="rgb_array", disable_env_checker=True)
    except (gymnasium.error.Error, ImportError) as error:
        why = " ".join(str(error).split())
        raise InvalidValue("world.env", name, "an environment that can be made here", why) from error


def _version(package: str) -> str:
    try:
        return version(package.replace("_", "-"))
    except PackageNotFoundError:
        return "not installed"
