"""The gates on actions: what is planted is named, and clean logs pass."""

from __future__ import annotations

import numpy as np
import pytest

from audits.action_logs import CLEAN, Acted, controlled, mass
from audits.logs import specs
from worldprobe.audits import Verdict

LATE = ["random", "goal-seeking", "strong feedback, little noise", "a mass", "much noise"]


@pytest.mark.slow
@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_log_passes(name):
    for seed in range(2):
        gates = CLEAN[name](seed).audited()
        assert set(gates) == {"action-in-step", "action-excitation", "action-explains", "action-is-state", "markov"}
        assert all(gate.verdict is Verdict.PASS for own in gates.values() for gate in own), name


@pytest.mark.slow
@pytest.mark.parametrize("name", LATE)
@pytest.mark.parametrize("rows", [1, -1, 2])
def test_actions_off_by_rows_are_named_with_sign_and_lag(name, rows):
    for seed in range(4 if rows == 1 else 1):
        (gate,) = CLEAN[name](seed).shifted(rows).audited()["action-in-step"]
        assert gate.verdict is Verdict.FAIL
        assert gate.evidence["lag"] == rows
        assert f"{abs(rows)} row{'s' if abs(rows) > 1 else ''} {'late' if rows > 0 else 'early'}" in gate.advice


@pytest.mark.slow
def test_the_other_gates_are_judged_with_the_lag_that_was_found():
    late, right = controlled().shifted(1).audited(), controlled().audited()
    assert late["action-explains"][0].value == pytest.approx(right["action-explains"][0].value, abs=0.01)


def test_an_action_that_follows_from_the_state_is_named():
    (gate,) = controlled(feedback=0.5, action_noise=[1.0, 0.0]).audited()["action-excitation"]
    assert gate.verdict is Verdict.FAIL
    assert "a1 hardly varies" in gate.advice
    assert "follows from the state" in gate.advice


def test_a_policy_that_is_a_curve_of_the_state_does_not_count_as_excited():
    log = controlled()
    bent = np.column_stack([log.actions[:, 0], np.tanh(3.0 * log.states[:, 0])])
    (gate,) = log.changed(bent).audited()["action-excitation"]
    assert gate.value < 0.05


def test_actions_in_a_fixed_ratio_are_named_in_their_own_units_with_what_never_occurs():
    log = controlled()
    (gate,) = log.changed(np.column_stack([log.actions[:, 0], 2.0 * log.actions[:, 0]])).audited()["action-excitation"]
    assert gate.verdict is Verdict.FAIL
    assert "a0 - 0.5 a1" in gate.advice
    assert "While a0 is high, a1 is never low" in gate.advice


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("own", [1.0, 0.3, 0.1])
def test_excitation_is_that_of_the_policy(own):
    from worldprobe.explore import Controlled

    exact = Controlled(feedback=0.5, action_noise=[1.0, own]).closed_loop(2).least_excitation
    (gate,) = controlled(clips=200, feedback=0.5, action_noise=[1.0, own]).audited()["action-excitation"]
    assert gate.value == pytest.approx(exact, rel=0.1)


def test_actions_of_other_rows_explain_nothing():
    log = controlled()
    (gate,) = log.changed(np.random.default_rng(0).permutation(log.actions)).audited()["action-explains"]
    assert gate.verdict is Verdict.FAIL


@pytest.mark.slow
def test_a_set_point_is_named_with_its_state_and_differences_are_not():
    log = controlled()
    after = np.concatenate([log.states[1:], log.states[:1]])
    named = log.changed(after + 0.05).audited()["action-is-state"]
    assert [gate.verdict for gate in named] == [Verdict.WARN] * 2
    assert "a0 is the next value of s0" in named[0].advice
    moved = log.changed(after - log.states).audited()["action-is-state"]
    assert all(gate.verdict is Verdict.PASS for gate in moved)


def test_missing_velocities_are_found_and_are_no_shift_of_the_actions():
    gates = mass(velocity=False).audited()
    assert gates["markov"][0].verdict is Verdict.FAIL
    assert gates["action-in-step"][0].verdict is Verdict.PASS


