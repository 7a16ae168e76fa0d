"""The window of SIGReg's weight: its edges are those of the losses themselves, and `lambda: auto` is its middle."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from worldprobe.errors import InvalidValue
from worldprobe.train import OBJECTIVES
from worldprobe.train.lambda_window import lambda_window
from worldprobe.train.objectives import LeJEPA, pair_distance, terms

PAIRS = 1000


def _pairs(rho: float, pairs: int = PAIRS) -> Tensor:
    """Return Gaussian pairs of one control, (2, pairs, 1), whose second moments are those of their distribution."""
    first, other = torch.randn(2, pairs, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    first = (first - first.mean()) / first.std(correction=0)
    other = other - other.mean() - (other * first).mean() * first
    return torch.stack([first, rho * first + (1 - rho**2) ** 0.5 * other / other.std(correction=0)])


@pytest.mark.parametrize("rho", [0.3, 0.9])
@pytest.mark.parametrize(("times", "collapses"), [(0.9, True), (1.1, False)])
def test_below_the_window_a_point_is_a_minimum_and_within_it_is_not(rho: float, times: float, collapses: bool) -> None:
    objective = LeJEPA(lambda_=times * lambda_window(rho, PAIRS).collapse)
    point, spread = (terms([objective], sd * _pairs(rho)[None], None, [0])["loss"].item() for sd in (0.0, 0.03))
    assert (spread > point) == collapses


@pytest.mark.parametrize("rho", [0.3, 0.9])
def test_the_upper_edge_is_what_alignment_pays_for_an_embedding_of_degree_two(rho: float) -> None:
    straight = _pairs(rho, 100_000)
    bent = (straight.square() - 1) / 2**0.5
    apart = (pair_distance(bent) - pair_distance(straight)).item() / 4
    assert apart == pytest.approx(lambda_window(rho, PAIRS).drowned, rel=0.05)


def test_auto_is_the_middle_of_the_window_of_the_pairs() -> None:
    window = lambda_window(0.6, 64)
    found = LeJEPA(lambda_="auto", slices=8).for_pairs(0.8, 64)
    assert window.collapse < found.regulariser_weight == window.middle < window.drowned
    assert found.settings()["slices"] == 8
    assert LeJEPA(lambda_=0.3).for_pairs(0.8, 64) == LeJEPA(lambda_=0.3)


@pytest.mark.parametrize("optimum", [None, 0.0, 2.0])
def test_auto_is_refused_where_nothing_is_known_shared_or_moved(optimum: float | None) -> None:
    with pytest.raises(InvalidValue, match=r"lambda|rho"):
        LeJEPA(lambda_="auto").for_pairs(optimum, 64)


def test_auto_outside_a_study_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidValue, match="studies alone know the pairs"):
        terms([LeJEPA(lambda_="auto")], _pairs(0.5)[None], None, [0])


def test_an_objective_that_predicts_has_no_auto() -> None:
    with pytest.raises(ValueError, match="lambda"):
        OBJECTIVES["lejepa-predictive"].model_validate({"lambda": "auto"})
