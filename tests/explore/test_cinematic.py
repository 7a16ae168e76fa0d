"""Shots are continuous, reachable and biased as footage is; pairs never cross a cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toy import CAMERA, PLANE
from worldprobe.errors import InvalidValue
from worldprobe.explore import Cinematic, Pairs
from worldprobe.explore.visit_statistics import measure
from worldprobe.world.world import Control

NAMES = [spec.name for spec in CAMERA]
TRIPOD = Cinematic(handheld=0.0, stride=1)


def film(regime: Cinematic, frames: int = 20_000, controls: tuple[Control, ...] = CAMERA, seed: int = 0) -> Pairs:
    return regime.sample(frames, controls, np.random.default_rng(seed))


def cuts(pairs: Pairs, stride: int) -> np.ndarray:
    """First frame of every shot but the first, read off the pairs: a shot's last `stride` frames start no pair."""
    starts = np.zeros(len(pairs.controls), dtype=bool)
    starts[pairs.index[:, 0]] = True
    return np.flatnonzero(~starts[:-1] & starts[1:]) + 1


def test_pairs_are_frames_a_stride_apart() -> None:
    index = film(Cinematic(stride=7)).index
    assert (index[:, 1] - index[:, 0] == 7).all()


def test_pairs_never_cross_a_cut() -> None:
    """Neighbouring frames of a shot are close; across a cut they are not, and no pair spans one."""
    pairs = film(TRIPOD)
    speed = np.abs(np.diff(pairs.controls, axis=0)).max(axis=1)
    within = speed[pairs.index[:, 0]]
    across = np.delete(speed, pairs.index[:, 0])
    assert within.max() < 0.3
    assert np.median(across) > 1.0
    assert len(across) == len(cuts(pairs, 1))


@pytest.mark.slow
def test_stride_leaves_out_as_many_starts_as_it_is_long_in_every_shot() -> None:
    near, far = film(Cinematic(stride=1)), film(Cinematic(stride=9))
    np.testing.assert_array_equal(near.controls, far.controls)
    shots = len(cuts(near, 1)) + 1
    assert len(near.index) == 20_000 - shots
    assert 20_000 - 9 * shots <= len(far.index) <= 20_000 - 9 * shots + 8


def test_shots_are_as_long_as_asked() -> None:
    lengths = np.diff(cuts(film(Cinematic(stride=1, shortest=30, longest=50)), 1))
    assert lengths.min() >= 30
    assert lengths.max() <= 50
    assert len(np.unique(lengths)) > 15


def test_moves_start_and_stop_without_a_jolt() -> None:
    """On a tripod the speed between frames changes by little: eased keyframes."""
    pairs = film(TRIPOD)
    velocity = np.diff(pairs.controls, axis=0)
    inside = pairs.index[:-1, 0][np.diff(pairs.index[:, 0]) == 1]
    assert np.abs(velocity[inside + 1] - velocity[inside]).max() < 0.08


@pytest.mark.slow
def test_frames_are_held_on_a_tripod_and_never_by_hand() -> None:
    tripod, hand = film(TRIPOD), film(Cinematic(handheld=1.0, stride=1))
    held = (tripod.first == tripod.second).all(axis=1).mean()
    assert 0.1 < held < 0.4
    assert not (hand.first == hand.second).all(axis=1).any()


def test_values_stay_within_three_standard_deviations() -> None:
    assert np.abs(film(Cinematic(handheld=1.0, loyalty=0.0)).controls).max() < 3.0


@settings(max_examples=25, deadline=None)
@given(
    scale=st.floats(0.01, 50.0),
    tightness=st.floats(0.5, 4.0),
    subject=st.tuples(*[st.floats(-4.0, 4.0)] * 3),
    seed=st.integers(0, 99),
)
def test_values_stay_reachable_in_any_world(
    scale: float, tightness: float, subject: tuple[float, float, float], seed: int
) -> None:
    """Whatever the ranges are and wherever the subjects stand, beside or behind the camera included."""
    controls = tuple(Control(name, "", scale, "", centre=1.5, limit=tightness * scale) for name in NAMES)
    regime = Cinematic(subjects=(subject, (0.0, 2.0, 0.0)))
    z = film(regime, 400, controls, seed).controls
    assert np.isfinite(z).all()
    assert np.abs(z).max() < 3.01


def test_roll_stays_level_while_the_rest_explores() -> None:
    sd = dict(zip(NAMES, measure(film(Cinematic())).sd, strict=True))
    assert sd.pop("roll") < 0.15
    assert min(sd.values()) > 0.4


@pytest.mark.slow
def test_looking_at_subjects_ties_angles_to_positions() -> None:
    """A camera that moves right turns left, one that rises looks down: controls are not independent."""
    correlation = measure(film(Cinematic(), 40_000)).correlation
    assert correlation[NAMES.index("truck"), NAMES.index("yaw")] > 0.1
    assert correlation[NAMES.index("pedestal"), NAMES.index("pitch")] < -0.2


def test_neighbours_hardly_differ() -> None:
    moving = measure(film(Cinematic())).pair_correlation[: NAMES.index("roll")]
    assert moving.min() > 0.95


@pytest.mark.slow
def test_footage_returns_to_its_favourite_set_ups() -> None:
    """The starts of loyal shots crowd around few marks; free ones do not."""

    def nearest_mark(loyalty: float) -> float:
        pairs = film(Cinematic(loyalty=loyalty, stride=1, longest=25), 12_000)
        starts = pairs.controls[cuts(pairs, 1)][:, [NAMES.index("truck"), NAMES.index("pedestal")]]
        gaps = np.linalg.norm(starts[:, None] - starts[None], axis=-1) + 10.0 * np.eye(len(starts))
        return float(np.median(np.sort(gaps, axis=1)[:, 5]))

    assert nearest_mark(1.0) < 0.75 * nearest_mark(0.0)


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("names", [("truck", "dolly", "yaw"), ("yaw",), ("pitch", "pedestal")])
def test_a_scoped_camera_films_with_what_it_has(names: tuple[str, ...]) -> None:
    controls = tuple(spec for spec in CAMERA if spec.name in names)
    assert (measure(film(Cinematic(), controls=controls)).sd > 0.3).all()


def test_controls_that_are_not_the_cameras_stay_at_their_centre() -> None:
    lamp = Control("lamp", "W", 1.0, "brightness")
    controls = film(Cinematic(), 2000, (lamp, *CAMERA)).controls
    assert not controls[:, 0].any()
    np.testing.assert_array_equal(controls[:, 1:], film(Cinematic(), 2000).controls)


@pytest.mark.parametrize("controls", [PLANE, CAMERA[-1:], ()])
def test_a_world_without_a_camera_is_refused(controls: tuple[Control, ...]) -> None:
    with pytest.raises(InvalidValue, match="camera controls"):
        film(Cinematic(), 100, controls)


def test_fewer_frames_than_a_pair_needs_are_refused() -> None:
    with pytest.raises(InvalidValue, match="stride of 4"):
        film(Cinematic(stride=4), 4)
    assert len(film(Cinematic(stride=4), 5).index) == 1


@pytest.mark.parametrize(
    "settings",
    [{"stride": 24}, {"shortest": 50, "longest": 40}, {"stride": 0}, {"subjects": [[0, 1, 0]]}],
)
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Cinematic.model_validate(settings)
