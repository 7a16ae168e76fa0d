"""Environments of Gymnasium as worlds: states are set, factors of variation too, and what cannot be is refused."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

import worldprobe as wp
from worldprobe.errors import InvalidValue, MissingDependency, UnknownName
from worldprobe.study import Study
from worldprobe.world import GymnasiumWorld

gymnasium = pytest.importorskip("gymnasium")
CARTPOLE = {
    "cart": {"place": 0, "centre": 0.0, "scale": 0.6, "limit": 2.3, "unit": "m"},
    "pole": {"place": 2, "centre": 0.0, "scale": 0.3, "limit": 1.5, "unit": "rad"},
}


def cartpole(**settings: Any) -> GymnasiumWorld:
    return GymnasiumWorld.model_validate({"env": "CartPole-v1", "moved": CARTPOLE, "size": 32, **settings})


@pytest.mark.slow
def test_a_classic_problem_keeps_the_contract_of_worlds() -> None:
    pytest.importorskip("pygame")
    assert len(wp.check_world(cartpole()).kept) == 13


def test_a_frame_shows_the_state_that_was_asked_for() -> None:
    pytest.importorskip("pygame")
    z = np.array([[-2.0, 0.0], [0.0, 0.0], [2.0, 0.0]])
    dark = (cartpole(size=64).observe(z).mean(axis=3) < 100).sum(axis=1)  # columns of the black cart
    places = (dark * np.arange(64)).sum(axis=1) / dark.sum(axis=1)
    assert places[0] < places[1] - 8 < places[2] - 16
    assert places[1] == pytest.approx(31.5, abs=1)


class Space:
    """A factor of variation, or a dictionary of them, as stable-worldmodel has them."""

    def __init__(self, spaces: dict[str, Space] | None = None, value: list[float] | None = None) -> None:
        self.spaces = spaces or {}
        self.value = self.first = None if value is None else np.array(value, dtype=np.float32)
        if value is not None:
            self.low, self.high = -1.0, 1.0

    def reset(self) -> None:
        self.value = self.first
        for space in self.spaces.values():
            space.reset()

    def set_value(self, values: dict[str, np.ndarray]) -> None:
        for name, value in values.items():
            space = self
            for part in name.split("."):
                space = space.spaces[part]
            assert (abs(value) <= 1.0).all(), f"Value {value} for key {name} is not contained in the space"
            space.value = value


class Spot(gymnasium.Env[np.ndarray, np.ndarray]):
    """A bright spot whose place is the state and whose colour is a factor of variation."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"]}
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Box(-1, 1, (2,))

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.variation_space = Space({"agent": Space({"color": Space(value=[0.5, 0.5, 0.5])})})
        self.place = np.zeros(2)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        assert options is not None
        assert options["variation"] == ()
        self.variation_space.reset()
        self.variation_space.set_value(options["variation_values"])
        self.place = np.zeros(2)
        return self.place.astype(np.float32), {"state": self.place}

    def _set_state(self, state: np.ndarray) -> None:
        self.place = state

    def step(self, action: np.ndarray) -> Any:
        raise NotImplementedError

    def render(self) -> np.ndarray:  # type: ignore[override]
        across, down = np.meshgrid(np.arange(32), np.arange(32))
        apart = (across - 15.5 - 8 * self.place[0]) ** 2 + (down - 15.5 - 8 * self.place[1]) ** 2
        colour = self.variation_space.spaces["agent"].spaces["color"].value
        return np.rint(255 * np.exp(-apart / 32)[..., None] * colour).astype(np.uint8)


@pytest.fixture
def spot(monkeypatch: pytest.MonkeyPatch) -> str:
    """Register the environment as stable-worldmodel would: when its module is imported."""
    if "swm/Spot-v0" not in gymnasium.registry:
        gymnasium.register("swm/Spot-v0", entry_point=Spot)
    monkeypatch.setitem(sys.modules, "stable_worldmodel", ModuleType("stable_worldmodel"))
    return "swm/Spot-v0"


