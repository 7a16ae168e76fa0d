"""Objectives against the theory: the optimum of alignment, hand-computed values, recovery of a linear world."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from torch import Tensor, nn

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.train import OBJECTIVES, PairData, TrainingSettings, train
from worldprobe.train.objectives import LeJEPA, Objective, Whitening, covariance_distance, pair_distance, terms

RHO = 0.7


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def one(objective: Objective, h: Tensor, controls: Tensor | None = None) -> dict[str, Tensor]:
    """The terms of a single model."""
    values = terms([objective], h[None], None if controls is None else controls[None], [3])
    return {name: value[0] for name, value in values.items()}


def gaussian_pairs(count: int, n: int, rho: float, seed: int = 0) -> Tensor:
    """(2, count, n) with exactly white members and exactly the cross-correlation rho I, by construction."""
    raw = torch.randn(count, 2 * n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    raw = torch.linalg.qr(raw - raw.mean(0)).Q * count**0.5
    z, eta = raw[:, :n], raw[:, n:]
    return torch.stack([z, rho * z + (1 - rho**2) ** 0.5 * eta])


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.95])
def test_whitened_linear_map_attains_the_alignment_bound(rho):
    z = gaussian_pairs(500, 3, rho)
    rotation = torch.linalg.qr(torch.randn(3, 3, generator=generator(), dtype=torch.float64)).Q
    h = z @ rotation
    assert 3 * float(pair_distance(h)) == pytest.approx(2 * (1 - rho) * 3, abs=1e-10)
    assert float(covariance_distance(h[0])) == pytest.approx((1 / 499) ** 2 / 3, rel=1e-6)
    flipped = torch.stack([h[0], -h[1]])
    assert float(pair_distance(flipped)) == pytest.approx(2 * (1 + rho), abs=1e-10)


@given(weights=st.lists(st.floats(-2, 2), min_size=5, max_size=5), rho=st.floats(0.1, 0.95))
@settings(max_examples=25, deadline=None)
def test_no_whitened_encoder_beats_the_alignment_bound(weights, rho):
    """Theorem 1 in one dimension, the expectation over pairs by a grid of 40,000 equally likely pairs."""
    u = (np.arange(200) + 0.5) / 200
    z, eta = (torch.from_numpy(g.ravel()) for g in np.meshgrid(ndtri(u), ndtri(u)))
    members = torch.stack([z, rho * z + (1 - rho**2) ** 0.5 * eta])
    features = torch.stack([members, members**2, (2 * members).sin(), members.tanh(), members.abs()])
    h = torch.tensordot(torch.tensor(weights, dtype=torch.float64), features, dims=1)
    spread = h.std()
    if spread < 1e-3:
        return
    assert float(pair_distance(h.unsqueeze(-1) / spread)) > 2 * (1 - rho) - 0.01
    linear = members.unsqueeze(-1) / members.std()
    assert float(pair_distance(linear)) == pytest.approx(2 * (1 - rho), abs=0.01)


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(("name", "weight"), [("lejepa", "lambda"), ("whitening", "weight")])
def test_alignment_in_the_loss_is_the_mean_squared_distance_to_the_mean_over_views(name, weight):
    h = torch.randn(2, 30, 4, generator=generator(), dtype=torch.float64)
    values = one(OBJECTIVES[name].model_validate({weight: 0.3}), h)
    torch.testing.assert_close(values["loss"], 0.3 * values["regulariser"] + 0.7 * (h - h.mean(0)).square().mean())


def test_covariance_distance_of_a_scaled_white_embedding_is_hand_computed():
    white = gaussian_pairs(200, 3, 0.0)[0] * (199 / 200) ** 0.5
    assert float(covariance_distance(white)) == pytest.approx(0.0, abs=1e-20)
    assert float(covariance_distance(2 * white)) == pytest.approx((4 - 1) ** 2 / 3)


def test_infonce_of_two_pairs_is_hand_computed():
    h = torch.tensor([[[0.0], [1.0]], [[0.0], [2.0]]], dtype=torch.float64)
    # |u_i - v_j|^2 = [[0, 4], [1, 1]]; similarity, sigma = 1: [[0, -2], [-1/2, -1/2]].
    rows = log(1 + exp(-2)) + log(2 * exp(-0.5))
    columns = log(1 + exp(-0.5)) + log(exp(-2) + exp(-0.5))
    expected = (rows / 2 + columns / 2) / 2 - (0 - 0.5) / 2
    terms = one(OBJECTIVES["infonce"](), h)
    assert float(terms["loss"]) == pytest.approx(expected, abs=1e-12)
    assert float(terms["alignment"]) == pytest.approx(0.5)


def test_infonce_with_the_median_distance_does_not_change_with_scale():
    h = torch.randn(2, 21, 4, generator=generator(), dtype=torch.float64)
    objective = OBJECTIVES["infonce"](sigma=None)
    once, twice = (one(objective, scale * h)["loss"] for scale in (1.0, 2.0))
    torch.testing.assert_close(once, twice)
    median = (h[0][:, None] - h[1][None]).norm(dim=-1).median()
    fixed = one(OBJECTIVES["infonce"](sigma=float(median)), h)["loss"]
    torch.testing.assert_close(once, fixed)


@pytest.mark.parametrize("sigma", [1.0, None])
def test_infonce_does_not_depend_on_where_the_embedding_lies(sigma):
    h = torch.randn(2, 256, 4, generator=generator(), dtype=torch.float64)
    objective = OBJECTIVES["infonce"](sigma=sigma)
    right = one(objective, h)["loss"]
    moved = (h + 1000).float().requires_grad_()
    loss = one(objective, moved)["loss"]
    assert loss.item() == pytest.approx(right.item(), abs=2e-4)
    loss.backward()
    exact = h.clone().requires_grad_()
    one(objective, exact)["loss"].backward()
    assert (moved.grad - exact.grad).abs().max() < 1e-3 * exact.grad.abs().max()


@pytest.mark.parametrize("sigma", [1.0, None])
def test_infonce_of_a_constant_embedding_is_that_of_chance_with_a_finite_gradient(sigma):
    h = torch.full((2, 16, 3), 7.0, requires_grad=True)
    loss = one(OBJECTIVES["infonce"](sigma=sigma), h)["loss"]
    assert loss.item() == pytest.approx(log(16))
    loss.backward()
    assert h.grad.isfinite().all()


@pytest.mark.parametrize("name", ["lejepa", "whitening", "infonce", "supervised"])
def test_a_batch_without_pairs_is_refused(name):
    with pytest.raises(InvalidValue, match="pairs = 0"):
        one(OBJECTIVES[name](), torch.zeros(2, 0, 3), torch.zeros(2, 0, 3))


def test_the_covariance_of_one_sample_is_refused():
    with pytest.raises(InvalidValue, match=r"samples = 1.*2 or more.*covariance"):
        covariance_distance(torch.zeros(1, 3))


def test_supervised_is_the_squared_error_to_the_controls_and_refuses_other_dimensions():
    h = torch.ones(2, 5, 3)
    terms = one(OBJECTIVES["supervised"](), h, torch.full((2, 5, 3), 3.0))
    assert float(terms["loss"]) == 4.0
    with pytest.raises(InvalidValue, match=r"d = 3.*2, the number of controls"):
        one(OBJECTIVES["supervised"](), h, torch.zeros(2, 5, 2))
    with pytest.raises(InvalidValue, match="controls is missing"):
        one(OBJECTIVES["supervised"](), h)


@pytest.mark.parametrize("name", ["lejepa", "whitening", "infonce", "supervised"])
def test_terms_of_a_stack_are_those_of_its_models_alone(name):
    h, controls = torch.randn(2, 3, 2, 30, 4, generator=generator(), dtype=torch.float64)
    kind = OBJECTIVES[name]
    settings = [{} if kind.weight_field is None else {kind.weight_field: w} for w in (0.1, 0.3, 0.6)]
    objectives = [kind.model_validate(given) for given in settings]
    stacked = terms(objectives, h, controls, [1, 2, 1])
    for model, (objective, seed) in enumerate(zip(objectives, (1, 2, 1), strict=True)):
        alone = terms([objective], h[model : model + 1], controls[model : model + 1], [seed])
        for key, value in alone.items():
            torch.testing.assert_close(stacked[key][model], value[0])


def test_objectives_stack_where_only_the_weight_differs():
    assert LeJEPA(lambda_=0.1).stacks_with(LeJEPA(lambda_=0.2))
    assert not LeJEPA().stacks_with(LeJEPA(slices=8))
    assert not LeJEPA().stacks_with(Whitening())


def test_unknown_objective_names_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'lejepa'"):
        OBJECTIVES["lejepp"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variance"), [("lejepa", 0.99), ("whitening", 1 - 3 * (1 - RHO) / 4)])
def test_linear_world_is_recovered_up_to_a_rotation(name, variance):
    """x = z M with M far from orthogonal: the minimisers are h = z Q, Q orthogonal (Theorem 1), but for a shrinkage.

    Alignment pulls on the variance v of each dimension: with weight 1/2, whitening's loss is
    (v - 1)^2 / (2 d) + v (1 - rho) / 4, least at v = 1 - d (1 - rho) / 4.
    """
    z = gaussian_pairs(8192, 3, RHO).float()
    mixing = torch.tensor([[1.0, 0.4, 0.0], [0.0, 0.5, -0.6], [0.3, 0.0, 2.0]])
    data = PairData((z @ mixing).flatten(0, 1), torch.arange(2 * 8192).view(2, -1).T)
    encoder = nn.Linear(3, 3)
    nn.init.eye_(encoder.weight)
    settings = TrainingSettings(steps=250, batch=512, lr=0.03, weight_decay=0.0, precision="fp32")
    objective = LeJEPA(slices=32) if name == "lejepa" else Whitening()
    history = train(encoder, objective, data, settings, seed=0)
    q = mixing @ encoder.weight.detach().T
    assert (q @ q.T - variance * torch.eye(3)).abs().max() < 0.06
    assert history.record.final["alignment"] == pytest.approx(2 * (1 - RHO) * variance, rel=0.05)
