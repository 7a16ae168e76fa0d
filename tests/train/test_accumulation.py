"""Batches that pass in parts train as whole batches do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from worldprobe.errors import InvalidValue
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, train
from worldprobe.train.accumulation import EmbeddedInParts, check_parts
from worldprobe.train.stacked import EncoderStack

STEPS = 50


def vectors(seed: int = 0) -> PairData:
    rng = np.random.default_rng(seed)
    first = rng.standard_normal((120, 3)).astype(np.float32)
    second = (0.9 * first + 0.4 * rng.standard_normal(first.shape)).astype(np.float32)
    actions = rng.standard_normal((120, 2)).astype(np.float32)
    index = np.stack([np.arange(120), np.arange(120, 240)], axis=1)
    return PairData(np.concatenate([first, second]), index, np.concatenate([first, second]), actions)


def trained(accumulate: int, objective: str) -> tuple[nn.Module, list[float]]:
    encoder = ENCODERS["mlp"](width=16, depth=2).build((3,), 3, 0).double()
    settings = TrainingSettings(steps=STEPS, batch=24, precision="fp32", accumulate=accumulate, record_every=1)
    data = vectors()
    as_double = PairData(data.observations.astype(np.float64), data.index, data.controls, data.actions)
    record = train(encoder, OBJECTIVES[objective](), as_double, settings, 3)
    return encoder, record.curves["loss"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["lejepa", "lejepa-predictive", "whitening", "infonce", "supervised"])
def test_parts_give_the_training_of_whole_batches_over_fifty_steps(objective: str) -> None:
    whole, losses = trained(1, objective)
    parts, same = trained(5, objective)  # 48 observations in parts of 10 and 9: no part holds whole pairs
    assert losses[-1] != losses[0]
    np.testing.assert_allclose(same, losses, rtol=2e-4, atol=2e-5)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=2e-3, atol=2e-4)


def test_the_mean_of_the_parts_losses_is_another_loss() -> None:
    h = torch.randn(1, 2, 24, 3, generator=torch.Generator().manual_seed(0))
    regulariser = OBJECTIVES["lejepa"]().regulariser
    whole = regulariser(h, None, [0])
    mean = torch.stack([regulariser(part, None, [0]) for part in h.split(6, 2)]).mean(0)
    assert abs(float(mean - whole)) > 0.1 * float(whole)


def test_dropout_draws_the_same_in_both_passes() -> None:
    network = nn.Sequential(nn.Linear(4, 64), nn.Dropout(0.5), nn.Linear(64, 2))
    x, weight = torch.randn(1, 12, 4), torch.randn(1, 12, 2)
    stack = EncoderStack([network], torch.device("cpu"))
    stack.train()
    torch.manual_seed(7)
    parts = EmbeddedInParts(stack, x, 3)
    (parts.h * weight).sum().backward()
    parts.backward()
    found = network[0].weight.grad.clone()
    network.zero_grad()
    torch.manual_seed(7)
    for part, own in zip(x.tensor_split(3, 1), weight.tensor_split(3, 1), strict=True):
        (stack(part) * own).sum().backward()
    torch.testing.assert_close(found, network[0].weight.grad)


def test_batch_normalisation_is_refused_in_parts() -> None:
    network = ENCODERS["patchify"]().build((16, 16, 3), 2, 0)
    check_parts(network, 1)
    with pytest.raises(InvalidValue, match=r"training.accumulate = 2 is not possible: allowed is 1 .* BatchNorm2d"):
        check_parts(network, 2)
    data = PairData(np.zeros((8, 16, 16, 3), np.uint8), np.arange(8).reshape(4, 2))
    with pytest.raises(InvalidValue, match="accumulate"):
        train(network, OBJECTIVES["lejepa"](), data, TrainingSettings(steps=1, batch=2, accumulate=2), 0)
