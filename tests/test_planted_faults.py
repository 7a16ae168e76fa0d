"""The faults of `benchmarks/interventions.py` are drawn from a seed, within fixed ranges, three of each kind."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def planted() -> ModuleType:
    """benchmarks/planted_faults.py; its folder leaves the path again, for it has names that the tests have, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return importlib.import_module("planted_faults")


def test_equal_seeds_draw_equal_faults_three_of_each_kind_within_their_ranges(planted: ModuleType) -> None:
    drawn = [planted.drawn_faults(np.random.default_rng(seed), lambda fault: True)[0] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert Counter(fault.part for fault in drawn[0]) == dict.fromkeys(planted.PARTS, 3)
    for fault in [*drawn[0], *drawn[2]]:
        kind = planted.FAULTS[fault.what]
        assert kind.low <= fault.severity <= kind.high


def test_a_fault_whose_prediction_is_not_close_is_drawn_again_and_named(planted: ModuleType) -> None:
    faults, passed = planted.drawn_faults(
        np.random.default_rng(0), lambda fault: fault.what != "marginal" or fault.severity > 0.7
    )
    assert all(fault.severity > 0.7 for fault in faults if fault.what == "marginal")
    assert passed
    assert all(fault.severity <= 0.7 for fault in passed)


def test_mending_the_planted_part_leaves_no_fault_and_mending_another_leaves_it(planted: ModuleType) -> None:
    clean = planted.Case()
    for fault in planted.CHOSEN:
        case = fault.case()
        assert case.mended(fault.part) == clean
        assert all(case.mended(part) != clean for part in planted.PARTS if part != fault.part)
