"""Failures are split between search, transition and encoder, and costs are compared with the true ones."""

from __future__ import annotations

import numpy as np
import pytest

from planning.rotations import PLANE, rotating, rotation
from worldprobe.errors import InvalidValue
from worldprobe.planning import Benchmark, Findings, PlanningSettings
from worldprobe.planning.whose_failure import split_failures

SETTINGS = PlanningSettings(pairs=12, library=200, experience=400, transitions=["linear"], waypoints=[3])


def planned(encode: object, **changes: object) -> Findings:
    return Benchmark(PLANE, SETTINGS.model_copy(update=changes)).evaluate(encode)  # type: ignore[arg-type]


def test_parts_sum_to_all_tasks_and_each_failure_is_that_of_the_first_stage_that_fails() -> None:
    search = np.array([True, True, True, False, False, True])
    transition = np.array([True, True, False, False, True, False])
    encoder = np.array([True, False, False, False, False, True])
    split = split_failures(search, transition, encoder)
    assert (split.reached, split.search, split.transition, split.encoder) == (2, 2, 1, 1)


def test_a_rotated_copy_fails_nowhere_and_ranks_plans_as_they_truly_cost() -> None:
    found = planned(rotating(rotation(2))).planned
    split, agreement = found.failures["linear"], found.agreement["linear"]
    assert (split.reached, split.search, split.transition, split.encoder) == (12, 0, 0, 0)
    for value in (agreement.random, agreement.middle, agreement.elite):
        assert value == pytest.approx(1.0, abs=0.01)  # a linear transition does not know the border
    assert found.floor is not None
    assert found.floor.success < 0.2
    assert found.left_out == 0


def test_an_encoder_that_lacks_a_control_is_what_fails() -> None:
    found = planned(lambda x: x[:, :1].astype(np.float64)).planned
    split = found.failures["linear"]
    assert split.encoder == 12 - split.reached > 6
    assert found.agreement["linear"].random < 0.95


def test_an_encoder_that_sees_nothing_ranks_no_plans() -> None:
    agreement = planned(lambda x: np.ones((len(x), 2))).planned.agreement["linear"]
    assert agreement.random is None


def test_too_few_steps_are_the_searchs_failure() -> None:
    """One round of sixteen plans is too coarse to end near a goal, whatever is known."""
    found = planned(rotating(rotation(2)), tolerance=0.001, population=16).planned
    split = found.failures["linear"]
    assert split.search + split.reached == 12
    assert split.search > 6


@pytest.mark.slow
def test_tasks_that_start_at_their_goal_are_left_out_and_counted() -> None:
    found = planned(rotating(rotation(2)), apart=0.01, tolerance=0.5, pairs=60).planned
    assert found.left_out > 0
    assert found.pairs == 60 - found.left_out
    with pytest.raises(InvalidValue, match="starts at its goal"):
        planned(rotating(rotation(2)), apart=0.01, tolerance=10.0)
