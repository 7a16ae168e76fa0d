"""Recovery inside somebody's loop: right numbers, at the right steps, and the encoder left as it was."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import worldprobe as wp
from forked import run_python, start_ranks
from train import monitored_ranks


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


def test_a_callback_for_lightning_has_every_hook_and_measures_once_a_step(
    pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    """With accumulated gradients, several batches end at one step."""
    logged: list[dict] = []
    module = nn.Module()
    module.model, module.log_dict = nn.Module(), logged.append
    module.model.encoder = rotation()
    hooks = wp.RecoveryCallback(torch.from_numpy(pairs[0]).float(), encoder="model.encoder", every=5).lightning()
    hooks.setup(None, module, stage="fit")
    hooks.on_fit_start(None, module)
    for step in (5, 5, 6, 10):
        hooks.on_train_batch_end(SimpleNamespace(global_step=step), module, None, None, 0)
    hooks.on_save_checkpoint(None, module, {})
    assert len(logged) == 2
    assert hooks.state_dict() == {}
    assert not hasattr(hooks, "optimizer")
    with pytest.raises(wp.errors.InvalidValue, match="the name of a part: model"):
        wp.RecoveryCallback(pairs[0], encoder="backbone").on_train_batch_end(SimpleNamespace(global_step=0), module)


def test_embeddings_of_the_loop_have_the_numbers_of_an_encoder(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    x, after = (torch.from_numpy(part).float() for part in pairs)
    encoder = rotation()
    whole = wp.RecoveryCallback(x, next_observations=after, states=pairs[0], rho=0.8)(1000, encoder)
    monitor = wp.RecoveryCallback(states=pairs[0], rho=0.8)
    assert monitor.update(999, encoder(x), encoder(after)) == {}
    given = monitor.update(1000, encoder(x), encoder(after))
    assert given == pytest.approx(whole, rel=1e-5, abs=1e-5)
    assert all(type(value) is float for value in given.values())
    assert "recovery/r2" not in wp.RecoveryCallback().update(0, encoder(x))
    assert wp.RecoveryCallback().update(0, encoder(x), z=pairs[0])["recovery/r2/z2"] == pytest.approx(1.0, abs=1e-4)


def test_frozen_layers_stay_in_evaluation_mode(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    encoder = nn.Sequential(rotation(), nn.BatchNorm1d(2)).train()
    encoder[1].eval()
    wp.RecoveryCallback(torch.from_numpy(pairs[0]).float())(0, encoder)
    assert (encoder.training, encoder[0].training, encoder[1].training) == (True, True, False)


def test_a_training_that_diverges_is_logged_and_not_ended(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    h = torch.from_numpy(pairs[0]).float()
    h[:1000] = torch.nan
    assert wp.RecoveryCallback(states=pairs[0]).update(0, h) == {"recovery/finite_rows": 0.75}


def test_a_collapsed_encoder_is_logged_and_does_not_end_the_training(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    collapsed = nn.Linear(2, 3)
    nn.init.zeros_(collapsed.weight)
    x, after = (torch.from_numpy(part).float() for part in pairs)
    found = wp.RecoveryCallback(x, next_observations=after, states=pairs[0], next_states=pairs[1])(0, collapsed)
    assert found["recovery/alignment"] == found["recovery/effective_rank"] == 0.0
    assert found["recovery/epsilon"] == pytest.approx(3**0.5)
    assert found["recovery/r2"] == pytest.approx(0.0, abs=0.01)
    assert "recovery/pair_correlation" not in found
    assert np.isfinite(list(found.values())).all()


@pytest.mark.slow
def test_a_state_that_never_moves_is_left_out(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    x, still = torch.from_numpy(pairs[0]).float(), np.ones((4000, 1))
    found = wp.RecoveryCallback(x, states=np.hstack([pairs[0], still]), names=["a", "b", "still"])(0, rotation())
    assert {key for key in found if "r2" in key} == {"recovery/r2", "recovery/r2/a", "recovery/r2/b"}
    none = wp.RecoveryCallback(x, next_observations=x, states=still, next_states=still)(0, rotation())
    assert not {"recovery/r2", "recovery/delta"} & set(none)
    assert np.isfinite(list(none.values())).all()


@pytest.mark.slow
def test_two_ranks_have_the_numbers_of_one_process(tmp_path: Path) -> None:
    start_ranks(monitored_ranks.work, tmp_path)
    whole = monitored_ranks.measured(0, 1)
    for rank in (0, 1):
        found = torch.load(tmp_path / f"found{rank}.pt", weights_only=True)
        for name, numbers in whole.items():
            assert found[name] == pytest.approx(numbers, rel=1e-5, abs=1e-6), (rank, name)


def test_arrays_that_do_not_match_are_refused(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(wp.errors.InvalidValue, match="states = '10 rows'"):
        wp.RecoveryCallback(pairs[0], states=pairs[0][:10])
    with pytest.raises(wp.errors.InvalidValue, match="every = 0"):
        wp.RecoveryCallback(pairs[0], every=0)
    with pytest.raises(wp.errors.InvalidValue, match=r"h_next = \(10, 2\)"):
        wp.RecoveryCallback().update(0, pairs[0], pairs[0][:10])
    with pytest.raises(wp.errors.InvalidValue, match=r"z = \(4000, 2\) .* as many rows as h, 100"):
        wp.RecoveryCallback(states=pairs[0]).update(0, pairs[0][:100])
    with pytest.raises(wp.errors.InvalidValue, match="observations is missing"):
        wp.RecoveryCallback()(0, rotation())
    for refused in (
        lambda: wp.RecoveryCallback(rho=1.5),
        lambda: wp.RecoveryCallback().update(0, pairs[0], pairs[0], rho=1.5),
    ):
        with pytest.raises(wp.errors.InvalidValue, match=r"rho = 1\.5"):
            refused()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"states": np.full((50, 2), np.nan)}, "states = 'NaN or infinity, first in row 0'"),
        (
            {"states": np.ones((50, 2)), "next_states": np.ones((50, 3))},
            r"next_states = \(50, 3\).*columns as states, 2",
        ),
        ({"states": np.ones((50, 2)), "names": ["x"]}, "names = 1 is not possible: allowed is 2"),
    ],
)
def test_states_that_cannot_be_measured_are_refused_before_training(given: dict, said: str) -> None:
    with pytest.raises(wp.errors.InvalidValue, match=said):
        wp.RecoveryCallback(np.ones((50, 2)), **given)


def test_embeddings_of_the_loop_that_do_not_match_are_refused(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    h = pairs[0]
    with pytest.raises(wp.errors.InvalidValue, match=r"h_next = \(4000, 1\).*as many columns as h, 2"):
        wp.RecoveryCallback().update(0, h, h[:, :1])
    with pytest.raises(wp.errors.InvalidValue, match="z = 'NaN or infinity, first in row 3'"):
        wp.RecoveryCallback().update(0, h, z=np.where(np.arange(4000)[:, None] == 3, np.nan, h))


def test_a_function_is_no_encoder(tmp_path: Path) -> None:
    script = "import numpy, worldprobe as wp; wp.RecoveryCallback(numpy.ones((50, 2)))(0, lambda x: x)"
    done = run_python(script, tmp_path)  # in a process without the tests' type checks
    assert "encoder = 'of type function' is not possible: allowed is a torch.nn.Module" in done.stderr


def test_an_encoder_that_gives_no_embedding_is_refused_with_what_it_gives(
    pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    class Pair(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return x, x

    with pytest.raises(wp.errors.InvalidValue, match=r'returns type tuple.*encoder="backbone"'):
        wp.RecoveryCallback(pairs[0])(0, Pair())
    with pytest.raises(wp.errors.InvalidValue, match=r"returns \(512, 2, 1\)"):
        wp.RecoveryCallback(pairs[0])(0, nn.Unflatten(1, (2, 1)))


def test_an_encoder_that_normalises_in_place_does_not_change_what_is_held_out(
    pairs: tuple[np.ndarray, np.ndarray],
) -> None:
    class InPlace(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mul_(2.0)

    x = torch.from_numpy(pairs[0]).float()
    before = x.clone()
    wp.RecoveryCallback(x, states=pairs[0])(0, InPlace())
    assert torch.equal(x, before)
