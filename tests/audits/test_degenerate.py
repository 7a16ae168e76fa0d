"""No log of finite numbers crashes the audit: every gate has a verdict, every prediction an answer or a reason."""

from __future__ import annotations

from math import isfinite, isnan

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from audits.degenerate import COLUMNS, table
from worldprobe.audits import Gate, Verdict, audit_regime
from worldprobe.audits.gates.exploration.predicted_r2 import judged
from worldprobe.explore import Pairs
from worldprobe.predictor import exploration_prediction
from worldprobe.predictor.exploration_prediction import predict_exploration
from worldprobe.predictor.predict import CEILINGS, predict
from worldprobe.recordings.episodes import pair_index

pytestmark = pytest.mark.slow

columns = st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=4)
# Without shrinking: an example is small as it is, and each takes seconds.
relaxed = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    max_examples=60,
    phases=[Phase.generate],
)


def episodes(rows: int, length: int) -> np.ndarray:
    """Pairs of neighbours within episodes of this length; every fifth episode has one row."""
    starts = np.unique(np.concatenate([np.arange(0, rows, length), np.arange(1, rows, 5 * length)]))
    return pair_index(starts, rows, 1)


def checked(gates: list[Gate]) -> None:
    for gate in gates:
        assert not isnan(gate.value) or gate.gate == "prediction", gate
        assert isfinite(gate.threshold) or gate.gate == "prediction", gate
        assert (gate.advice == "") == (gate.verdict is Verdict.PASS)


@relaxed
@given(columns, st.integers(66, 1500), st.integers(2, 700), st.booleans(), st.integers(0, 99))
def test_no_finite_log_crashes_a_gate(names: list[str], rows: int, length: int, copied: bool, seed: int) -> None:
    z = table(names, rows, copied, seed)
    index = episodes(rows, length)
    if len(index) < 64:
        return
    labels = [f"c{i}" for i in range(z.shape[1])]
    checked(audit_regime(Pairs(z, index), labels, standardise=True))
    checked(audit_regime(Pairs(z, index), labels, test=np.random.default_rng(1).standard_normal((70, len(labels)))))


def answered(names: list[str], rows: int, length: int, copied: bool, seed: int) -> None:
    pairs = Pairs(table(names, rows, copied, seed), episodes(rows, length))
    for objective in CEILINGS:
        rng = np.random.default_rng(0)
        found = predict(pairs.first, pairs.second, objective, rng=rng, groups=pairs.chains)
        assert (found.r2 is None) == (found.refused is not None)
        assert found.r2 is None or 0.0 <= found.r2 <= 1.0


@settings(relaxed, max_examples=12)
@given(columns, st.integers(3000, 6000), st.integers(30, 80), st.booleans(), st.integers(0, 99))
def test_no_finite_log_crashes_the_predictor(names: list[str], rows: int, length: int, copied: bool, seed: int) -> None:
    answered(names, rows, length, copied, seed)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("names", "rows", "length", "seed"),
    [
        (["normal", "walk"], 3000, 30, 0),
        (["trend", "periodic", "normal"], 3185, 64, 62),
        (["periodic", "walk", "step"], 5817, 52, 83),
    ],
)
def test_logs_that_are_hard_to_search_crash_no_thorough_predictor(
    names: list[str], rows: int, length: int, seed: int
) -> None:
    answered(names, rows, length, True, seed)


def two_arms() -> Pairs:
    """Two arms of seven joints, the second idle in 32 of 40 episodes: most products live in a few episodes."""
    rng, joints, rows = np.random.default_rng(0), 7, 170
    t, first, second = np.arange(rows), [], []
    for _ in range(40):
        start, stop = sorted(rng.uniform(0.2, 0.8, 2) * rows)
        reach = 1 / (1 + np.exp(-(t - start) / 4)) - 1 / (1 + np.exp(-(t - stop) / 4))
        first.append(
            reach[:, None] * (1 + 0.1 * rng.standard_normal(joints)) + 0.01 * rng.standard_normal((rows, joints))
        )
    for episode in range(40):
        drift = 0.01 * rng.standard_normal((rows, joints)).cumsum(0) / 20
        busy = rng.standard_normal((1, joints)) * np.sin(np.linspace(0, 3.14, rows))[:, None] if episode < 8 else 0.0
        second.append(drift + busy)
    z = np.hstack([np.concatenate(first), np.concatenate(second)])
    return Pairs((z - z.mean(0)) / z.std(0), pair_index(np.arange(0, 40 * rows, rows), 40 * rows, 1))


@pytest.mark.parametrize("objective", list(CEILINGS))
def test_an_embedding_that_no_two_bases_can_hold_is_refused(objective: str) -> None:
    pairs = two_arms()
    found = predict(pairs.first, pairs.second, objective, rng=np.random.default_rng(0), groups=pairs.chains)
    assert found.r2 is None
    assert found.refused is not None
    assert "two bases of 14 functions" in found.refused


def test_a_prediction_that_breaks_off_is_a_warning_beside_the_other_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(exploration_prediction, "predict", broken)
    [gate] = judged(predict_exploration(two_arms(), ["a"]).record(), ["a"])
    assert gate.verdict is Verdict.WARN
    assert "IndexError" in gate.advice


def test_a_refusal_calls_a_control_by_its_name() -> None:
    rng = np.random.default_rng(0)
    first = rng.standard_normal((20_000, 2))
    second = 0.8 * first + 0.6 * rng.standard_normal(first.shape)
    first[:6_000, 1] = second[:6_000, 1] = 0.0
    controls = np.stack([first, second], axis=1).reshape(-1, 2).astype(np.float32)
    pairs = Pairs(controls, np.arange(len(controls)).reshape(-1, 2))
    [gate] = judged(predict_exploration(pairs, ["pan", "lid"]).record(), ["pan", "lid"])
    assert gate.advice.startswith("lid has one and the same value")
