"""Style: drawn afresh within each pair, not among what is to be found, and scored for invariance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from worldprobe.audits import Audit
from worldprobe.datasets import Store, specify
from worldprobe.errors import InvalidStudy, InvalidValue, UnknownName
from worldprobe.explore.regime import REGIMES
from worldprobe.sources import Canonical, Simulated
from worldprobe.study import load_study, run_study
from worldprobe.study.audit_study import audit_study
from worldprobe.world import WORLDS


def _loaded(settings: dict[str, Any], folder: Path, **changed: Any) -> Any:
    path = folder / "styled.yaml"
    path.write_text(yaml.safe_dump(settings | {"style": ["y"]} | changed), encoding="utf8")
    return load_study(path)


def _explored() -> Simulated:
    world = WORLDS["toy-vectors"].model_validate({})
    return Simulated(world, REGIMES["gaussian"].model_validate({"rho": 0.8}), style=("y",))


def test_style_is_independent_within_pairs_and_no_control() -> None:
    source = _explored()
    sample = source.sample("train", 8192, 0)
    assert [spec.name for spec in source.controls] == ["x"]
    assert sample.style is not None
    first, second = (sample.style[rows, 0] for rows in sample.index.T)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.06
    x, x_next = (sample.controls[rows, 0] for rows in sample.index.T)
    assert np.corrcoef(x, x_next)[0, 1] == pytest.approx(0.8, abs=0.03)
    rows = np.arange(5)
    np.testing.assert_allclose(source.frames(sample, rows)[:, :2], np.hstack([sample.controls, sample.style])[:5])


def test_another_draw_of_style_keeps_controls_and_pairs() -> None:
    source = _explored()
    one, other = source.sample("test", 64, 0), source.restyled().sample("test", 64, 0)
    np.testing.assert_array_equal(one.controls, other.controls)
    np.testing.assert_array_equal(one.index, other.index)
    assert one.style is not None
    assert other.style is not None
    assert abs(np.corrcoef(one.style[:, 0], other.style[:, 0])[0, 1]) < 0.5


def test_datasets_of_another_style_have_keys_of_their_own() -> None:
    world = WORLDS["toy-vectors"].model_validate({})
    keys = {
        specify(source, "test", 64, 0).key
        for source in (
            Canonical(world, style=("x",)),
            Canonical(world, style=("y",)),
            Canonical(world, style=("y",)).restyled(),
        )
    }
    assert len(keys) == 3


@pytest.mark.parametrize(("style", "said"), [(["z"], "control of style"), (["x", "y"], "style"), (["y", "y"], "twice")])
def test_impossible_style_is_refused(settings: dict[str, Any], tmp_path: Path, style: list[str], said: str) -> None:
    with pytest.raises((InvalidStudy, InvalidValue, UnknownName), match=said):
        _loaded(settings, tmp_path, style=style)


@pytest.mark.parametrize(
    "regime", [{"name": "yaw-only", "control": "y"}, {"name": "confined", "centre": {"y": 0.5}, "spread": {"y": 0.2}}]
)
def test_an_exploration_that_names_a_control_of_style_is_named(
    settings: dict[str, Any], tmp_path: Path, regime: dict[str, Any]
) -> None:
    with pytest.raises(InvalidStudy, match=r"style = \['y'\]: the exploration moving names y.*in one of the two"):
        _loaded(settings, tmp_path, style=["y"], regimes={"gaussian": {}, "moving": regime}, references={})


def test_the_audit_leaves_style_out_of_what_must_be_found(
    settings: dict[str, Any], tmp_path: Path, few_predicted: None
) -> None:
    found = audit_study(_loaded(settings, tmp_path))
    assert isinstance(found, Audit)
    subjects = {gate.subject.removeprefix("gaussian: ") for gate in found.gates}
    assert "x" in subjects
    assert "y" not in subjects


def test_a_study_scores_how_far_style_is_ignored(
    settings: dict[str, Any], tmp_path: Path, store: Store, few_predicted: None
) -> None:
    study = _loaded(settings, tmp_path)
    results = run_study(study, tmp_path / "out", store=store)
    runs = {run.id: run for run in results.runs}
    trained = runs["gaussian__lejepa__seed0"]
    assert set(trained.recovery.r2_per_control) == {"x"}
    assert trained.recovery.r2 > 0.8
    style = trained.recovery.style
    assert style is not None
    assert style.invariance > 0.8
    assert style.r2_per_style["y"] < 0.2
    assert style.variance_in_regime == pytest.approx(1 - style.invariance, abs=0.1)
    assert not trained.recovery.bound.applies
    assert all(run.recovery.style is None for run in runs.values() if run.role == "pixels")