def one_hot(rows: int = 4000) -> Acted:
    rng = np.random.default_rng(0)
    chosen = np.eye(3)[rng.integers(0, 3, rows)]
    states, effect = np.zeros((rows, 2)), np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    for t in range(rows - 1):
        states[t + 1] = 0.8 * states[t] + chosen[t] @ effect + 0.3 * rng.standard_normal(2)
    return Acted(states, chosen, np.array([0]))


@pytest.mark.slow
def test_one_hot_actions_are_one_choice_and_not_a_fixed_ratio():
    assert all(gate.verdict is Verdict.PASS for own in one_hot().audited().values() for gate in own)
    assert one_hot().shifted(1).audited()["action-in-step"][0].evidence["lag"] == 1


def test_a_discrete_action_in_one_column_is_judged_as_a_number():
    """Chosen of three at random, its effect proportional to its code."""
    rng, rows = np.random.default_rng(0), 4000
    chosen, states = rng.integers(0, 3, rows).astype(float), np.zeros((rows, 2))
    for t in range(rows - 1):
        states[t + 1] = 0.8 * states[t] + chosen[t] * np.array([0.5, -0.5]) + 0.3 * rng.standard_normal(2)
    log = Acted(states, chosen[:, None], np.array([0]))
    assert all(gate.verdict is Verdict.PASS for own in log.audited().values() for gate in own)
    assert log.shifted(1).audited()["action-in-step"][0].evidence["lag"] == 1


def test_absolute_poses_as_actions_are_named_in_other_units_and_do_not_pass_for_late_actions():
    """Targets that a controller follows with a lag of its own error: each is its state's next value plus an offset."""
    log = controlled()
    after = np.concatenate([log.states[1:], log.states[:1]])
    posed = log.changed(after + 3.0 + 0.05 * np.random.default_rng(0).standard_normal(after.shape))
    gates = posed.audited()
    assert [gate.verdict for gate in gates["action-is-state"]] == [Verdict.WARN] * 2
    assert "an absolute target" in gates["action-is-state"][0].advice
    assert gates["action-in-step"][0].verdict is Verdict.PASS


def test_a_constant_action_is_named_and_the_others_are_judged():
    log = controlled()
    gates = log.changed(np.column_stack([log.actions[:, 0], np.ones(len(log.actions))])).audited()
    assert "a1 never varies" in gates["action-excitation"][0].advice
    assert gates["action-in-step"][0].verdict is Verdict.PASS
    assert set(log.changed(np.ones((len(log.actions), 1))).audited()) == {"action-excitation"}


@pytest.mark.slow
def test_rows_without_an_action_are_left_out():
    log = controlled()
    actions = log.actions.copy()
    actions[99::100] = np.nan
    found, whole = log.changed(actions).audited(), log.audited()
    assert {name: own[0].verdict for name, own in found.items()} == {n: own[0].verdict for n, own in whole.items()}


def test_too_few_steps_are_not_judged():
    assert controlled(clips=2, clip=20).audited() == {}


def test_actions_of_independent_pairs_are_judged_without_neighbours():
    from worldprobe.audits.action_audit import audit_pair_actions
    from worldprobe.explore import Controlled, Pairs

    pairs = Controlled(feedback=0.5, action_noise=[1.0, 0.0]).sample(4000, specs(2), np.random.default_rng(0))
    gates = {gate.gate: gate for gate in audit_pair_actions(pairs, ["s0", "s1"])}
    assert set(gates) == {"action-excitation", "action-explains", "action-is-state"}
    assert "a2 hardly varies" in gates["action-excitation"].advice
    assert audit_pair_actions(Pairs(pairs.controls, pairs.index), ["s0", "s1"]) == []


@pytest.mark.slow
def test_the_audit_of_a_recording_judges_its_actions(tmp_path):
    from worldprobe.recordings import read_recording
    from worldprobe.study.audit_sources import audit_recording

    log = controlled(clips=30, clip=60).shifted(1)
    actions = log.actions.copy()
    actions[::60] = 0.0
    actions[59::60] = np.nan
    np.savez(tmp_path / "log.npz", state=log.states, action=actions, episode=np.repeat(np.arange(30), 60))
    gates = {gate.gate: gate for gate in audit_recording(read_recording(tmp_path / "log.npz")).gates}
    assert gates["action-in-step"].evidence["lag"] == 1
    assert {"action-excitation", "action-explains", "action-is-state", "markov"} <= set(gates)
