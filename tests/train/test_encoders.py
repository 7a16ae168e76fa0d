"""Every encoder: seeded, isolated from torch's global generator, honest about what fits, aware of position."""

from __future__ import annotations

import pytest
import torch

from worldprobe.errors import InvalidValue
from worldprobe.train import ENCODERS, embed, parameters

SHAPES = {"patchify": (32, 32, 3), "paper-cnn": (32, 32, 3), "mlp": (7,), "inverse-coupling": (4,)}
STACKABLE = [name for name in SHAPES if ENCODERS[name].stackable]


def observations(shape: tuple[int, ...], count: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    if len(shape) == 1:
        return torch.randn(count, *shape, generator=generator)
    return torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)


def test_every_registered_encoder_is_tested_here():
    assert set(SHAPES) == set(ENCODERS)


@pytest.mark.parametrize("name", SHAPES)
def test_weights_come_from_the_seed_alone(name):
    before = torch.get_rng_state()
    first, again, other = (ENCODERS[name]().build(SHAPES[name], 4, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", SHAPES)
def test_embedding_has_d_finite_varied_dimensions_and_every_weight_a_gradient(name):
    encoder = ENCODERS[name]().build(SHAPES[name], 4, 0)
    h = encoder(observations(SHAPES[name], 32))
    assert h.shape == (32, 4)
    assert h.isfinite().all()
    assert (h.std(0) > 0.05).all()
    h.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in encoder.parameters())
    assert sum(bool(weight.grad.abs().max() > 0) for weight in encoder.parameters()) == len(list(encoder.parameters()))


@pytest.mark.parametrize("name", SHAPES)
def test_embedding_does_not_depend_on_the_batch_and_leaves_the_mode_alone(name):
    encoder = ENCODERS[name]().build(SHAPES[name], 4, 0).train()
    x = observations(SHAPES[name])
    whole, alone = embed(encoder, x), embed(encoder, x.numpy(), batch=1)
    torch.testing.assert_close(torch.from_numpy(whole), torch.from_numpy(alone), rtol=1e-4, atol=1e-5)
    assert encoder.training
    assert whole.dtype == "float32"


def test_only_what_has_no_running_averages_is_stackable():
    for name in SHAPES:
        buffers = dict(ENCODERS[name]().build(SHAPES[name], 4, 0).named_buffers())
        assert ENCODERS[name].stackable == (not buffers), name


@pytest.mark.parametrize("name", STACKABLE)
def test_a_stack_of_three_is_the_three_alone_in_embeddings_and_gradients(name):
    encoders = [ENCODERS[name]().build(SHAPES[name], 4, seed).double() for seed in range(3)]
    x = torch.randn(3, 6, *SHAPES[name], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    stack, buffers = torch.func.stack_module_state(encoders)
    assert not buffers

    def loss(weights, x):
        h = torch.func.functional_call(encoders[0], weights, (x,))
        return h.square().mean(), h

    gradients, h = torch.vmap(torch.func.grad(loss, has_aux=True))(stack, x)
    for i, encoder in enumerate(encoders):
        alone = encoder(x[i])
        torch.testing.assert_close(h[i], alone, rtol=1e-12, atol=1e-12)
        alone.square().mean().backward()
        for key, weight in encoder.named_parameters():
            torch.testing.assert_close(gradients[key][i], weight.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("side", [32, 48, 64])
def test_patchify_stays_small_at_every_size(side):
    assert 400_000 <= parameters(ENCODERS["patchify"]().build((side, side, 3), 6, 0)) <= 500_000


def test_paper_cnn_has_the_papers_parameters():
    """Four 4x4 convolutions with biases 3-32-64-128-256, their BatchNorms, a 256-wide head with BatchNorm, d = 2."""
    convolutions = sum(16 * a * b + b + 2 * b for a, b in [(3, 32), (32, 64), (64, 128), (128, 256)])
    head = 256 * 256 + 256 + 2 * 256 + 2 * 256 + 2
    assert parameters(ENCODERS["paper-cnn"]().build((64, 64, 3), 2, 0)) == convolutions + head


def test_patchify_sees_where_things_are():
    encoder = ENCODERS["patchify"]().build((32, 32, 3), 6, 0)
    left = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    left[:, 12:16, 4:8] = 255
    right = left.roll(16, dims=2)
    blank = torch.zeros_like(left)
    h = torch.from_numpy(embed(encoder, torch.cat([left, right, blank])))
    assert (h[0] - h[1]).norm() > 0.3 * (h[0] - h[2]).norm()


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("patchify", (33, 33, 3), r"frame size = 33 is not possible.*multiple of 8"),
        ("patchify", (8, 8, 3), r"frame size = 8 .*16 or more"),
        ("patchify", (32, 64, 3), r"square frames"),
        ("patchify", (5,), r"square frames"),
        ("paper-cnn", (40, 40, 3), r"frame size = 40 .*multiple of 16"),
        ("mlp", (32, 32, 3), r"\(m,\), vectors"),
        ("inverse-coupling", (32, 32, 3), r"\(m,\), m even"),
        ("inverse-coupling", (5,), r"observation shape = \(5,\) .*m even"),
        ("inverse-coupling", (8,), r"d = 6 is not possible: allowed is 8, as many as the observation has"),
    ],
)
def test_observations_that_do_not_fit_are_refused(name, shape, message):
    with pytest.raises(InvalidValue, match=message):
        ENCODERS[name]().build(shape, 6, 0)


def test_an_embedding_of_no_dimensions_is_refused():
    with pytest.raises(InvalidValue, match="d = 0"):
        ENCODERS["mlp"]().build((7,), 0, 0)
