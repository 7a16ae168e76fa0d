"""Controls that follow from others are found, by whom, and how many dimensions are left without them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predictor.worlds import ou
from worldprobe.predictor import refusals
from worldprobe.predictor.dependent_controls import CURVED, Dependence, Dependences, dependent_controls, explained
from worldprobe.predictor.predict import predict
from worldprobe.stats.jackknife import PairSample, sample_pairs

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def sample(rng: np.random.Generator, first: np.ndarray, second: np.ndarray) -> PairSample:
    return sample_pairs(first, second, None, 10**6, rng)


def with_function(rng: np.random.Generator, n: int, function: Callable[[np.ndarray], np.ndarray]) -> PairSample:
    """Independent controls and a function of them."""
    return sample(rng, *(np.column_stack([z, function(z)]) for z in ou(rng, 4_000, [0.9] * n)))


@pytest.mark.parametrize(
    ("function", "of"),
    [
        (lambda z: z[:, 0] ** 2, (0,)),
        (lambda z: np.abs(z[:, 1]), (1,)),
        (lambda z: z[:, 0] ** 3, (0,)),
        (lambda z: np.sin(2.0 * z[:, 2]), (2,)),
        (lambda z: z[:, 0] + z[:, 2], (0, 2)),
        (lambda z: z[:, 1] * z[:, 2], (1, 2)),
    ],
    ids=["square", "absolute value", "cube", "sine", "sum", "product"],
)
def test_a_function_of_others_is_found_with_what_it_is_a_function_of(
    rng: np.random.Generator, function: Callable[[np.ndarray], np.ndarray], of: tuple[int, ...]
) -> None:
    (found,) = dependent_controls(with_function(rng, 3, function)).following
    assert (found.control, found.on, found.folded) == (3, of, False)
    assert found.share > 0.9


def test_the_limit_is_where_trained_encoders_no_longer_read_the_free_control() -> None:
    recorded = json.loads((RESULTS / "dependent_controls.json").read_text(encoding="utf8"))["results"]
    curved = [by_noise for name, by_noise in recorded.items() if name not in ("z1", "z1 + z2")]
    for row in (row for by_noise in curved for row in by_noise.values()):
        read = round(min(run["r2 per control"][0] for run in row["0.025"]), 2)
        assert (read < 0.95) == (max(row["explained"]) > CURVED)


def test_a_control_of_two_values_follows_from_nothing_because_its_square_is_constant(rng: np.random.Generator) -> None:
    z = np.column_stack([np.arange(801) % 2, rng.standard_normal(801)])
    assert dependent_controls(sample(rng, z[:-1], z[1:])) == Dependences([])


def test_two_functions_of_one_control_leave_one_control(rng: np.random.Generator) -> None:
    found = dependent_controls(
        with_function(rng, 1, lambda z: np.column_stack([z[:, 0] ** 2, np.exp(z[:, 0])]))
    ).following
    assert len(found) == 2


def test_refusals_name_them_in_few_words_and_are_known_by_that() -> None:
    one = Dependence(2, (0, 1), 0.99, False, True)
    names = ["pan", "tilt", "lid", "lamp"]
    briefly = [refusals.dependent(4, 4, found, names) for found in ([one], [one, replace(one, control=3)])]
    assert [str(own and own.short) for own in briefly] == [
        "lid follows from pan and tilt",
        "lid and lamp follow from others",
    ]
    assert all(own is not None and refusals.says_dependent(own.short) for own in briefly)
    assert not refusals.says_dependent(refusals.NOTHING_MOVES.short)
    assert refusals.dependent(3, 4, [one], names) is None


def test_a_circle_is_found_although_neither_coordinate_is_a_function_of_the_other(rng: np.random.Generator) -> None:
    angles = np.cumsum(0.5 * rng.standard_normal(5_001))
    z = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    (found,) = dependent_controls(sample(rng, z[:-1], z[1:])).following
    assert found.folded


def test_linear_correlation_is_no_such_dependence_until_it_is_nearly_one(rng: np.random.Generator) -> None:
    """An encoder stretches what a linear function leaves, though late: that is said of correlations from .9 on."""
    for correlation, following, nearly in (
        (0.85, 0, False),
        (0.9, 0, True),
        (0.94, 0, True),
        (0.98, 0, True),
        (0.995, 1, False),
    ):
        mixing = np.linalg.cholesky([[1.0, correlation], [correlation, 1.0]]).T
        found = dependent_controls(sample(rng, *(z @ mixing for z in ou(rng, 5_000, [0.9, 0.9]))))
        assert [own.curved for own in found.following] == [False] * following
        assert (found.nearly is not None) == nearly


def test_what_a_linear_function_leaves_is_found_late_and_at_a_small_weight_alone() -> None:
    """Beyond the share from which a note says so, trainings of one length differ; longer ones find all of it."""
    recorded = json.loads((RESULTS / "dependent_controls.json").read_text(encoding="utf8"))

    def least(runs: list[dict[str, Any]]) -> float:
        return min(min(run["r2 per control"]) for run in runs)

    linear = [row for name in ("z1", "z1 + z2") for row in recorded["results"][name].values()]
    for row in linear:
        found = min(least(row["0.025"]), least(row["0.2"])) > 0.8
        assert found == (max(row["explained"]) <= CURVED)
    noisy, faint = recorded["longer"]
    assert least(noisy["0.025"]) > 0.99
    assert least(noisy["0.2"]) < 0.3
    assert least(faint["0.025"]) < 0.6


def test_a_prediction_says_that_the_rest_of_a_control_is_found_late(rng: np.random.Generator) -> None:
    first, second = (np.column_stack([z[:, 0], z[:, 0] + 0.3 * z[:, 1]]) for z in ou(rng, 4_000, [0.9, 0.9]))
    found = predict(first, second, rng=rng, names=["pan", "lid"])
    assert found.refused is None
    assert any("pan explains 9" in note and "of lid" in note for note in found.notes)


@pytest.mark.parametrize("n", [1, 2, 6])
def test_independent_controls_explain_nothing_of_one_another(rng: np.random.Generator, n: int) -> None:
    assert explained(sample(rng, *ou(rng, 5_000, [0.9] * n))).max() < 0.01


def test_neighbours_in_time_explain_nothing_of_one_another(rng: np.random.Generator) -> None:
    """Two walks that never return draw a curve: one is a function of the other within the rows of the fit alone."""
    walks = np.cumsum(rng.standard_normal((20_001, 2)), axis=0)
    assert dependent_controls(sample(rng, walks[:-1], walks[1:])) == Dependences([])


def test_as_many_dimensions_as_are_left_are_predicted(rng: np.random.Generator) -> None:
    first, second = (np.column_stack([z, 2.0 * z]) for z in ou(rng, 3_000, [0.8]))
    refused = predict(first, second, rng=rng, names=["pan", "lid"])
    assert refused.r2 is None
    assert "lid is nearly a function of pan" in str(refused.refused)
    assert "or use 1 dimension." in str(refused.refused)
    assert predict(first, second, d=1, rng=rng).refused is None


def test_noise_that_an_encoder_resolves_makes_a_control_of_its_own(rng: np.random.Generator) -> None:
    noisy = sample(rng, *(np.column_stack([z[:, 0], z[:, 0] ** 2 + z[:, 1]]) for z in ou(rng, 5_000, [0.9, 0.9])))
    assert 0.3 < explained(noisy).max() < CURVED
    assert dependent_controls(noisy) == Dependences([])


def test_linear_mixtures_of_independent_controls_are_answered(rng: np.random.Generator) -> None:
    """In their own coordinates they follow a curve; along the axes on which they are independent they do not."""
    mixing = np.array([[1.0, 1.0], [-0.3, 0.3]])
    first, second = (
        np.column_stack([u[:, 0] * np.abs(u[:, 0]), np.exp(u[:, 1] / 2)]) @ mixing for u in ou(rng, 4_000, [0.8, 0.8])
    )
    assert len(dependent_controls(sample(rng, first, second)).following) == 1
    assert predict(first, second, rng=rng).refused is None
