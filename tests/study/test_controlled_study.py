"""Studies of objectives that predict: what they need, and what a run of one leaves."""

from __future__ import annotations

import pytest

from worldprobe.errors import InvalidStudy
from worldprobe.study import load_study


def test_an_objective_that_predicts_is_refused_where_a_regime_carries_no_actions():
    with pytest.raises(InvalidStudy, match=r"objectives\.p.*lejepa-predictive.*the pairs of gaussian carry none"):
        load_study("mixings-2d", ["objectives={p: {name: lejepa-predictive}}"], "smoke")


def test_the_shipped_study_trains_under_every_policy():
    study = load_study("controlled", preset="smoke")
    assert set(study.regimes) == {"random", "goal-seeking", "rank-deficient"}
    assert all(regime.acts for regime in study.regimes.values())
