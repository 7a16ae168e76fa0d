"""Predictions beside what was measured: made from controls alone, scored within the regime and on the test points."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.regimes import REGIMES
from worldprobe.studies.predicting import predict_ceilings
from worldprobe.worlds import WORLDS


def test_a_gaussian_world_is_predicted_to_be_recovered_and_a_held_axis_to_be_lost() -> None:
    spiral = WORLDS["spiral"]()
    test = np.random.default_rng(0).standard_normal((500, 2))
    broad = predict_ceilings(REGIMES["gaussian"](rho=0.8), spiral.controls, 0, test)
    assert broad["sigreg"].r2 == pytest.approx(1.0, abs=1e-3)
    assert broad["whitening"].r2_on_test == pytest.approx(1.0, abs=1e-2)
    narrow = predict_ceilings(REGIMES["yaw-only"](control="z2", rho=0.8), spiral.controls, 0, test)
    assert narrow["sigreg"].r2_per_control == pytest.approx({"z1": 0.0, "z2": 1.0}, abs=0.01)


def test_too_many_controls_are_refused_in_words() -> None:
    found = predict_ceilings(REGIMES["gaussian"](), WORLDS["identity"](n=64).controls, 0, np.zeros((1, 64)))
    assert all(p.r2 is None and "at most 8 controls" in p.refused for p in found.values())
