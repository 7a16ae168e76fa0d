"""Angles that turn all the way round: what a line and a circle tell of them."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from scipy.stats import norm

from worldprobe.measures.cyclic import cyclic_recovery
from worldprobe.measures.probes import fit_probe
from worldprobe.results import Cyclic
from worldprobe.stats.r2 import r2_per_column
from worldprobe.study.measure_run import Embedded, measure_cyclic
from worldprobe.world import Control

POINTS = 20_000


@pytest.fixture(scope="module")
def angle() -> np.ndarray:
    """N(0, 1) as evenly as points can be, once to fit on and once to score on."""
    return np.stack([norm.ppf((np.arange(POINTS) + share) / POINTS) for share in (0.4, 0.6)])


def scores(h: np.ndarray, angle: np.ndarray) -> Cyclic:
    return cyclic_recovery(h[0], angle[0], h[1], angle[1])


def test_a_line_tells_the_sine_by_steins_lemma_and_nothing_of_the_cosine(angle: np.ndarray) -> None:
    """Cov(z, sin z) = E cos z = e^-1/2 and Var sin z = (1 - e^-2) / 2; the cosine is even."""
    found = scores(angle[..., None], angle)
    assert found.sine == pytest.approx(2 * exp(-1) / (1 - exp(-2)), abs=1e-3)
    assert found.cosine == pytest.approx(0.0, abs=1e-3)


def test_a_circle_tells_both_and_no_more_of_the_angle_than_its_sine_does(angle: np.ndarray) -> None:
    turned = angle + 0.7  # any rotated and stretched circle is as good
    found = scores(np.stack([np.cos(turned), 3 * np.sin(turned)], axis=-1), angle)
    assert [found.sine, found.cosine] == pytest.approx([1.0, 1.0])
    assert 0.8 < found.within < 0.9


def test_full_turns_change_nothing_that_a_picture_shows(angle: np.ndarray) -> None:
    h = np.sin(angle)[..., None]
    turns = np.random.default_rng(6).integers(-2, 3, angle.shape)
    plain, turned = scores(h, angle), scores(h, angle + 2 * np.pi * turns)
    assert [turned.sine, turned.cosine, turned.within] == pytest.approx([plain.sine, plain.cosine, plain.within])


def test_the_angle_within_half_a_turn_is_read_exactly_where_the_angle_itself_is_not(angle: np.ndarray) -> None:
    """The ceiling of a linear probe on what a picture shows of N(0, 1) radians: 0.935."""
    h = ((angle + np.pi) % (2 * np.pi) - np.pi)[..., None]
    assert scores(h, angle).within == pytest.approx(1.0)
    itself = r2_per_column(angle[1][:, None], fit_probe(h[0], angle[0][:, None])(h[1]))
    assert itself[0] == pytest.approx(0.935, abs=2e-3)


def test_only_controls_that_turn_are_measured_in_their_own_unit(angle: np.ndarray) -> None:
    degrees = 180 / np.pi
    controls = [Control("lift", "m", 0.1, "no angle"), Control("pan", "deg", degrees, "a turn", 5.0, period=360)]
    z = np.stack([np.zeros_like(angle), angle], axis=-1).astype(np.float32)
    probe, test = (Embedded(np.sin(z[k, :, 1:]), z[k]) for k in (0, 1))
    found = measure_cyclic(probe, test, controls)
    assert list(found) == ["pan"]
    assert found["pan"].sine == pytest.approx(1.0)
    assert found["pan"].cosine == pytest.approx(0.0, abs=1e-3)
