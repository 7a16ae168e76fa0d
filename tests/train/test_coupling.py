"""Reversed coupling: the exact inverse of the coupling mixings, volume-preserving whatever its weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worldprobe.train import ENCODERS, Encoder
from worldprobe.train.inverse_coupling import ReversedCoupling
from worldprobe.world import AdditiveCoupling, Coupling

WORLDS = [AdditiveCoupling(n=2), AdditiveCoupling(n=8, seed=1), AdditiveCoupling(n=64, layers=3), Coupling()]


def encoder(depth: int) -> Encoder:
    return ENCODERS["inverse-coupling"](depth=depth)


def drawn(n: int, depth: int, seed: int = 0) -> ReversedCoupling:
    network = encoder(depth).build((n,), n, seed)
    assert isinstance(network, ReversedCoupling)
    return network


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_with_the_mixings_weights_the_encoder_is_its_exact_inverse(world):
    network = drawn(world.n, world.layers).double()
    network.load_state_dict({"weights": torch.from_numpy(world.weights.copy())})
    z = np.random.default_rng(0).standard_normal((100, world.n))
    with torch.no_grad():
        h = network(torch.from_numpy(world.mix(z)))
    np.testing.assert_allclose(h.numpy(), z, rtol=0, atol=1e-12)


def test_with_other_weights_it_is_not_the_inverse():
    world = AdditiveCoupling(n=8)
    z = np.random.default_rng(0).standard_normal((100, 8))
    with torch.no_grad():
        h = drawn(8, 4).double()(torch.from_numpy(world.mix(z)))
    assert np.abs(h.numpy() - z).max() > 0.5


@pytest.mark.parametrize(("n", "depth"), [(2, 8), (6, 3)])
def test_volume_is_preserved_whatever_the_weights(n, depth):
    network = drawn(n, depth).double()
    for x in torch.randn(5, n, generator=torch.Generator().manual_seed(0), dtype=torch.float64):
        jacobian = torch.autograd.functional.jacobian(network, x)
        assert torch.linalg.slogdet(jacobian).logabsdet.abs() < 1e-12
        assert (jacobian - torch.eye(n)).abs().max() > 0.1


def test_the_first_weights_belong_to_the_layer_that_is_undone_last():
    """Layer 0 shifts the second half by the first; so does nothing after it in the encoder."""
    network = drawn(4, 2).double()
    x = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        a = x[:, :2] - torch.tanh(x[:, 2:] @ network.weights[1])
        b = x[:, 2:] - torch.tanh(a @ network.weights[0])
        torch.testing.assert_close(network(x), torch.cat([a, b], 1))


@pytest.mark.parametrize("n", [2, 64])
def test_weights_are_drawn_so_that_preactivations_have_size_one(n):
    weights = torch.cat([drawn(n, 8, seed).weights.flatten() for seed in range(200 if n == 2 else 1)])
    assert weights.std().item() == pytest.approx((2 / n) ** 0.5, rel=0.1)
    assert abs(weights.mean().item()) < 0.1 * weights.std().item()
