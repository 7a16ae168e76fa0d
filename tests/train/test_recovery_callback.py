"""Recovery inside somebody's loop: right numbers, at the right steps, and the encoder left as it was."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import worldprobe as wp


@pytest.fixture
def pairs(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    z = rng.standard_normal((4000, 2))
    return z, 0.8 * z + 0.6 * rng.standard_normal((4000, 2))


def rotation() -> nn.Module:
    layer = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.6, -0.8], [0.8, 0.6]]))
    return layer


def test_a_rotation_has_the_numbers_of_theorem_3(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = pairs
    x, after = (torch.from_numpy(part).float() for part in pairs)
    monitor = wp.RecoveryCallback(x, next_observations=after, states=first, next_states=second, names=["slow", "fast"])
    found = monitor(0, rotation())
    assert set(found) == {
        f"recovery/{name}"
        for name in (
            *("epsilon", "effective_rank", "sigreg_z", "alignment", "pair_correlation", "delta", "D"),
            *("r2", "r2/slow", "r2/fast"),
        )
    }
    assert found["recovery/r2"] == pytest.approx(1.0, abs=1e-4)
    assert found["recovery/alignment"] == pytest.approx(2 * (1 - 0.8), abs=0.02)
    assert found["recovery/delta"] == pytest.approx(0.0, abs=0.05)
    assert found["recovery/epsilon"] < 0.1
    assert abs(found["recovery/sigreg_z"]) < 4


def test_it_measures_at_its_steps_and_leaves_the_encoder_in_training_mode(
    pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    encoder = nn.Sequential(rotation(), nn.BatchNorm1d(2)).train()
    monitor = wp.RecoveryCallback(torch.from_numpy(pairs[0]).float(), every=10)
    before = encoder[1].running_mean.clone()
    assert [bool(monitor(step, encoder)) for step in (1, 9, 10, 11, 20)] == [False, False, True, False, True]
    assert encoder.training
    assert torch.equal(encoder[1].running_mean, before)


def test_a_lightning_module_logs_it(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    logged: dict = {}
    module = SimpleNamespace(backbone=rotation(), log_dict=logged.update)
    monitor = wp.RecoveryCallback(torch.from_numpy(pairs[0]).float(), encoder="backbone", every=5)
    monitor.on_train_batch_end(SimpleNamespace(global_step=5), module, None, None, 0)
    assert logged["recovery/effective_rank"] == pytest.approx(2.0, abs=0.01)


def test_arrays_that_do_not_match_are_refused(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(wp.errors.InvalidValue, match="states = '10 rows'"):
        wp.RecoveryCallback(pairs[0], states=pairs[0][:10])
    with pytest.raises(wp.errors.InvalidValue, match="every = 0"):
        wp.RecoveryCallback(pairs[0], every=0)
