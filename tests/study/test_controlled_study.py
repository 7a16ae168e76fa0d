"""Studies of objectives that predict: what they need, and what a run of one leaves."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.audits import Audit, Gate, Verdict
from worldprobe.datasets import Store
from worldprobe.errors import InvalidStudy
from worldprobe.results import OTHER, OWN, Hypothesis, Results
from worldprobe.study import load_study, run_study
from worldprobe.study.audit_study import audit_study
from worldprobe.study.hypothesis_outcomes import conclude


def test_an_objective_that_predicts_is_refused_where_a_regime_carries_no_actions():
    with pytest.raises(InvalidStudy, match=r"objectives\.p.*lejepa-predictive.*the pairs of gaussian carry none"):
        load_study("mixings-2d", ["objectives={p: {name: lejepa-predictive}}"], "smoke")


def test_the_shipped_study_trains_under_every_policy():
    study = load_study("controlled", preset="smoke")
    assert set(study.regimes) == {"random", "goal-seeking", "rank-deficient"}
    assert all(regime.acts for regime in study.regimes.values())


@pytest.fixture(scope="module")
def audit() -> Audit:
    return audit_study(load_study("controlled", preset="smoke"))


def of(audit: Audit, label: str) -> dict[str, list[Gate]]:
    own = [gate for gate in audit.gates if gate.subject.startswith(f"{label}: ")]
    return {name: [gate for gate in own if gate.gate == name] for name in {gate.gate for gate in own}}


@pytest.mark.slow
def test_the_audit_of_a_study_that_predicts_judges_outcomes_and_not_successive_states(audit):
    """Successive states turn by A and are hardly correlated; two outcomes of one state and action have rho .72."""
    rich = of(audit, "random")
    assert {"pairs-related", "prediction", "action-excitation"} <= set(rich)
    assert all(gate.verdict is Verdict.PASS for gates in rich.values() for gate in gates)
    (part,) = (part for part in audit.parts if part.label == "random")
    assert part.predicted.objective == "predictive"
    assert part.predicted.r2 > 0.99
    assert part.answer.r2 > 0.99


@pytest.mark.slow
def test_a_rank_deficient_policy_fails_at_excitation_with_its_direction_and_recovers_the_state(audit):
    (gate,) = of(audit, "rank-deficient")["action-excitation"]
    assert gate.verdict is Verdict.FAIL
    assert "a2 hardly varies" in gate.advice
    (part,) = (part for part in audit.parts if part.label == "rank-deficient")
    assert part.predicted.r2 > 0.99


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_a_run_measures_the_transition_that_it_trained(tmp_path):
    results = run_study(load_study("controlled", preset="smoke"), tmp_path / "out", store=Store(tmp_path / "datasets"))
    assert [run.role for run in results.runs if run.transition is not None] == ["measured"] * 3
    for run in results.runs[:3]:
        assert set(run.transition.effect_angles) == {"a1", "a2"}
        assert set(run.transition.rollouts) == {OWN, OTHER}
    assert Results.load(tmp_path / "out").runs == results.runs
    claims = ["random: on-policy error <= 1e6", "canonical: counterfactual error >= 0"]
    sure, unknown = conclude([Hypothesis.model_validate(claim) for claim in claims], results.runs)
    assert (sure.verdict, unknown.verdict) == ("confirmed", "inconclusive")
    assert sure.estimate.ci95 == results.runs[0].transition.on_policy_ci95


@pytest.mark.parametrize("preset", ["smoke", "cpu", "gpu"])
def test_the_study_driven_explores_the_same_states_under_every_policy(preset):
    """Marginals are N(0, 1) and the spectrum is separated: policies differ in excitation alone."""
    study = load_study("driven", preset=preset)
    loops = [study.source(label).dynamics() for label in study.labels]
    for loop in loops:
        assert np.diag(loop.covariance) == pytest.approx(1.0, abs=1e-4)
        squares = loop.canonical_correlations**2
        assert squares.min() > squares.max() ** 2
    excitation = [loop.least_excitation for loop in loops]
    assert excitation == sorted(excitation, reverse=True)
    assert excitation[0] == pytest.approx(1.0)
    assert excitation[-1] == 0.0


def test_a_hypothesis_on_a_transition_needs_an_objective_that_predicts():
    with pytest.raises(InvalidStudy, match=r"hypotheses.0.*predicts from actions.*lejepa-predictive"):
        load_study("mixings-2d", ["hypotheses=['gaussian, lejepa: counterfactual error >= 0.1']"], "smoke")


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_policies_with_fewer_actions_and_longer_clips_train_in_one_study(tmp_path):
    """Stacks hold predictors of equally many actions, and members with equally many held-out pairs."""
    other = ["regimes.random={name: controlled, actions: 1}", "regimes.goal-seeking={name: controlled, clip: 16}"]
    fast = ["references={untrained: false, pixels: false}", "training.steps=2"]
    results = run_study(load_study("controlled", [*other, *fast], "smoke"), tmp_path / "out", store=Store(tmp_path))
    found = {run.regime: run.transition for run in results.runs}
    assert set(found["random"].effect_angles) == {"a1"}
    assert set(found["goal-seeking"].effect_angles) == set(found["rank-deficient"].effect_angles) == {"a1", "a2"}


@pytest.mark.slow
def test_a_transition_is_not_measured_on_too_few_heldout_pairs_for_a_probe(tmp_path):
    """64 frames are 32 pairs, and half of them are too few for a probe of 16 dimensions."""
    few = ["world.n=16", "heldout_frames=64", "training.steps=2", "references={untrained: false, pixels: false}"]
    study = load_study("controlled", [*few, "regimes.rank-deficient.action_noise=1.0"], "smoke")
    results = run_study(study, tmp_path / "out", store=Store(tmp_path))
    assert all(run.transition is None for run in results.runs)
