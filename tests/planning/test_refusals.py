"""What cannot be planned is refused: what was wrong, what was given, what is allowed, how to mend it."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from planning.rotations import PLANE, rotating
from toy import CAMERA, ToyWorld
from worldprobe.errors import InvalidValue, UnknownName, Unreachable, WrongWorld
from worldprobe.planning import (
    Displacements,
    Experience,
    Library,
    PlanningSettings,
    Sight,
    Tasks,
    TrainedEncoder,
    Transition,
    reach,
    straight_lines,
    target,
)

MOTION = Displacements(step=0.3, reach=2.5)
TOY = ToyWorld()


def _means(frames: np.ndarray) -> np.ndarray:
    return frames.astype(np.float64).mean(axis=(1, 2))


def _reach(encode: object, goals: np.ndarray, world: ToyWorld = TOY) -> np.ndarray:
    rng = np.random.default_rng(0)
    transition = Transition.fit(_means, TOY, Experience.gather(TOY, MOTION, 64, rng), "linear")
    return reach(encode, world, transition, np.zeros((len(goals), 2)), goals, MOTION, rng, steps=1)  # type: ignore[arg-type]


def test_goal_picture_of_the_wrong_size_is_refused_with_the_right_one() -> None:
    with pytest.raises(InvalidValue, match=r"goal frames = \(1, 32, 32, 3\).*\(N, 16, 16, 3\).*resize"):
        _reach(_means, np.zeros((1, 32, 32, 3), np.uint8))
    with pytest.raises(InvalidValue, match=r"goal frames = \(16, 16, 3\)"):
        _reach(_means, np.zeros((16, 16, 3), np.uint8))


def test_goal_picture_of_floats_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"goal frames = 'float64'.*uint8"):
        _reach(_means, np.zeros((1, 16, 16, 3)))


def test_encoder_of_another_world_is_refused_naming_what_differs() -> None:
    trained = TrainedEncoder.of(_means, ToyWorld(size=32))
    with pytest.raises(WrongWorld, match=r"observation_shape was \[32, 32, 3\], is \[16, 16, 3\]; size was 32, is 16"):
        _reach(trained, np.zeros((1, 16, 16, 3), np.uint8))
    library = Library(np.zeros((1, 2)), np.zeros((1, 2), np.float32))
    with pytest.raises(WrongWorld, match=r"world was '.*', is 'identity'"):
        straight_lines(trained, PLANE, library, Tasks(np.zeros((1, 2)), np.ones((1, 2))))
    assert Sight(TrainedEncoder.of(_means, TOY), ToyWorld()).at(np.zeros((3, 2))).shape == (3, 3)


def test_target_beyond_the_reach_is_refused_by_the_control_s_name() -> None:
    with pytest.raises(Unreachable, match=r"y = -2\.6 standard deviations.*-2\.5 to 2\.5.*nearer"):
        Tasks(np.zeros((2, 2)), np.array([[1.0, 1.0], [0.0, -2.6]])).check(MOTION, 40, TOY.controls)


def test_target_that_the_steps_do_not_cover_is_refused_with_the_steps_that_do() -> None:
    tasks = Tasks(np.zeros((1, 2)), np.array([[1.5, 2.0]]))
    with pytest.raises(Unreachable, match=r"2\.5 standard deviations away: 9 actions.*steps = 8"):
        tasks.check(MOTION, 8, TOY.controls)
    tasks.check(MOTION, 9, TOY.controls)


def test_target_beyond_what_the_world_allows_is_refused_in_its_unit() -> None:
    camera = ToyWorld(specs=CAMERA)
    with pytest.raises(Unreachable, match="yaw = 75 deg; this world's yaw stays within 60 of 0"):
        target(camera, MOTION, yaw=75.0)
    with pytest.raises(Unreachable, match=r"yaw = .* standard deviations"):
        target(camera, MOTION, yaw=55.0)
    with pytest.raises(UnknownName, match="Did you mean 'yaw'"):
        target(camera, MOTION, yw=5.0)
    z = target(camera, MOTION, yaw=20.0, truck=-0.3)
    assert CAMERA[3].physical(z[3:4])[0] == pytest.approx(20.0)
    assert CAMERA[0].physical(z[:1])[0] == pytest.approx(-0.3)
    assert z[[1, 2, 4, 5]].tolist() == [0.0] * 4


@pytest.mark.parametrize("h", [np.zeros(4), np.zeros((3, 2)), np.full((4, 2), np.nan)])
def test_what_is_no_embedding_is_refused(h: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match=r"embedding = .*\(4, d\) finite numbers"):
        Sight(lambda x: h, PLANE).at(np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"transitions": ["lstm"]}, "known are linear, mlp"), ({"apart": 9.0}, "apart = 9"), ({"pairs": 1}, "equal to 2")],
)
def test_impossible_settings_are_refused(settings: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        PlanningSettings.model_validate(settings)


def test_a_rotation_is_no_reason_to_refuse() -> None:
    assert Sight(rotating(np.eye(2)), PLANE).at(np.ones((1, 2))).tolist() == [[1.0, 1.0]]
