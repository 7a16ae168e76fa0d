"""Predictions beside what was measured: made from controls alone, scored within the regime and on the test points."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.audits.gates.exploration.predicted_r2 import prediction
from worldprobe.explore import REGIMES
from worldprobe.sources import Simulated
from worldprobe.study.study_predictions import foreseen, predict_ceilings
from worldprobe.world import WORLDS


def test_a_smoke_test_predicts_from_fewer_pairs() -> None:
    spiral = Simulated(WORLDS["spiral"](), REGIMES["gaussian"](rho=0.8))
    assert len(foreseen(spiral, 1_024, 0, smoke=True).controls) == 10_000
    assert len(foreseen(spiral, 1_024, 0).controls) == 100_000


@pytest.mark.slow
def test_a_gaussian_world_is_predicted_to_be_recovered_and_a_held_axis_to_be_lost() -> None:
    spiral = WORLDS["spiral"]()
    test = np.random.default_rng(0).standard_normal((500, 2))
    names = [spec.name for spec in spiral.controls]
    broad = predict_ceilings(foreseen(Simulated(spiral, REGIMES["gaussian"](rho=0.8)), None, 0), names, 0, test)
    assert broad["sigreg"].r2 == pytest.approx(1.0, abs=1e-3)
    assert broad["sigreg"].alignment == pytest.approx(2 * (1 - 0.8), abs=0.01)
    assert broad["whitening"].r2_on_test == pytest.approx(1.0, abs=1e-2)
    intervals = broad["sigreg"].r2_per_control_ci95
    assert intervals is not None
    assert all(low <= 1.0 and high > 0.99 for low, high in intervals.values())
    low, high = broad["sigreg"].bracket or (0.0, 0.0)
    assert low <= (broad["sigreg"].r2 or 0.0) <= high
    assert all(one.name for one in broad["sigreg"].tried)
    held = REGIMES["yaw-only"](control="z2", rho=0.8)
    broadly = Simulated(spiral, REGIMES["gaussian"](rho=0.8))
    one = predict_ceilings(foreseen(broadly, None, 0), names, 0, test, d=1)
    assert one["sigreg"].r2 == pytest.approx(0.5, abs=0.01)
    assert one["sigreg"].d == 1
    narrow = predict_ceilings(foreseen(Simulated(spiral, held), None, 0), names, 0, test)
    assert narrow["sigreg"].r2_per_control == pytest.approx({"z1": 0.0, "z2": 1.0}, abs=0.01)


def test_too_many_controls_are_refused_in_words() -> None:
    wide = WORLDS["identity"](n=64)
    pairs = foreseen(Simulated(wide, REGIMES["gaussian"]()), None, 0)
    found = predict_ceilings(pairs, [spec.name for spec in wide.controls], 0, np.zeros((1, 64)))
    assert all(p.r2 is None and "at most 8 controls" in p.refused for p in found.values())


@pytest.mark.slow
def test_what_is_predicted_before_training_is_what_the_report_says_after_it() -> None:
    banana, regime = WORLDS["banana"](), REGIMES["generalised-normal"](alpha=4.0)
    names = [spec.name for spec in banana.controls]
    pairs, test = foreseen(Simulated(banana, regime), 2000, 3), np.random.default_rng(0).standard_normal((500, 2))
    after = predict_ceilings(pairs, names, 3, test)["sigreg"].r2_on_test_per_control
    assert {gate.subject: gate.value for gate in prediction(pairs, names, test=test, seed=3)} == after
