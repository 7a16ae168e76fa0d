"""Hypotheses: read from a line, refused where no run could decide them, decided by intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from worldprobe.errors import InvalidStudy, UnknownName
from worldprobe.results import Bound, Hypothesis, Planned, Recovery, Run, Seconds
from worldprobe.study import load_study, shipped_studies
from worldprobe.study.hypothesis_outcomes import conclude


def _run(regime: str, seed: int, r2: dict[str, float], half: float = 0.01, **axes: float) -> Run:
    mean = float(np.mean(list(r2.values())))
    recovery = Recovery(
        r2=mean,
        r2_per_control=r2,
        r2_ci95=(mean - half, mean + half),
        r2_per_control_ci95={name: (value - half, value + half) for name, value in r2.items()},
        r2_controls_to_embedding=mean,
        r2_own_probe=None,
        r2_in_regime=None,
        orthogonality=None,
        procrustes=None,
        bound=Bound(applies=False, reason="made up"),
    )
    seconds = Seconds(render=0.0, train=0.0, measure=0.0)
    parts = {"objective": "lejepa", "role": "measured", "world": "toy", "training": None, "d": 2}
    name = f"{regime}-{seed}-{axes}"
    return Run(id=name, regime=regime, seed=seed, axes=axes, recovery=recovery, seconds=seconds, **parts)


def _decided(claim: str, *runs: Run) -> str:
    (outcome,) = conclude([Hypothesis.model_validate(claim)], runs)
    return outcome.verdict


@pytest.mark.parametrize(
    "line",
    [
        "gaussian, lejepa: r2 >= 0.93",
        "gaussian minus cinematic: r2 >= 0.3",
        "gaussian: worst r2 >= 0.85",
        "gaussian, lejepa, rho 0.9, mixing spiral minus narrow: r2 of yaw <= -0.5",
    ],
)
def test_a_line_is_read_and_said_again(line: str) -> None:
    claim = Hypothesis.model_validate(line)
    assert str(claim) == line
    assert Hypothesis.model_validate(claim.model_dump(mode="json")) == claim


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("gaussian is best", "a hypothesis reads"),
        ("gaussian: r2 > 0.9", "a hypothesis reads"),
        ("gaussian, lejepa, whitening: r2 >= 0.9", "two objectives"),
        ("gaussian: worst r2 of yaw >= 0.9", "r2 of CONTROL"),
        ("gaussian: r2 >= high", "a hypothesis reads"),
    ],
)
def test_a_line_that_is_no_claim_is_refused(line: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Hypothesis.model_validate(line)


@pytest.mark.parametrize(
    ("claim", "changes", "message"),
    [
        ("gausian: r2 >= 0.9", {}, "Did you mean 'gaussian'"),
        ("gaussian, whitening: r2 >= 0.9", {}, "objective of a hypothesis"),
        ("narrow, supervised: r2 >= 0.9", {}, "objective of a hypothesis"),
        ("gaussian: r2 of z >= 0.9", {}, "control of a hypothesis"),
        ("gaussian, rho 0.5: r2 >= 0.9", {}, "axis of a hypothesis"),
        (
            "gaussian: r2 >= 0.9",
            {"objectives": {"lejepa": {}, "whitening": {}}},
            "hypotheses.0 = .*must name one of the objectives lejepa, whitening",
        ),
        (
            "gaussian, rho 0.5: r2 >= 0.9",
            {"axes": {"rho": {"key": "regimes.gaussian.rho", "values": [0.3]}}},
            "not a point of the axis rho",
        ),
    ],
)
def test_a_claim_about_no_run_of_the_study_is_refused(
    claim: str, changes: dict[str, Any], message: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump({**settings, **changes, "hypotheses": [claim]}), encoding="utf8")
    with pytest.raises((InvalidStudy, UnknownName), match=message):
        load_study(path)


@pytest.mark.parametrize("name", ["camera", "camera-scoped", "camera-symmetric"])
def test_the_camera_studies_state_what_they_expect(name: str) -> None:
    assert name in shipped_studies()
    assert load_study(name).hypotheses


def test_an_interval_beyond_the_threshold_decides_and_one_that_holds_it_does_not() -> None:
    run = _run("gaussian", 0, {"x": 0.9, "y": 0.9})
    assert _decided("gaussian: r2 >= 0.85", run) == "confirmed"
    assert _decided("gaussian: r2 >= 0.95", run) == "refuted"
    assert _decided("gaussian: r2 <= 0.85", run) == "refuted"
    assert _decided("gaussian: r2 <= 0.95", run) == "confirmed"
    assert _decided("gaussian: r2 >= 0.895", run) == "inconclusive"


def test_what_was_not_run_is_inconclusive() -> None:
    (outcome,) = conclude([Hypothesis.model_validate("cinematic: r2 >= 0.1")], [_run("gaussian", 0, {"x": 0.9})])
    assert (outcome.verdict, outcome.estimate) == ("inconclusive", None)
    assert "no run of cinematic" in outcome.reason


def test_the_worst_control_is_confirmed_only_where_every_control_is() -> None:
    run = _run("gaussian", 0, {"x": 0.99, "y": 0.86})
    assert _decided("gaussian: worst r2 >= 0.84", run) == "confirmed"
    assert _decided("gaussian: worst r2 >= 0.86", run) == "inconclusive"
    assert _decided("gaussian: worst r2 >= 0.9", run) == "refuted"
    assert _decided("gaussian: r2 of x >= 0.9", run) == "confirmed"


def _planning(seed: int, success: float) -> Run:
    reached = {"success": success, "cost": 1.1, "median_gap": 0.1, "transition_r2": 0.9}
    lines = {"3": {"cost": {"mean": 1.02, "ci95": [1.01, 1.03]}, "sd": 0.02, "cost_of_controls": 1.0}}
    oracle = {**reached, "success": 1.0, "transition_r2": None}
    planned = {"pairs": 60, "tolerance": 0.2, "lines": lines, "reached": {"mlp": reached, "oracle": oracle}}
    return _run("gaussian", seed, {"x": 0.9}).model_copy(update={"planning": Planned.model_validate(planned)})


def test_a_share_over_seeds_stays_within_0_and_1() -> None:
    runs = [_planning(seed, success) for seed, success in enumerate((1.0, 0.95, 1.0))]
    (outcome,) = conclude([Hypothesis.model_validate("gaussian: pictures reached >= 0.8")], runs)
    assert outcome.estimate is not None
    assert outcome.estimate.ci95[1] == 1.0


def test_what_planning_came_to_is_decided_over_its_tasks() -> None:
    run = _planning(0, 0.95)
    assert _decided("gaussian: cost of lines <= 1.05", run) == "confirmed"
    assert _decided("gaussian: cost of lines <= 1.02", run) == "inconclusive"
    assert _decided("gaussian: pictures reached >= 0.8", run) == "confirmed"  # Wilson: 0.863 to 0.983
    assert _decided("gaussian: pictures reached >= 0.9", run) == "inconclusive"
    assert _decided("gaussian: pictures reached >= 0.99", run) == "refuted"
    unplanned = _run("gaussian", 0, {"x": 0.9})
    assert _decided("gaussian: pictures reached >= 0.9", unplanned) == "inconclusive"


def test_a_study_that_does_not_plan_claims_nothing_of_planning() -> None:
    with pytest.raises(InvalidStudy, match="add `planning:`"):
        load_study("camera", ["hypotheses=['gaussian: pictures reached >= 0.9']"])


def test_a_difference_of_one_seed_adds_the_squares_of_both_intervals() -> None:
    runs = _run("gaussian", 0, {"x": 0.9}, half=0.03), _run("narrow", 0, {"x": 0.5}, half=0.04)
    (outcome,) = conclude([Hypothesis.model_validate("gaussian minus narrow: r2 >= 0.3")], runs)
    assert outcome.estimate is not None
    assert outcome.estimate.mean == pytest.approx(0.4)
    assert outcome.estimate.ci95 == pytest.approx((0.35, 0.45))


def test_luck_that_two_regimes_share_through_their_seeds_cancels() -> None:
    luck = [0.0, 0.2, 0.4]
    runs = [_run("a", seed, {"x": 0.5 + more}) for seed, more in enumerate(luck)]
    runs += [_run("b", seed, {"x": 0.4 + more + 0.001 * seed}) for seed, more in enumerate(luck)]
    assert _decided("a minus b: r2 >= 0.09", *runs) == "confirmed"
    assert _decided("a minus b: r2 >= 0.09", *runs[:-1]) == "inconclusive"


def test_a_claim_that_stands_for_several_points_of_a_sweep_is_not_decided() -> None:
    runs = [_run("a", 0, {"x": 0.9}, rho=rho) for rho in (0.3, 0.9)]
    assert _decided("a: r2 >= 0.5", *runs) == "inconclusive"
    assert _decided("a, rho 0.9: r2 >= 0.5", *runs) == "confirmed"
