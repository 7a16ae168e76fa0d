"""The predictive objective: an encoder and a predictor of the next embedding, trained together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from audits.logs import specs
from worldprobe.errors import InvalidValue
from worldprobe.explore import Controlled
from worldprobe.train import (
    ENCODERS,
    OBJECTIVES,
    FreshPairs,
    LeJEPAPredictive,
    PairData,
    StackMember,
    TrainingHistory,
    TrainingSettings,
    embed,
    train,
    train_stack,
)

SETTINGS = TrainingSettings(steps=40, batch=32, lr=3e-3, record_every=10, precision="fp32", checkpoint_every=10)


def pairs_of(seed: int, pairs: int = 300, n: int = 2) -> PairData:
    """A gently curved plane that actions move."""
    found = Controlled().sample(2 * pairs, specs(n), np.random.default_rng(seed))
    x = found.controls.copy()
    x[:, 0] += 0.3 * x[:, 1] ** 2
    return PairData(x, found.index, None, found.actions)


def member(seed: int, kind: str = "stored", weight: float = 0.02, predictor: str = "mlp") -> StackMember:
    fresh = FreshPairs(lambda block, pairs: pairs_of(100 * seed + block, pairs), seed, block_steps=16)
    return StackMember(
        ENCODERS["mlp"].model_validate({"width": 24, "depth": 2}).build((2,), 2, seed),
        LeJEPAPredictive.model_validate({"lambda": weight, "predictor": predictor, "hidden": 16}),
        pairs_of(seed) if kind == "stored" else fresh,
        seed,
        heldout=pairs_of(77, 64),
    )


def alone(m: StackMember, **more: object) -> TrainingHistory:
    return train(m.encoder, m.objective, m.data, SETTINGS, m.seed, heldout=m.heldout, **more)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stored", "fresh"])
@pytest.mark.parametrize("predictor", ["linear", "mlp"])
def test_a_member_trains_as_it_would_alone(kind, predictor):
    together = [member(seed, kind, weight, predictor) for seed, weight in enumerate((0.02, 0.1, 0.5))]
    single = [member(seed, kind, weight, predictor) for seed, weight in enumerate((0.02, 0.1, 0.5))]
    records = train_stack(together, SETTINGS)
    for one, other, record in zip(together, single, records, strict=True):
        expected = alone(other)
        x = pairs_of(77, 64).observations
        np.testing.assert_allclose(embed(one.encoder, x), embed(other.encoder, x), rtol=2e-3, atol=2e-3)
        assert record.curves.keys() == expected.curves.keys()
        for curve in record.curves:
            np.testing.assert_allclose(record.curves[curve], expected.curves[curve], rtol=5e-3, atol=1e-4)


@pytest.mark.slow
def test_a_training_that_was_interrupted_ends_with_the_weights_of_one_that_was_not(tmp_path):
    whole, interrupted, path = member(0), member(0), tmp_path / "t.pt"
    history = alone(whole)

    def kill(steps: int, note: str) -> None:
        kill.done += steps
        if kill.done == 25:
            raise KeyboardInterrupt

    kill.done = 0
    with pytest.raises(KeyboardInterrupt):
        alone(interrupted, checkpoint=path, progress=kill)
    again = member(0)
    resumed = alone(again, checkpoint=path)
    for one, other in ((whole.encoder, again.encoder), (history.predictor, resumed.predictor)):
        for mine, theirs in zip(one.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(mine, theirs)


def test_the_predictor_that_is_kept_has_the_error_that_is_recorded():
    one = member(0)
    history, heldout = alone(one), pairs_of(77, 64)
    h = embed(one.encoder, heldout.observations)[heldout.index]
    with torch.no_grad():
        predicted = history.predictor(torch.tensor(np.concatenate([h[:, 0], heldout.actions], axis=1))).numpy()
    error = ((predicted - h[:, 1]) ** 2).mean() / h.reshape(-1, 2).var(axis=0, ddof=1).mean()
    assert history.record.final["heldout_alignment"] == pytest.approx(error, rel=1e-4)


def test_a_linear_predictor_in_the_true_controls_attains_the_least_error():
    """With h = z the best linear p is (A, B), and what is left is the noise: 1 - mean rho_i^2."""
    found = Controlled().sample(40_000, specs(2), np.random.default_rng(5))
    loop = Controlled().closed_loop(2)
    predicted = found.first @ loop.transition.T + found.actions @ loop.effect.T
    least = Controlled().exact_prediction_error(specs(2))
    assert ((predicted - found.second) ** 2).mean() == pytest.approx(least, rel=0.02)


def test_pairs_without_actions_are_refused_before_the_first_step():
    data = PairData(np.zeros((64, 2), np.float32), np.arange(64).reshape(32, 2))
    encoder = ENCODERS["mlp"].model_validate({"width": 8, "depth": 1}).build((2,), 2, 0)
    with pytest.raises(InvalidValue, match="actions is missing: give pairs with actions"):
        train(encoder, OBJECTIVES["lejepa-predictive"](), data, SETTINGS, 0)


def test_actions_that_are_not_one_row_per_pair_are_refused():
    with pytest.raises(InvalidValue, match=r"actions = \(31, 2\).*\(32, a\)"):
        PairData(np.zeros((64, 2), np.float32), np.arange(64).reshape(32, 2), None, np.zeros((31, 2), np.float32))