class SpotInParts(Spot):
    """The same with its state as a part of the observation, as in stable-worldmodel's PushT."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        seen, info = super().reset(seed=seed, options=options)
        return {"proprio": seen[:1], "state": info["state"]}, {}


def test_a_state_is_found_in_an_observation_of_parts(spot: str) -> None:
    if "swm/SpotInParts-v0" not in gymnasium.registry:
        gymnasium.register("swm/SpotInParts-v0", entry_point=SpotInParts)
    moved = {"x": {"place": 0, "scale": 0.4}, "y": {"place": 1, "scale": 0.4}}
    worlds = [GymnasiumWorld.model_validate({"env": env, "moved": moved}) for env in (spot, "swm/SpotInParts-v0")]
    frames = [world.observe(np.array([[1.0, -1.0]])) for world in worlds]
    np.testing.assert_array_equal(*frames)


def test_states_and_factors_of_variation_are_controls(spot: str) -> None:
    moved = {
        "x": {"place": 0, "scale": 0.4},
        "y": {"place": 1, "scale": 0.4},
        "red": {"factor": "agent.color", "place": 0, "scale": 0.1},
    }
    world = GymnasiumWorld.model_validate({"env": spot, "moved": moved, "size": 32})
    assert len(wp.check_world(world).kept) == 13
    assert [control.centre for control in world.controls] == [0.0, 0.0, 0.5]
    one, other = world.observe(np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 2.0]]))
    columns = [int(frame[..., 1].max(axis=0).argmax()) for frame in (one, other)]
    assert columns[1] - columns[0] > 4
    assert other[..., 0].max() > 1.3 * other[..., 1].max()
    np.testing.assert_array_equal(one[..., 0], one[..., 1])


class Pushed(gymnasium.Env[np.ndarray, np.ndarray]):
    """A block as in gym-pusht: the state is the observation, and turning the block moves it about its centre of mass.

    As in OGBench, a reset draws the goal from numpy's global generator.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"]}
    observation_space = gymnasium.spaces.Box(-4, 4, (2,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode
        self.place, self.angle, self.goal = 0.0, 0.7, 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)
        self.goal = np.random.uniform(-1, 1)  # noqa: NPY002 - what the world has to make repeatable
        self._set_state(np.array([0.3, self.np_random.uniform(-1, 1)]))
        return np.array([self.place, self.angle]), {"is_success": False}

    def _set_state(self, state: np.ndarray) -> None:
        self.place = state[0] + np.sin(state[1]) - np.sin(self.angle)
        self.angle = state[1]

    def step(self, action: np.ndarray) -> Any:
        raise NotImplementedError

    def render(self) -> np.ndarray:  # type: ignore[override]
        across = np.arange(64)[None, :, None] - 31.5
        spots = [8 * self.place, 8 * self.angle, 8 * self.goal]
        seen = np.exp(-((across - np.array(spots)) ** 2) / 32)
        return np.rint(255 * np.broadcast_to(seen, (64, 64, 3))).astype(np.uint8)


def test_a_block_that_turns_about_its_centre_of_mass_is_where_it_was_asked_to_be() -> None:
    if "Pushed-v0" not in gymnasium.registry:
        gymnasium.register("Pushed-v0", entry_point=Pushed)
    moved = {"place": {"place": 0, "centre": 0.0, "scale": 1.0}, "angle": {"place": 1, "centre": 0.0, "scale": 0.5}}
    world = GymnasiumWorld.model_validate({"env": "Pushed-v0", "moved": moved})
    before = np.random.get_state()[1].copy()  # type: ignore[union-attr] # noqa: NPY002
    assert len(wp.check_world(world).kept) == 13
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # type: ignore[arg-type] # noqa: NPY002
    frames = world.observe(np.array([[-2.0, 1.0], [1.0, -2.0]]))
    np.testing.assert_allclose(frames[:, 0, :, 0].argmax(axis=1), 31.5 + 8 * np.array([-2.0, 1.0]), atol=0.51)


@pytest.mark.slow
def test_a_study_names_it_and_is_audited(spot: str) -> None:
    moved = {"x": {"scale": 0.3}, "y": {"place": 1, "scale": 0.3}}
    world = {"name": "gymnasium", "env": spot, "size": 16, "moved": moved}
    settings = {"name": "spot", "title": "Spot", "question": "Where?", "world": world, "seeds": [0], "frames": 2000}
    settings |= {"regimes": {"gaussian": {"name": "gaussian", "rho": 0.7}}, "objectives": {"lejepa": {}}}
    settings |= {"training": {"steps": 1, "batch": 64, "lr": 0.01}, "encoder": {"name": "patchify"}}
    found = wp.audit(Study.model_validate(settings))
    assert {gate.verdict.value for gate in found.gates if gate.gate in ("deterministic", "visible")} == {"pass"}


def test_what_cannot_be_is_refused(spot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def of(env: str = spot, **moved: Any) -> GymnasiumWorld:
        return GymnasiumWorld.model_validate({"env": env, "moved": {"x": {"scale": 1.0, **moved}}, "size": 16})

    z = np.zeros((1, 1))
    with pytest.raises(InvalidValue, match=r"world\.moved\.x\.place = 7 .*0 \.\. 1, the places of the state"):
        of(place=7).observe(z)
    with pytest.raises(UnknownName, match=r"Unknown factor of variation 'agent\.colour'.*Did you mean"):
        of(factor="agent.colour").observe(z)
    with pytest.raises(InvalidValue, match="values that swm/Spot-v0 allows"):
        of(factor="agent.color", scale=9.0, limit=20.0).observe(z + 1)
    with pytest.raises(UnknownName, match="Unknown environment 'CartPole-v9'"):
        of("CartPole-v9").observe(z)
    with pytest.raises(InvalidValue, match="an ID without a module"):
        of("os:CartPole-v1").observe(z)
    monkeypatch.setitem(sys.modules, "stable_worldmodel", None)
    with pytest.raises(MissingDependency, match="pip install stable-worldmodel"):
        of().observe(z)
