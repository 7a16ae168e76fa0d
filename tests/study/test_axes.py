"""Sweeps: every point of the grid is run, and nothing that an axis does not touch is run twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from worldprobe.datasets import Store
from worldprobe.errors import InvalidStudy
from worldprobe.predictor import exploration_prediction
from worldprobe.study import load_study, run_study
from worldprobe.study.axes import Axis, points, study_at
from worldprobe.study.cells import RunRole, cells, explorations
from worldprobe.study.schema import Study
from worldprobe.study.training_groups import Variants, stacks


@pytest.fixture
def swept(settings: dict[str, Any], tmp_path: Path) -> Any:
    """A function from axes (and other changes) to the toy study with them."""

    def make(axes: dict[str, Any], **changes: Any) -> Study:
        path = tmp_path / "swept.yaml"
        path.write_text(yaml.safe_dump({**settings, **changes, "axes": axes}), encoding="utf8")
        return load_study(path)

    return make


RHO = {"key": "regimes.gaussian.rho", "values": [0.3, 0.9]}
LAMBDA = {"key": "objectives.lejepa.lambda", "values": [0.01, 0.1, 0.2]}


def test_every_combination_is_a_point_and_the_study_there_has_its_settings(swept: Any) -> None:
    study = swept({"rho": RHO, "lambda": LAMBDA})
    grid = points(study.axes)
    assert len(grid) == 6
    there = study_at(study, {"rho": 0.9, "lambda": 0.01})
    assert there.regimes["gaussian"].rho == 0.9
    assert there.objectives["lejepa"].lambda_ == 0.01
    assert there.axes == {}


def test_an_axis_repeats_only_what_it_changes(swept: Any) -> None:
    study = swept({"rho": RHO, "lambda": LAMBDA}, objectives={"lejepa": {}, "whitening": {}})
    count = {}
    for cell in cells(study):
        count[cell.regime, cell.objective] = count.get((cell.regime, cell.objective), 0) + 1
    assert count == {
        ("gaussian", "lejepa"): 6,
        ("gaussian", "whitening"): 2,
        ("gaussian", "supervised"): 2,
        ("narrow", "lejepa"): 3,
        ("narrow", "whitening"): 1,
        ("canonical", "untrained"): 1,
        ("canonical", "pixels"): 1,
    }
    assert sorted(cell.id for cell in explorations(study)) == ["gaussian__rho-0.3", "gaussian__rho-0.9", "narrow"]


def test_a_sweep_over_dimensions_predicts_for_every_one(swept: Any) -> None:
    study = swept({"d": {"key": "d", "values": [1, 2, 8]}})
    assert [cell.axes for cell in explorations(study) if cell.regime == "gaussian"] == [{"d": 1}, {"d": 2}, {"d": 8}]


def test_runs_that_differ_in_a_weight_train_together_and_others_apart(swept: Any) -> None:
    study = swept({"rho": RHO, "lambda": LAMBDA}, objectives={"lejepa": {}, "whitening": {}}, seeds=[0, 1])
    groups = stacks(cells(study), Variants(study), "cpu")
    sizes = [(group[0].objective, len(group)) for group in groups if group[0].role is RunRole.MEASURED]
    assert sizes == [("lejepa", 18), ("whitening", 6)]
    assert sum(map(len, groups)) == len(cells(study))


def test_a_mapping_of_values_names_its_points_and_changes_several_settings(swept: Any) -> None:
    axis = {"values": {"small": {"encoder": {"width": 8}}, "large": {"encoder": {"width": 16}, "d": 3}}}
    study = swept({"size": axis})
    large = study_at(study, {"size": "large"})
    assert (large.encoder.settings()["width"], large.dimensions) == (16, 3)


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_a_sweep_is_run_measured_and_not_done_again(swept: Any, tmp_path: Path) -> None:
    study = swept({"rho": RHO}, frames=None, restarts=2, regimes={"gaussian": {}}, references={})
    store = Store(tmp_path / "datasets")
    results = run_study(study, tmp_path / "out", store=store)
    assert [(s.role, s.axes) for s in results.summary] == [
        ("measured", {"rho": 0.3}),
        ("floor", {}),
        ("pixels", {}),
        ("measured", {"rho": 0.9}),
    ]
    assert [min(e.exact_pair_correlation.values()) for e in results.explorations] == [0.3, 0.9]
    high = next(run for run in results.runs if run.axes == {"rho": 0.9})
    assert high.training.alignment_optimum == pytest.approx(0.2)
    assert "train_alignment" not in high.training.curves
    assert high.recovery.r2_in_regime.keys() == high.recovery.r2_per_control.keys()
    stamp = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "runs").glob("*/run.json")}
    assert run_study(study, tmp_path / "out", store=store).runs == results.runs
    assert stamp == {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "runs").glob("*/run.json")}


@pytest.mark.slow
def test_worlds_that_are_explored_alike_are_predicted_once(
    swept: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real = exploration_prediction.predict

    def counted(first: Any, second: Any, objective: str, **options: Any) -> Any:
        calls.append(objective)
        return real(first, second, objective, **options)

    monkeypatch.setattr(exploration_prediction, "predict", counted)
    axis = {"values": {"spiral": {"world": {"name": "spiral"}}, "banana": {"world": {"name": "banana"}}}}
    study = swept({"mixing": axis}, regimes={"gaussian": {}}, references={}, training={"steps": 2, "batch": 32})
    spiral, banana = run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets")).explorations
    assert calls == ["sigreg", "whitening"]
    assert spiral.predicted == banana.predicted
    assert spiral.predicted["sigreg"].r2 is not None


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_the_restart_with_the_lower_loss_is_kept(swept: Any, tmp_path: Path) -> None:
    found = []
    for restarts in (1, 3):
        study = swept({}, restarts=restarts, regimes={"gaussian": {}}, references={"untrained": False, "pixels": False})
        (run,) = run_study(study, tmp_path / str(restarts), store=Store(tmp_path / "datasets")).runs
        found.append(run.training.final["loss"])
    assert found[1] < found[0]


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ({"values": [1, 2]}, "a key and a list"),
        ({"key": "d", "values": {"a": {"d": 2}}}, "a key and a list"),
        ({"key": "d", "values": [2, 2]}, "occurs twice"),
        ({"key": "d..e", "values": [2]}, "pattern"),
    ],
)
def test_an_axis_that_makes_no_sense_is_refused(axis: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Axis.model_validate(axis)


def test_an_impossible_point_is_named(swept: Any, tmp_path: Path) -> None:
    study = swept({"rho": {"key": "regimes.gaussian.rho", "values": [0.5, 1.5]}})
    with pytest.raises(InvalidStudy, match=r"(?s)toy at rho 1\.5 .*regimes\.gaussian\.rho"):
        run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"))


def test_frames_that_render_cannot_be_drawn_afresh(swept: Any) -> None:
    with pytest.raises(InvalidStudy, match="frames = None: null draws afresh"):
        swept({}, world={"name": "toy-frames"}, encoder={"name": "patchify"}, frames=None)


def test_a_number_that_yaml_takes_for_a_word_is_a_number() -> None:
    assert Axis.model_validate({"key": "x", "values": ["1e-3", 2, "word"]}).labels == [0.001, 2, "word"]
