"""The verdict is one sentence: whether it is the data, the scene or the training, and by how much."""

from __future__ import annotations

from typing import Any

import pytest

from worldprobe.results import Exploration, MissingParts
from worldprobe.results.verdicts import SeriesFindings, meaningless, verdict, verdict_of_reference

NAMES = ("x", "yaw")


def _exploration(**sd: float) -> Exploration:
    zeros = dict.fromkeys(NAMES, 0.0)
    return Exploration(
        id="e",
        regime="gaussian",
        label="e",
        axes={},
        settings={},
        frames=2100,
        pairs=1050,
        mean=zeros,
        sd={**dict.fromkeys(NAMES, 1.0), **sd},
        excess_kurtosis=dict(zeros),
        pair_correlation=dict(zeros),
        exact_pair_correlation=None,
        exact_marginal=None,
        predicted={},
    )


def _found(r2: float, shown: float | None = 0.87, sd: dict[str, float] | None = None, **parts: Any) -> SeriesFindings:
    missing = MissingParts.model_validate(
        {"missing": 1 - r2, "regime": 0.01, "scene": 0.0, "data": 0.0, "optimisation": 0.0, "unexplained": 0.0, **parts}
    )
    return SeriesFindings(
        r2=r2,
        per_control=dict.fromkeys(NAMES, r2),
        exploration=_exploration(**(sd or {})),
        parts=dict.fromkeys(NAMES, missing),
        shown=None if shown is None else dict.fromkeys(NAMES, shown),
        memorising=True,
        steps=3000,
    )


def test_memorised_frames_are_named_with_what_exploration_and_frames_allow() -> None:
    assert verdict(_found(0.41, data=0.5)) == (
        "Your exploration can teach 0.99 and the frames show it (0.87), but 2,100 frames were memorised, and 0.41 is "
        "recovered: record more."
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"regime": 0.6}, "can teach only 0.40, and 0.35 is recovered: not even an ideal encoder learns x and yaw"),
        ({"scene": 0.6}, "even a supervised encoder reads only 0.87 off the frames, and 0.35 is recovered: make x and"),
        ({"non_identifiability": 0.6}, "several equally aligned embeddings that differ in x and yaw, and 0.35"),
        ({"style": 0.6}, "the embedding shows style in its place, which costs 0.60, and 0.35 is recovered"),
        ({"optimisation": 0.6}, "training stopped short of its optimum after 3,000 steps and 0.35 is recovered: train"),
        ({"unexplained": 0.6}, "but 0.35 is recovered, and neither data, scene nor training explains it"),
        ({"regime": None, "data": None, "unexplained": 0.6}, "could not be predicted, so that data and training"),
    ],
)
def test_the_largest_part_is_the_cause(parts: dict[str, Any], said: str) -> None:
    assert said in verdict(_found(0.35, **parts))


def test_the_scene_is_not_blamed_where_a_reference_reads_more_than_is_missing_there() -> None:
    """The supervised encoder reads 0.64 off the same frames from which 0.16 is recovered."""
    said = verdict(_found(0.16, shown=0.64, scene=0.36, optimisation=0.3, data=0.17))
    assert "the frames show it (0.64), but training stopped short" in said
    assert "scene" not in said


def test_a_negative_r2_recovers_nothing() -> None:
    assert "and 0.00 is recovered" in verdict(_found(-0.02, data=0.9))


def test_a_refused_prediction_is_not_taken_for_a_perfect_exploration() -> None:
    said = verdict(_found(0.35, regime=None, scene=0.6, data=None, optimisation=None, unexplained=0.05))
    assert said.startswith("What your exploration can teach could not be predicted, but even a supervised encoder")


def test_a_control_that_never_moved_is_named_first() -> None:
    assert "0.35 is recovered: yaw never moved" in verdict(_found(0.35, sd={"yaw": 0.0}, regime=0.6))


def test_recovered_controls_need_no_cause() -> None:
    assert verdict(_found(0.95, data=0.04)).startswith("Recovered: every control can be read linearly, the worst")


def test_without_a_decomposition_the_sentence_says_which_controls_are_lost() -> None:
    found = SeriesFindings(0.5, {"x": 0.95, "y": 0.6, "yaw": 0.0, "pitch": 0.02}, _exploration(yaw=0.0))
    said = (
        "Partly recovered, R² 0.50: yaw never moved, so nothing could be learned of it; pitch moved but can hardly be "
    )
    assert verdict(found) == said + "read; y can be read only in part."


def test_references_and_smoke_tests_have_their_own_sentences() -> None:
    assert "supervised encoder recovers 98%" in verdict_of_reference("ceiling", 0.98)
    assert "untrained encoder already gives 31%" in verdict_of_reference("floor", 0.31)
    assert "raw pixels gives 46%" in verdict_of_reference("pixels", 0.46)
    assert meaningless(20) == "20 steps: the numbers mean nothing."
