"""Decompositions of runs: what a study knows of a run goes to the right part of what it is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worldprobe.measures.style_leakage import alignment_floor
from worldprobe.results import (
    Bound,
    Decomposition,
    Exploration,
    Prediction,
    Recovery,
    Run,
    SavedAudit,
    SavedGate,
    Seconds,
    Training,
    Verdict,
)
from worldprobe.results.style_record import StyleRecord
from worldprobe.study import load_study
from worldprobe.study.decomposition_inputs import decompositions

OUTSIDE = Bound(applies=False, reason="made up")


def _run(r2: float, role: str = "measured", seed: int = 0, bound: Bound = OUTSIDE, **final: float) -> Run:
    training = Training(
        steps=1,
        parameters=1,
        frames_per_second=1.0,
        final={"heldout_alignment": 0.4, "train_alignment": 0.4, "regulariser": 1.0, **final},
        curves=[],
        alignment_optimum=0.4,
        memorising=False,
        warnings=[],
    )
    both, ends = {"x": r2, "y": r2}, (r2, r2)
    recovery = Recovery(
        r2=r2,
        r2_per_control=both,
        r2_ci95=ends,
        r2_per_control_ci95={"x": ends, "y": ends},
        r2_controls_to_embedding=r2,
        r2_own_probe=None,
        r2_in_regime=None,
        orthogonality=None,
        procrustes=None,
        bound=bound,
    )
    objective = "lejepa" if role == "measured" else "supervised"
    seconds = Seconds(render=0.0, train=0.0, measure=0.0)
    parts: dict[str, Any] = {"world": "toy-vectors", "regime": "gaussian", "objective": objective, "axes": {}, "d": 2}
    return Run(
        id=f"{role}-{seed}", seed=seed, role=role, recovery=recovery, training=training, seconds=seconds, **parts
    )


def _exploration(refused: str | None = None) -> Exploration:
    each = {"x": 1.0, "y": 0.7}
    known: dict[str, Any] = {"r2": 0.85, "r2_per_control": {"x": 1.0, "y": 1.0}, "r2_on_test_per_control": each}
    numbers = {"r2": None, "r2_per_control": None} if refused else known
    predicted = Prediction(refused=refused, ci95=None, proven=False, r2_on_test=None, outside=None, **numbers)
    zeros = {"x": 0.0, "y": 0.0}
    return Exploration(
        id="gaussian",
        regime="gaussian",
        label="gaussian",
        axes={},
        settings={},
        frames=100,
        pairs=50,
        mean=zeros,
        sd={"x": 1.0, "y": 1.0},
        excess_kurtosis=dict(zeros),
        pair_correlation={"x": 0.8, "y": 0.8},
        exact_pair_correlation=None,
        exact_marginal=None,
        predicted={"sigreg": predicted},
    )


def _of(
    study_file: Path, *runs: Run, refused: str | None = None, audit: SavedAudit | None = None
) -> list[Decomposition]:
    return decompositions(runs, [_exploration(refused)], load_study(study_file).model_dump(mode="json"), audit)


def _predicting(*predicted: float | None, of: str = "gaussian: ") -> SavedAudit:
    rest = {"verdict": "pass", "threshold": 0.9, "advice": "", "because": ""}
    named = zip("xy", predicted, strict=True)
    gates = [
        SavedGate.model_validate({"gate": "prediction", "subject": f"{of}{name}", "value": r2, **rest})
        for name, r2 in named
    ]
    return SavedAudit(verdict=Verdict.PASS, of="key", gates=gates)


def test_the_ceiling_on_the_test_points_and_the_supervised_reference_have_their_parts(study_file: Path) -> None:
    (found,) = _of(study_file, _run(0.5), _run(0.9, "ceiling"))
    x, y = found.controls["x"], found.controls["y"]
    assert (x.regime, x.scene, x.unexplained) == pytest.approx((0.0, 0.1, 0.4))
    assert (y.regime, y.scene, y.unexplained) == pytest.approx((0.3, 0.1, 0.1))


def test_a_refusal_is_said_and_leaves_the_rest_in_one_piece(study_file: Path) -> None:
    (found,) = _of(study_file, _run(0.5), _run(0.9, "ceiling"), refused="too few shots")
    assert found.refused == "too few shots"
    x = found.controls["x"]
    assert (x.regime, x.data, x.optimisation) == (None, None, None)
    assert (x.scene, x.unexplained) == pytest.approx((0.1, 0.4))


def test_without_the_reference_the_scene_is_not_told_apart(study_file: Path) -> None:
    (found,) = _of(study_file, _run(0.5))
    assert found.controls["x"].scene is None


def test_more_dimensions_than_moving_controls_have_no_known_optimum(study_file: Path) -> None:
    wide = _run(0.5).model_copy(update={"d": 3})
    (found,) = _of(study_file, wide, _run(0.9, "ceiling"))
    x = found.controls["x"]
    assert (x.data, x.optimisation) == (None, None)
    assert (x.regime, x.scene, x.unexplained) == pytest.approx((0.0, 0.1, 0.4))


def test_held_out_pairs_that_do_not_follow_are_finite_data(study_file: Path) -> None:
    # Theorem 3's D of a gap of .032 at rho .8 is .1: a tenth of R^2.
    (found,) = _of(study_file, _run(0.5, heldout_alignment=0.432), _run(1.0, "ceiling"))
    data = [part.data for part in found.controls.values()]
    assert data == pytest.approx([0.1 * 0.5 / 0.35, 0.1 * 0.2 / 0.35])


def test_the_other_seed_s_luck_and_a_lost_dimension_are_optimisation(study_file: Path) -> None:
    first, _ = _of(study_file, _run(0.5), _run(0.65, seed=1), _run(1.0, "ceiling"))
    assert first.controls["x"].optimisation == pytest.approx(0.15)
    lost = Bound(applies=True, reason="", delta=0.0, epsilon=1.0, value=1.0, error=0.5)
    (found,) = _of(study_file, _run(0.5, bound=lost), _run(1.0, "ceiling"))
    assert found.controls["x"].optimisation == pytest.approx(0.5)


@pytest.mark.parametrize("of", ["gaussian: ", ""])
def test_the_audit_s_prediction_answers_where_the_study_s_was_refused(study_file: Path, of: str) -> None:
    audit = _predicting(0.95, 0.6, of=of)
    (found,) = _of(study_file, _run(0.5), _run(1.0, "ceiling"), refused="too few pairs", audit=audit)
    assert found.refused is None
    assert [part.regime for part in found.controls.values()] == pytest.approx([0.05, 0.4])


@pytest.mark.parametrize("audit", [_predicting(0.95, None), _predicting(0.9, 0.9, of="cinematic: ")])
def test_an_audit_that_predicted_nothing_of_this_exploration_changes_nothing(
    study_file: Path, audit: SavedAudit
) -> None:
    runs = _run(0.5), _run(0.9, "ceiling")
    assert _of(study_file, *runs, audit=audit) == _of(study_file, *runs)


def test_the_scene_is_not_blamed_for_what_raw_pixels_read(study_file: Path) -> None:
    pixels = _run(0.95, "pixels").model_copy(update={"regime": "canonical", "training": None})
    (found,) = _of(study_file, _run(0.5), _run(0.6, "ceiling"), pixels)
    assert found.controls["x"].scene == pytest.approx(0.05)
    (alone,) = _of(study_file, _run(0.5), pixels)
    assert alone.controls["x"].scene is None


def test_what_style_costs_alignment_is_not_booked_as_optimisation(study_file: Path) -> None:
    share, reached = 0.2, alignment_floor(0.8, 0.2)
    run = _run(0.7, heldout_alignment=reached, train_alignment=reached, regulariser=0.0)
    leaked = StyleRecord(invariance=1 - share, r2_per_style={"z": 0.4}, variance_in_regime=share)
    styled = run.model_copy(update={"recovery": run.recovery.model_copy(update={"style": leaked})})
    blamed, cleared = (_of(study_file, one)[0].controls["x"] for one in (run, styled))
    assert blamed.optimisation == pytest.approx(0.3)
    assert cleared.optimisation == pytest.approx(0.0, abs=1e-9)
    assert cleared.data == pytest.approx(0.0, abs=1e-9)
    assert (cleared.style, cleared.unexplained) == pytest.approx((0.3, 0.0))
    assert blamed.style is None
