"""Stacked training: every member gets what it would get alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from worldprobe.errors import InvalidValue, TrainingDiverged
from worldprobe.train import (
    ENCODERS,
    OBJECTIVES,
    FreshPairs,
    PairData,
    StackMember,
    TrainingSettings,
    embed,
    train,
    train_stack,
)
from worldprobe.train.stacked import EncoderStack

SETTINGS = TrainingSettings(steps=50, batch=32, lr=3e-3, record_every=10, precision="fp32", clip_norm=0.5)


def ou_pairs(pairs: int, rho: float, seed: int) -> PairData:
    """A gently curved plane, seen through pairs of correlation rho."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((pairs, 2))
    later = rho * z + (1 - rho**2) ** 0.5 * rng.standard_normal((pairs, 2))
    both = np.concatenate([z, later])
    x = np.stack([both[:, 0] + 0.3 * both[:, 1] ** 2, both[:, 1]], 1).astype(np.float32)
    return PairData(x, np.arange(2 * pairs).reshape(2, pairs).T, both)


def source(kind: str, seed: int) -> PairData | FreshPairs:
    if kind == "stored":
        return ou_pairs(300, 0.5 + 0.2 * seed, seed)
    return FreshPairs(lambda block, pairs: ou_pairs(pairs, 0.8, 100 * seed + block), seed, block_steps=16)


def members(name: str, kind: str, architecture: str = "mlp") -> list[StackMember]:
    objective = OBJECTIVES[name]
    weights = [{objective.weight_field: w} if objective.weight_field else {} for w in (0.02, 0.1, 0.5)]
    return [
        StackMember(
            ENCODERS[architecture].model_validate({"width": 24, "depth": 2}).build((2,), 2, seed),
            objective.model_validate(weights[seed]),
            source(kind, seed),
            seed,
            heldout=ou_pairs(64, 0.8, 77),
            name=f"seed {seed}",
        )
        for seed in range(3)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stored", "fresh"])
@pytest.mark.parametrize("name", ["lejepa", "whitening", "infonce", "supervised"])
def test_a_member_trains_as_it_would_alone(name, kind):
    together, alone = members(name, kind), members(name, kind)
    heldout = ou_pairs(64, 0.8, 77)
    records = train_stack(together, SETTINGS)
    for stacked, single, record in zip(together, alone, records, strict=True):
        expected = train(single.encoder, single.objective, single.data, SETTINGS, single.seed, heldout=single.heldout)
        # A shift of the embedding changes no objective here but the supervised one: Adam makes a walk of its rounding.
        shapes = [embed(m.encoder, heldout.observations) for m in (stacked, single)]
        np.testing.assert_allclose(*(h - h.mean(0) for h in shapes), rtol=2e-3, atol=1e-3)
        assert record.curves.keys() == expected.curves.keys()
        for curve in record.curves:
            np.testing.assert_allclose(record.curves[curve], expected.curves[curve], rtol=2e-3, atol=1e-5)


def test_blocks_that_threads_draw_ahead_are_the_same_in_any_order_of_steps():
    alone = source("fresh", 1)
    ahead = replace(alone, threads=3)
    one, other = (pairs.batches(8, 0, torch.device("cpu")) for pairs in (alone, ahead))
    for step in (0, 1, 15, 16, 40, 17, 90):
        torch.testing.assert_close(other[step].observations, one[step].observations, rtol=0, atol=0)


def test_a_block_that_cannot_be_drawn_ahead_fails_where_it_is_wanted():
    def draw(block, pairs):
        if block == 2:
            raise InvalidValue("frames", "fresh", "another number")
        return ou_pairs(pairs, 0.8, block)

    batches = FreshPairs(draw, "some", block_steps=2, threads=2).batches(8, 0, torch.device("cpu"))
    for step in range(4):
        assert len(batches[step].observations) == 16
    with pytest.raises(InvalidValue, match="another number"):
        batches[4]


def test_bfloat16_layers_keep_float32_parameters_and_come_as_near_as_their_eight_bits_allow():
    networks = [ENCODERS["mlp"].model_validate({"width": 24, "depth": 2}).build((2,), 2, seed) for seed in range(3)]
    x = torch.randn(3, 64, 2, generator=torch.Generator().manual_seed(0))
    results = []
    for bf16 in (False, True):
        stack = EncoderStack(networks, torch.device("cpu"), bf16)
        h = stack(x)
        h.square().sum().backward()
        gradients = [parameter.grad for parameter in stack.parameters]
        assert {h.dtype, *(g.dtype for g in gradients), *(p.dtype for p in stack.parameters)} == {torch.float32}
        results.append(torch.cat([part.detach().flatten() / part.detach().abs().max() for part in (h, *gradients)]))
    exact, rounded = results
    assert 1e-4 < (exact - rounded).abs().max() < 2**-5


def test_members_with_one_seed_and_one_source_see_the_same_pairs_and_directions():
    data = ou_pairs(300, 0.8, 0)
    twins = [
        StackMember(ENCODERS["mlp"](width=8, depth=1).build((2,), 2, 0), OBJECTIVES["lejepa"](), data, 4) for _ in "ab"
    ]
    first, second = train_stack(twins, SETTINGS)
    assert np.array_equal(first.curves["loss"], second.curves["loss"])


@pytest.mark.slow
def test_a_killed_stack_continues_to_the_weights_of_an_uninterrupted_one(tmp_path):
    settings = SETTINGS.model_copy(update={"checkpoint_every": 20})
    whole, cut = members("lejepa", "fresh"), members("lejepa", "fresh")
    train_stack(whole, settings)
    taken: list[int] = []

    def kill(steps: int, note: str) -> None:
        taken.append(steps)
        if sum(taken) == 33:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_stack(cut, settings, checkpoint=tmp_path / "stack.pt", progress=kill)
    continued = members("lejepa", "fresh")
    train_stack(continued, settings, checkpoint=tmp_path / "stack.pt")
    for one, other in zip(whole, continued, strict=True):
        for a, b in zip(one.encoder.parameters(), other.encoder.parameters(), strict=True):
            assert torch.equal(a, b)


def test_one_steep_member_is_clipped_without_slowing_the_others():
    stack = EncoderStack([nn.Linear(3, 1, bias=False) for _ in range(2)], torch.device("cpu"))
    (weights,) = stack.parameters
    weights.grad = torch.tensor([[[30.0, 40.0, 0.0]], [[0.3, 0.0, 0.4]]])
    assert stack.clip_gradients(1.0).tolist() == pytest.approx([50.0, 0.5])
    assert weights.grad[0, 0].tolist() == pytest.approx([0.6, 0.8, 0.0], abs=1e-4)
    assert weights.grad[1, 0].tolist() == pytest.approx([0.3, 0.0, 0.4])


def test_a_diverging_member_is_named():
    three = members("lejepa", "stored")
    with torch.no_grad():
        three[1].encoder[0].weight.fill_(float("inf"))
    with pytest.raises(TrainingDiverged, match=r"Training of seed 1 stopped at step 1 of 50"):
        train_stack(three, SETTINGS)


def test_networks_with_running_averages_are_refused():
    networks = [nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)) for _ in range(2)]
    with pytest.raises(InvalidValue, match=r"buffers .*running_mean.* singly"):
        EncoderStack(networks, torch.device("cpu"))


def test_objectives_that_differ_in_more_than_the_weight_are_refused():
    first, second, _ = members("lejepa", "stored")
    other = StackMember(second.encoder, OBJECTIVES["whitening"](), second.data, 1)
    with pytest.raises(ValueError, match="weight alone"):
        train_stack([first, other], SETTINGS)
