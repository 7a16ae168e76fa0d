"""The study of the arm: both regimes vary on an axis of their own, and what is published stands at its points."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from worldprobe._util.seeds import stream
from worldprobe.datasets import Store
from worldprobe.measures.probes import fit_probe
from worldprobe.reports.quoted_values import Quoted
from worldprobe.stats.r2 import r2_per_column
from worldprobe.study import Results, Study, load_study, run_study
from worldprobe.study import study_predictions as predicting
from worldprobe.study.cells import RunRole, cells

pytestmark = pytest.mark.slow

RHO = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99]
STRIDES = [1, 2, 4, 8, 16, 32, 64]


def conditions(study: Study) -> Counter[tuple[str, tuple[str, ...]]]:
    return Counter((c.regime, tuple(c.axes)) for c in cells(study) if c.role is RunRole.MEASURED)


def test_every_regime_is_run_along_its_own_axis_alone() -> None:
    study = load_study("arm", ["axes.lambda.values=[1e-3]", "seeds=[0]"], "gpu")
    assert conditions(study) == {("gaussian", ("rho", "lambda")): 7, ("policy", ("stride", "lambda")): 7}
    assert {c.axes["rho"] for c in cells(study) if c.regime == "gaussian"} == set(RHO)
    assert {c.axes["stride"] for c in cells(study) if c.regime == "policy"} == set(STRIDES)


@pytest.mark.parametrize("name", ["arm", "arm-squashed"])
def test_every_published_value_has_a_point_with_the_papers_settings(name: str) -> None:
    study = load_study(name, preset="gpu")
    assert study.published is not None
    values = study.published.values
    assert [v.axes["rho"] for v in values if v.regime == "gaussian"] == RHO
    assert {(v.axes["stride"], v.control) for v in values if v.regime == "policy"} == {
        (stride, joint) for stride in STRIDES for joint in ("shoulder", "wrist")
    }
    assert {v.control for v in values} <= {None, *(spec.name for spec in study.world.controls)}


def test_what_wraps_around_leaves_096_of_the_studys_own_test_set() -> None:
    """Its 10,000 test points hold fewer angles beyond a half turn than is usual: the population leaves 0.935."""
    study = load_study("arm")
    points, within = {}, {}
    for split, frames in (("probe", study.probe_frames), ("test", study.test_frames)):
        points[split] = stream(study.canonical_seed, "canonical", split).standard_normal((frames, 2))
        within[split] = (points[split] + np.pi) % (2 * np.pi) - np.pi
    read = fit_probe(within["probe"], points["probe"])(within["test"])
    assert r2_per_column(points["test"], read) == pytest.approx([0.964, 0.954], abs=1e-3)


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The smoke preset of the study, made smaller still."""
    folder = tmp_path_factory.mktemp("arm")
    small = ["frames=128", "heldout_frames=64", "probe_frames=128", "test_frames=128", "references.pixels=false"]
    fast = ["training={steps: 2, batch: 16}", "encoder={name: patchify, width: 8, token: 8, hidden: 16}"]
    study = load_study("arm", [*small, *fast], "smoke")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predicting, "FRAMES", 2000)  # what the predictor finds is tested elsewhere
        return run_study(study, folder / "out", store=Store(folder / "datasets"))


def test_the_study_runs_and_tells_of_every_joint_what_a_picture_shows(smoke: Results) -> None:
    assert [(run.regime, run.axes) for run in smoke.runs] == [
        ("gaussian", {"rho": 0.7}),
        ("policy", {"stride": 16}),
        ("canonical", {}),
    ]
    for run in smoke.runs:
        assert list(run.recovery.cyclic) == list(run.recovery.r2_per_control) == ["shoulder", "wrist"]
    assert [control.period for control in smoke.controls] == pytest.approx([6.2832] * 2, abs=1e-4)


def test_a_published_value_of_one_joint_stands_beside_that_joint(smoke: Results) -> None:
    wrist = Quoted("policy", "lejepa", {"stride": 16}, 0.87, "wrist")
    assert wrist.best_of(smoke.summary) == next(s for s in smoke.summary if s.regime == "policy")
    run = next(run for run in smoke.runs if run.regime == "policy")
    assert wrist.ours(run) == run.recovery.r2_per_control["wrist"]
    assert Quoted("policy", "lejepa", {"stride": 16}, 0.5).ours(run) == run.recovery.r2
    assert Quoted("policy", "lejepa", {"stride": 1}, 0.5).best_of(smoke.summary) is None
