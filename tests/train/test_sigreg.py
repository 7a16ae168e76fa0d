"""SIGReg's value, gradient, null distribution and power, in float64 where mathematics is checked."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from math import exp, sqrt

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from train.plain import sigreg_plain
from worldprobe.errors import InvalidValue
from worldprobe.train import draw_directions, sigreg

STEP = 3 / 16
KNOTS = [STEP * j for j in range(17)]
WEIGHTS = [STEP * exp(-t * t / 2) * (1 if j in (0, 16) else 2) for j, t in enumerate(KNOTS)]


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def directions(d: int, slices: int, seed: int = 0) -> Tensor:
    return draw_directions(d, slices, torch.Generator().manual_seed(seed)).double()


def value_and_gradient(function, h: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    h = h.clone().requires_grad_()
    value = function(h, a)
    value.sum().backward()
    assert h.grad is not None
    return value.detach(), h.grad


def relative(ours: Tensor, truth: Tensor) -> float:
    return float((ours - truth).abs().max() / truth.abs().max())


@pytest.mark.parametrize("shape", [(2, 1), (7, 3), (512, 6), (300, 130)])
def test_float64_value_and_gradient_are_the_plain_formulas(shape):
    h, a = 1.7 * normal(*shape) + 0.3, directions(shape[1], 200)
    value, gradient = value_and_gradient(sigreg, h, a)
    plain_value, plain_gradient = value_and_gradient(sigreg_plain, h, a)
    assert relative(value, plain_value) < 1e-12
    assert relative(gradient, plain_gradient) < 1e-12


def test_compiled_loops_and_torchs_own_operations_agree(monkeypatch):
    module = sys.modules["worldprobe.train.sigreg_loss"]
    assert module._loops("cpu") is not None
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 2e-6)):
        h, a = (1.7 * normal(300, 6) + 0.3).to(dtype), directions(6, 500).to(dtype)
        compiled = value_and_gradient(sigreg, h, a)
        with monkeypatch.context() as without:
            without.setattr(module, "_loops", lambda device: None)
            own = value_and_gradient(sigreg, h, a)
        assert max(map(relative, compiled, own)) < tolerance


@pytest.mark.parametrize("scale", [1e-3, 1.0, 5.0])
def test_float32_value_and_gradient_are_within_1e_5_of_float64_arithmetic(scale):
    h, a = scale * normal(512, 6, dtype=torch.float32), directions(6, 256).float()
    value, gradient = value_and_gradient(sigreg, h, a)
    truth, true_gradient = value_and_gradient(sigreg_plain, h.double(), a.double())
    assert value.dtype == gradient.dtype == torch.float32
    assert relative(value, truth) < 1e-5
    assert relative(gradient, true_gradient) < 1e-5


def test_gradient_passes_gradcheck():
    h, a = (0.8 * normal(6, 3)).requires_grad_(), directions(3, 5)
    assert torch.autograd.gradcheck(lambda h: sigreg(h, a), h)
    assert torch.autograd.gradcheck(lambda h: sigreg(h, a).square(), h)


def test_models_stacked_in_leading_dimensions_are_judged_one_by_one():
    h, a = normal(2, 3, 40, 4), directions(4, 150)
    own = torch.stack([directions(4, 150, seed) for seed in range(6)]).view(2, 3, 4, 150)
    weights = normal(2, 3, seed=1)
    for each in (a, own):
        stacked = h.clone().requires_grad_()
        value = sigreg(stacked, each)
        (weights * value).sum().backward()
        assert value.shape == (2, 3)
        for i, j in np.ndindex(2, 3):
            one, gradient = value_and_gradient(sigreg, h[i, j], each if each.ndim == 2 else each[i, j])
            torch.testing.assert_close(value[i, j].detach(), one)
            torch.testing.assert_close(stacked.grad[i, j], weights[i, j] * gradient)


def test_value_without_gradient_is_the_same():
    h, a = normal(64, 3), directions(3, 16)
    with torch.no_grad():
        value = sigreg(h.clone().requires_grad_(), a)
    assert not value.requires_grad
    assert torch.equal(value, sigreg(h, a))


def test_expectation_under_the_null_is_the_derived_one():
    """E|mean exp(itX) - phi(t)|^2 = (1 - phi(t)^2) / N for X ~ N(0, 1), so N cancels: sum_j w_j (1 - exp(-t_j^2))."""
    expected = sum(w * (1 - exp(-t * t)) for w, t in zip(WEIGHTS, KNOTS, strict=True))
    for samples in (16, 256):
        values = sigreg(normal(2000, samples, 3, seed=samples), directions(3, 8))
        assert abs(values.mean() - expected) < 4 * values.std() / sqrt(len(values))


@given(sigma=st.floats(0.2, 3.0), shift=st.floats(-1.0, 1.0))
@settings(max_examples=15, deadline=None)
def test_expectation_of_a_wrong_gaussian_is_the_derived_one(sigma, shift):
    """E|mean exp(itX) - phi|^2 = |phi_X - phi|^2 + (1 - |phi_X|^2) / N, phi_X = exp(imt - s^2 t^2 / 2)."""
    n, expected = 64, 0.0
    for w, t in zip(WEIGHTS, KNOTS, strict=True):
        phi_x = np.exp(1j * shift * t - (sigma * t) ** 2 / 2)
        expected += w * (n * abs(phi_x - exp(-t * t / 2)) ** 2 + 1 - abs(phi_x) ** 2)
    values = sigreg(shift + sigma * normal(4000, n, 1, seed=7), torch.ones(1, 1, dtype=torch.float64))
    assert abs(values.mean() - expected) < 5 * values.std() / sqrt(len(values)) + 1e-9


@pytest.mark.parametrize("name", ["uniform", "laplace", "two points", "collapsed"])
def test_non_gaussian_embeddings_of_unit_variance_stand_out(name):
    rng, shape = np.random.default_rng(0), (1024, 2)
    draws = {
        "uniform": rng.uniform(-sqrt(3), sqrt(3), shape),
        "laplace": rng.laplace(0, sqrt(0.5), shape),
        "two points": rng.choice([-1.0, 1.0], shape),
        "collapsed": np.zeros(shape),
    }
    a = directions(2, 32)
    null = sigreg(normal(100, 1024, 2), a)
    assert sigreg(torch.from_numpy(draws[name]), a) > null.mean() + 6 * null.std()


def test_descending_the_gradient_makes_a_sample_gaussian():
    h, a = (2 * normal(256, 2).abs() - 1).requires_grad_(), directions(2, 16)
    optimiser = torch.optim.Adam([h], lr=0.1)
    for _ in range(150):
        optimiser.zero_grad()
        loss = sigreg(h, a)
        loss.backward()
        optimiser.step()
    assert loss < 0.2
    # The statistic sees the bulk well and far tails hardly: exp(itx) wraps round there.
    levels = torch.linspace(0.1, 0.9, 17, dtype=torch.float64)
    assert (h.detach().quantile(levels, dim=0) - torch.special.ndtri(levels)[:, None]).abs().max() < 0.25


def test_directions_are_unit_and_uniform_and_follow_the_generator():
    a = draw_directions(3, 20_000, torch.Generator().manual_seed(5))
    torch.testing.assert_close(a.norm(dim=0), torch.ones(20_000))
    # Uniform on the sphere of R^3: every coordinate is uniform on [-1, 1] (Archimedes), with variance 1/3.
    grid = torch.linspace(-0.9, 0.9, 19)
    cdf = (a[:, :, None] <= grid).float().mean(1)
    assert (cdf - (grid + 1) / 2).abs().max() < 0.015
    assert torch.equal(a, draw_directions(3, 20_000, torch.Generator().manual_seed(5)))
    assert not torch.equal(a, draw_directions(3, 20_000, torch.Generator().manual_seed(6)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_sixteen_bit_embeddings_are_computed_in_float32(dtype):
    h = torch.randn(64, 3, generator=torch.Generator().manual_seed(0)).to(dtype).requires_grad_()
    directions = draw_directions(3, 20, torch.Generator().manual_seed(1))
    value, exact = sigreg(h, directions.to(dtype)), sigreg(h.detach().float(), directions.to(dtype).float())
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, exact)
    value.backward()
    assert h.grad.dtype == dtype
    assert h.grad.isfinite().all()


def test_a_second_derivative_is_refused_rather_than_dropped():
    h = torch.randn(64, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    directions = draw_directions(3, 20, torch.Generator().manual_seed(1))
    (gradient,) = torch.autograd.grad(sigreg(h, directions), h, create_graph=True)
    with pytest.raises(RuntimeError, match="SIGReg has no second derivative"):
        (gradient.square().sum() + h.square().sum()).backward()


@pytest.mark.parametrize(
    ("h", "directions"),
    [
        (torch.zeros(4, 3), torch.zeros(2, 5)),
        (torch.zeros(3), torch.zeros(3, 5)),
        (torch.zeros(4, 3), torch.zeros(3)),
        (torch.zeros(4, 3, dtype=torch.complex64), torch.zeros(3, 5)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(h, directions):
    with pytest.raises(InvalidValue, match=r"embeddings and directions.*\(\.\.\., N, d\)"):
        inspect.unwrap(sigreg)(h, directions)


def test_whole_numbers_are_computed_as_floats():
    h = torch.randint(-2, 3, (64, 3), generator=torch.Generator().manual_seed(0))
    directions = draw_directions(3, 20, torch.Generator().manual_seed(1))
    assert inspect.unwrap(sigreg)(h, directions) == sigreg(h.float(), directions)


def test_no_samples_are_refused():
    with pytest.raises(InvalidValue, match=r"samples = 0.*1 or more"):
        sigreg(torch.zeros(0, 3), draw_directions(3, 5, torch.Generator()))


HASHED = """
import hashlib, sys, torch
from worldprobe.train import power_sums
torch.set_num_threads(int(sys.argv[1]))
angles = torch.randn(64, 500, generator=torch.Generator().manual_seed(0))
z = angles.cos(), angles.sin()
sums = power_sums.power_sums(*z)
found = torch.view_as_real(sums.resolve_conj()).numpy().tobytes() + power_sums.slopes(*z, sums).numpy().tobytes()
print(hashlib.sha256(found).hexdigest())
"""


@pytest.mark.slow
def test_code_that_was_just_compiled_gives_the_bits_of_the_cached_code_on_any_number_of_threads(tmp_path):
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", HASHED]
    found = [subprocess.run([*command, threads], env=env, capture_output=True, text=True).stdout for threads in "112"]
    assert found[0]
    assert len(set(found)) == 1
