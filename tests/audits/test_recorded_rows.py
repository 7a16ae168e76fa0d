"""Gates on rows several steps apart, on holes, on mixtures of controls, and on what few rows can tell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audits.logs import clean, names
from worldprobe.audits import Audit, Gate, Verdict, audit_regime, exploration_audit, trajectory
from worldprobe.explore import Pairs
from worldprobe.stats.sampling_error import ideal_correlation_time

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")


@pytest.fixture(scope="module")
def planted():
    """benchmarks/planted_logs.py; its folder leaves the path again, for it has names that the tests have, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import planted_logs

        yield planted_logs
    sys.modules.pop("planted_logs", None)


def found(states: Pairs, n: int, **settings: bool) -> dict[tuple[str, str], Gate]:
    gates = audit_regime(states, names(n), **settings)
    return {(gate.gate, gate.subject): gate for gate in gates if gate.verdict is not Verdict.PASS}


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    ("fault", "gate", "subject"),
    [
        ("sensor noise of .3 sd", "measurement-noise", "c0"),
        ("offsets of 1 sd per episode", "episode-offset", "c0"),
        ("resets to one state, 200 rows", "episode-start", "c2"),
        ("a hole of .7 sd off the middle", "hole", "c0 and c1"),
        ("two states on a circle", "hole", "c0 and c1"),
        ("a copy delayed by 3 steps", "isotropy", "all controls"),
        ("a copy delayed by 3 steps", "correlated-controls", "c0, c2"),
    ],
)
def test_a_planted_fault_is_named(planted, fault: str, gate: str, subject: str) -> None:
    _, recorded = planted.STATE_FAULTS[fault].make(np.random.default_rng(0))
    assert (gate, subject) in found(planted.pairs_of(recorded), 3)


@pytest.mark.slow
def test_the_same_log_without_a_fault_passes(planted) -> None:
    assert found(planted.pairs_of(planted.walk(np.random.default_rng(0))), 3) == {}


@pytest.mark.slow
def test_measurement_noise_is_the_share_of_the_variance_that_the_noise_has(planted) -> None:
    shares = []
    for seed in range(3):
        _, recorded = planted.STATE_FAULTS["label noise of .5 sd"].make(np.random.default_rng(seed))
        shares.append(found(planted.pairs_of(recorded), 3)["measurement-noise", "c0"].value)
    assert np.mean(shares) == pytest.approx(0.2, abs=0.02)


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(("rows", "rho"), [(1500, 0.9994), (5000, 0.9998), (20_000, 0.9999), (200, 0.7), (500, 0.99)])
def test_one_episode_of_an_ideal_log_does_not_drift_and_no_direction_is_slow(planted, rows: int, rho: float) -> None:
    """What is slower than the log is long is neither a drift nor known to be slower than another control."""
    for seed in range(8):
        walk = planted.walk(np.random.default_rng(seed), 1, rows, (rho, rho, rho))
        kinds = {gate for gate, _ in found(planted.pairs_of(walk), 3)}
        assert kinds <= {"effective-samples", "enough-pairs", "pairs-differ"}


def test_a_log_of_1000_rows_and_one_control_passes(planted) -> None:
    assert found(planted.pairs_of(planted.walk(np.random.default_rng(1), 40, 25, (0.8,))), 1) == {}


def test_a_slow_log_with_a_fast_control_beside_it_has_a_spectral_gap_below_zero(planted) -> None:
    walk = planted.walk(np.random.default_rng(0), 200, 50, (0.999, 0.3))
    gate = found(planted.pairs_of(walk), 2)["spectral-gap", "c1"]
    assert gate.verdict is Verdict.FAIL
    assert -1.0 <= gate.value < -0.9


@pytest.mark.slow
def test_states_that_follow_from_one_another_are_one_finding() -> None:
    """Two groups of three and two, and one control of its own."""
    pairs = clean(6)
    z = pairs.controls.astype(np.float64)
    z[:, 1], z[:, 2], z[:, 4] = z[:, 0] + 0.1 * z[:, 1], z[:, 0] - 0.1 * z[:, 2], z[:, 3] + 0.1 * z[:, 4]
    gates = [gate for gate in audit_regime(Pairs(z, pairs.index), names(6)) if gate.gate == "correlated-controls"]
    assert {gate.subject for gate in gates if gate.verdict is Verdict.FAIL} == {"c0, c1, c2", "c3, c4"}
    assert {gate.subject for gate in gates if gate.verdict is Verdict.PASS} == {"c5"}


def test_a_gate_that_breaks_off_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[Gate]:
        raise np.linalg.LinAlgError("Singular matrix")

    whole = audit_regime(clean(2, 2000), names(2))
    monkeypatch.setattr(exploration_audit, "transitions", broken)
    gates = audit_regime(clean(2, 2000), names(2))
    [said] = [gate for gate in gates if gate.gate == "unmade"]
    assert (said.subject, said.verdict) == ("transitions", Verdict.WARN)
    assert "Singular matrix" in said.advice
    lost = {"additive-noise", "gaussian-noise", "pairs-related", "pairs-differ", "isotropy", "spectral-gap"}
    assert {gate.gate for gate in whole} - lost | {"unmade"} == {gate.gate for gate in gates}
    assert Audit(gates).exit_status == 2


def exact_time(rho: float, length: int) -> float:
    k = np.arange(1, length)
    return float(1.0 + 2.0 * np.sum(rho**k * (1.0 - k / length)))


@pytest.mark.parametrize(("rho", "length"), [(0.7, 8), (0.99, 50), (0.9999999, 200), (0.0, 30)])
def test_the_ideal_correlation_time_is_that_of_a_walk_in_episodes(rho: float, length: int) -> None:
    lengths = np.full(20_000_000 // length, length)
    time = ideal_correlation_time(np.array([rho]), 1.0, lengths)[0]
    assert time == pytest.approx(exact_time(rho, length), rel=0.02)


def every_third(log: Pairs) -> Pairs:
    return Pairs(log.controls, np.stack([np.arange(len(log.controls) - 3), np.arange(3, len(log.controls))], axis=1))


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("change", [lambda log: log, every_third])
def test_a_longer_stride_is_the_same_exploration(change: Callable[[Pairs], Pairs], planted) -> None:
    walk = planted.pairs_of(planted.walk(np.random.default_rng(3), 1, 20_000, (0.95, 0.95)))
    assert found(change(walk), 2) == {}


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("far", [False, True])
def test_a_long_log_is_judged_from_stretches_all_along_it(monkeypatch: pytest.MonkeyPatch, far: bool) -> None:
    """Its draws are those of all rows; members of a pair that are far apart are drawn together."""
    pairs = clean(2, 40_000)
    if far:
        pairs = Pairs(pairs.controls, np.stack([np.arange(20_000), np.arange(20_000, 40_000)], axis=1))
    whole = trajectory.Log.of(pairs, names(2))
    draws = [gate.value for gate in audit_regime(pairs, names(2)) if gate.gate == "effective-samples"]
    monkeypatch.setattr(trajectory, "MOST_ROWS", 4000)
    log = whole.thinned()
    assert 2000 <= len(log.z) <= 4000
    assert len(log.index) >= 1500
    rows = {row.tobytes(): place for place, row in enumerate(whole.z)}
    known = set(map(tuple, whole.index.tolist()))
    for first, second in log.z[log.index[:50]]:
        own = (rows[first.tobytes()], rows[second.tobytes()])
        assert own in known
    gates = audit_regime(pairs, names(2))
    assert [gate.value for gate in gates if gate.gate == "effective-samples"] == draws
