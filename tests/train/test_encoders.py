"""Every encoder, shipped or foreign: seeded, isolated from torch's global generator, finite, aware of position."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from train.foreign_encoders import FOREIGN, DroppedOut, Impure, LayerNormMLP, Pretrained
from worldprobe.contracts.encoder_contract import check_encoder
from worldprobe.errors import InvalidValue
from worldprobe.train import (
    ENCODERS,
    OBJECTIVES,
    PairData,
    StackMember,
    TrainingSettings,
    embed,
    parameters,
    train_stack,
)
from worldprobe.train.encoders import Encoder
from worldprobe.train.stacked import EncoderStack

SMALL = {"vit": {"width": 24, "depth": 2, "heads": 3}, "resnet18": {"width": 8, "groups": 4}}
SMALL["projected"] = {"backbone": {"name": "resnet18", **SMALL["resnet18"]}, "features": 16, "hidden": 16}
SHAPES = {"patchify": (32, 32, 3), "paper-cnn": (32, 32, 3), "mlp": (7,), "inverse-coupling": (4,)}
SHAPES |= {"vit": (16, 16, 3), "resnet18": (16, 16, 3), "projected": (16, 16, 3)}
STACKABLE = [name for name in SHAPES if ENCODERS[name].stackable]
EVERY = [pytest.param(partial(ENCODERS[name], **SMALL.get(name, {})), shape, id=name) for name, shape in SHAPES.items()]
EVERY += [pytest.param(kind, shape, id=kind.__name__) for kind, shape in FOREIGN.items()]


def observations(shape: tuple[int, ...], count: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    if len(shape) == 1:
        return torch.randn(count, *shape, generator=generator)
    return torch.randint(0, 256, (count, *shape), generator=generator, dtype=torch.uint8)


def test_every_registered_encoder_is_tested_here():
    assert {*SHAPES, "pretrained"} == set(ENCODERS)  # test_two_taps.py has what needs a network on disk


@pytest.mark.parametrize(("kind", "shape"), EVERY)
def test_weights_come_from_the_seed_alone(kind, shape):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = kind().build(shape, 4, 1)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    again, other = (kind().build(shape, 4, seed) for seed in (1, 2))
    state = again.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in first.state_dict().items())
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    assert all(value.isfinite().all() and value.device.type == "cpu" for value in state.values())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("kind", "shape"), EVERY)
def test_embedding_has_d_finite_varied_dimensions_and_every_weight_a_gradient(kind, shape, seed):
    encoder, x = kind().build(shape, 4, seed), observations(shape, 32)
    untouched = x.clone()
    h = encoder(x)
    assert torch.equal(x, untouched)
    assert (h.shape, h.dtype) == ((32, 4), torch.float32)
    assert h.isfinite().all()
    assert (h.std(0) > 0.02).all()
    h.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in encoder.parameters())
    assert all(weight.grad.abs().max() > 0 for weight in encoder.parameters())


@pytest.mark.parametrize(("kind", "shape"), EVERY)
def test_embedding_does_not_depend_on_the_batch_and_leaves_the_mode_alone(kind, shape):
    encoder = kind().build(shape, 4, 0).train()
    x = observations(shape)
    whole, alone = embed(encoder, x), embed(encoder, x.numpy(), batch=1)
    torch.testing.assert_close(torch.from_numpy(whole), torch.from_numpy(alone), rtol=1e-4, atol=1e-5)
    assert encoder.training
    assert whole.dtype == "float32"


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_encoder_keeps_the_contract(kind):
    check_encoder(kind, FOREIGN[kind], 4)


def test_pretrained_weights_are_kept_and_the_head_is_drawn():
    networks = [Pretrained().build((32, 32, 3), 4, seed) for seed in (1, 2)]
    for network in networks:
        for name, value in Pretrained.weights.items():
            assert torch.equal(network[1].state_dict()[name], value)
    assert not torch.equal(networks[0][-1].weight, networks[1][-1].weight)


def two_members(kind: type[Encoder]) -> list[StackMember]:
    data = PairData(observations((7,), 64), torch.arange(64).view(2, 32).T)
    return [StackMember(kind().build((7,), 2, seed), OBJECTIVES["whitening"](), data, seed) for seed in (0, 1)]


@pytest.mark.parametrize(("kind", "why"), [(DroppedOut, "random"), (Impure, "other embeddings than alone")])
def test_a_foreign_encoder_that_cannot_be_stacked_is_refused_at_the_first_step(kind, why):
    members = two_members(kind)
    before = [value.clone() for value in members[0].encoder.parameters()]
    with pytest.raises(InvalidValue, match=f"stackable = True.*{why}.*Train it singly"):
        train_stack(members, TrainingSettings(steps=3, batch=8))
    assert all(torch.equal(a, b) for a, b in zip(before, members[0].encoder.parameters(), strict=True))


def test_parameters_that_are_frozen_stay_so_in_a_stack():
    networks = [LayerNormMLP().build((7,), 2, seed) for seed in (0, 1)]
    for network in networks:
        network[0].requires_grad_(False)
    stack = EncoderStack(networks, torch.device("cpu"))
    assert len(stack.parameters) == len(list(networks[0].parameters())) - 2
    stack(observations((7,)).expand(2, -1, -1)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in stack.parameters)


def test_only_what_has_no_running_averages_is_stackable():
    for name in set(SHAPES) - set(SMALL):  # those are trained one by one, whatever they have
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


def test_a_stored_study_may_still_name_the_paper_cnns_only_pooling():
    assert ENCODERS["paper-cnn"].model_validate({"pool": "average"}) == ENCODERS["paper-cnn"]()
    with pytest.raises(ValueError, match="pool"):
        ENCODERS["paper-cnn"].model_validate({"pool": "max"})


def test_an_embedding_of_no_dimensions_is_refused():
    with pytest.raises(InvalidValue, match="d = 0"):
        ENCODERS["mlp"]().build((7,), 0, 0)
