"""A study that plans: every encoder is put to one trial, and better recovery buys better plans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from toy import STUDY
from worldprobe.datasets import Store
from worldprobe.errors import InvalidStudy, NoResults, UnknownName, Unreachable, WrongWorld
from worldprobe.planning import Library, Tasks, straight_lines
from worldprobe.study import Results, load_study, run_study, study_predictions
from worldprobe.study.contact_sheets import GAP
from worldprobe.study.planning_benchmark import trained_encoder
from worldprobe.world import WORLDS

pytestmark = pytest.mark.slow

PLANNING = {"pairs": 12, "library": 1500, "experience": 600, "transitions": ["linear"], "population": 48}


def _file(folder: Path, world: str = "toy-vectors", **planning: object) -> Path:
    study = STUDY | {"world": {"name": world}, "planning": PLANNING | planning}
    if world == "toy-frames":
        small = {"frames": 256, "heldout_frames": 64, "training": {"steps": 3, "batch": 32}}
        study |= small | {"encoder": {"name": "patchify", "width": 8, "token": 8, "hidden": 16}}
    path = folder / "planning.yaml"
    path.write_text(yaml.safe_dump(study), encoding="utf8")
    return path


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    folder = tmp_path_factory.mktemp("planned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_predictions, "FRAMES", 2000)  # predictions are tested elsewhere
        results = run_study(load_study(_file(folder)), folder / "out", store=Store(folder / "datasets"))
    return folder / "out", results


def test_every_encoder_is_planned_with_and_pixels_are_not(planned: tuple[Path, Results]) -> None:
    runs = planned[1].runs
    assert {run.role for run in runs if run.planning is None} == {"pixels"}
    first = runs[0].planning
    assert first is not None
    assert set(first.reached) == {"linear", "oracle"}
    assert (first.pairs, first.reached["oracle"].success) == (12, 1.0)
    assert first.reached["oracle"].cost == pytest.approx(1.0)


def test_better_recovery_buys_better_plans(planned: tuple[Path, Results]) -> None:
    by = {run.id: run for run in planned[1].runs}
    told, narrow = (by[name].planning for name in ("gaussian__supervised__seed0", "narrow__lejepa__seed0"))
    assert told is not None
    assert narrow is not None
    assert told.lines[3].cost.mean < narrow.lines[3].cost.mean
    assert told.lines[3].cost.ci95[0] < told.lines[3].cost.mean < told.lines[3].cost.ci95[1]
    assert told.lines[3].cost.mean < 1.05 * told.lines[3].cost_of_controls
    assert told.reached["linear"].success == 1.0
    assert told.reached["linear"].transition_r2 == pytest.approx(1.0, abs=0.1)


def test_paths_are_kept_from_start_to_goal_and_are_what_the_numbers_say(planned: tuple[Path, Results]) -> None:
    folder, results = planned
    run = results.runs[0]
    arrays = np.load(folder / "runs" / run.id / "arrays.npz")
    lines, oracle, reached = (arrays[f"plan_{name}"].astype(float) for name in ("lines_10", "oracle", "linear"))
    np.testing.assert_allclose(oracle[:, [0, -1]], lines[:, [0, -1]], atol=1e-6)
    np.testing.assert_allclose(reached[:, 0], lines[:, 0], atol=1e-6)
    straight = np.linalg.norm(lines[:, -1] - lines[:, 0], axis=1)
    walked = np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(axis=1)
    assert run.planning is not None
    assert (walked / straight).mean() == pytest.approx(run.planning.lines[10].cost.mean, rel=1e-5)
    gap = np.abs(reached[:, -1] - lines[:, -1]).max(axis=1)
    assert (gap <= 0.2).mean() == run.planning.reached["linear"].success


def test_encoder_that_a_run_left_plans_as_it_did_and_in_its_own_world_alone(planned: tuple[Path, Results]) -> None:
    folder, results = planned
    run = results.runs[0]
    encoder, world = trained_encoder(folder, run.id), WORLDS["toy-vectors"]()
    z = np.random.default_rng(0).standard_normal((500, 2))
    tasks = Tasks(z[:5], z[5:10])
    assert straight_lines(encoder, world, Library.of(world, z), tasks).mean >= 1.0
    with pytest.raises(WrongWorld, match="world was 'toy-vectors', is 'spiral'"):
        straight_lines(encoder, WORLDS["spiral"](), Library.of(world, z), tasks)
    with pytest.raises(UnknownName, match="Did you mean 'gaussian__lejepa__seed0'"):
        trained_encoder(folder, "gaussian__lejepa__seed1")
    with pytest.raises(NoResults, match=r"no study\.yaml"):
        trained_encoder(folder / "runs", run.id)


@pytest.mark.usefixtures("few_predicted")
def test_world_of_frames_leaves_a_film_of_both_paths(tmp_path: Path) -> None:
    study = load_study(_file(tmp_path, "toy-frames", pairs=3, library=64, experience=64, steps=40))
    results = run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"))
    film = np.asarray(Image.open(tmp_path / "out" / "runs" / results.runs[0].id / "plan.png"))
    assert film.shape == (2 * 128 + GAP, 8 * 128 + 7 * GAP, 3)
    np.testing.assert_array_equal(film[:128, :128], film[128 + GAP :, :128])  # both set out from the same start
    assert not (tmp_path / "out" / "runs" / "canonical__pixels__seed0" / "plan.png").exists()


def test_the_impossible_is_refused_before_any_training(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="steps = 2"):
        run_study(load_study(_file(tmp_path, steps=2)), tmp_path / "out", store=Store(tmp_path / "datasets"))
    assert not (tmp_path / "datasets").exists()
    with pytest.raises(InvalidStudy, match=r"planning\.tolerance = 0: .*greater than 0"):
        load_study(_file(tmp_path, tolerance=0))
