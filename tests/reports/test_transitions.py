"""Learned transitions in the report: where there are any, every number in its table."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.reading import results_of, rewrite, written
from worldprobe.reports import read_folder
from worldprobe.reports.sections import sections_for
from worldprobe.reports.sections.transition_results import transition_results
from worldprobe.results import OTHER, OWN, ActionDirection, RolloutErrors, TransitionRecovery

ROLLOUTS = RolloutErrors(
    horizons=[1, 4], learned=[0.3, 0.8], no_effect=[0.9, 1.9], mean_effect=[0.5, 0.95], oracle=[0.28, 0.5]
)
FOUND = TransitionRecovery(
    reading=0.01,
    on_policy=0.02,
    on_policy_ci95=(0.01, 0.03),
    counterfactual=0.5,
    counterfactual_ci95=(0.4, 0.6),
    ratio=25.0,
    effects_error=0.33,
    effects_condition=None,
    effects_condition_true=1.0,
    effect_angles={"a1": 2.0, "<a2>": 45.0},
    subspace_angle=30.0,
    directions=[
        ActionDirection(weights={"a1": -0.4, "<a2>": 0.9165}, excitation=0.004, error=0.7),
        ActionDirection(weights={"a1": 0.9165, "<a2>": 0.4}, excitation=1.0, error=0.02),
    ],
    rollouts={OWN: ROLLOUTS, OTHER: ROLLOUTS},
)


@pytest.fixture
def folder(one_seed: Path) -> Path:
    results = results_of(one_seed)
    for run in results["runs"]:
        run["transition"] = FOUND.model_dump() if run["role"] == "measured" else None
    rewrite(one_seed, results)
    return one_seed


def test_the_section_is_there_where_a_transition_was_measured_and_nowhere_else(folder: Path) -> None:
    assert transition_results in sections_for(read_folder(folder))
    results = results_of(folder)
    for run in results["runs"]:
        run["transition"] = None
    rewrite(folder, results)
    assert transition_results not in sections_for(read_folder(folder))


def test_every_number_is_in_a_table_and_names_are_escaped(folder: Path) -> None:
    page = written(folder)
    errors = page.tables["What learned transitions predict, one step ahead"]
    assert len(errors.rows) == 3
    assert errors.rows[0][1:5] == [0.02, 0.5, 25.0, 0.01]
    assert "0.92 <a2> - 0.4 a1" in errors.rows[0]
    horizons = page.tables["Errors of rollouts by horizon"]
    assert horizons.rows[1][1:] == [4.0, 0.8, 1.9, 0.95, 0.5]
    directions = page.tables["Errors along directions of the actions, the least excited first"]
    assert [row[1:] for row in directions.rows[:2]] == [[0.004, 0.7], [1.0, 0.02]]
