"""Several processes at work in one results folder: the same results, whoever makes them and whoever dies."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from worldprobe.datasets import Store
from worldprobe.results import Results
from worldprobe.study import load_study, run_study, study_predictions
from worldprobe.study.claim_folder import claim_folder
from worldprobe.study.claims import claimed
from worldprobe.study.machine import versions
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.worker_process import beside, processes_for

STUDY = {
    "name": "beside",
    "title": "Beside",
    "question": "Does it matter who trains?",
    "world": {"name": "spiral"},
    "regimes": {"gaussian": {"rho": 0.8}},
    "objectives": {"lejepa": {"lambda": 0.05}, "whitening": {"weight": 0.5}},
    "encoder": {"name": "mlp", "width": 16, "depth": 1},
    "frames": 512,
    "heldout_frames": 128,
    "probe_frames": 128,
    "test_frames": 128,
    "training": {"steps": 30, "batch": 64, "lr": 0.01},
    "seeds": [0],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the study is run once by one process, and its frames are."""
    return tmp_path_factory.mktemp("alone")


@pytest.fixture(scope="module")
def study(place: Path) -> Study:
    path = place / "beside.yaml"
    path.write_text(yaml.safe_dump(STUDY), encoding="utf8")
    return load_study(path)


@pytest.fixture(scope="module")
def alone(study: Study, place: Path) -> Results:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study_predictions, "FRAMES", 2000)
        return run_study(study, place / "alone", store=Store(place / "datasets"))


def weights(folder: Path, run: str) -> list[np.ndarray]:
    state = torch.load(folder / "runs" / run / "encoder.pt", weights_only=True)
    return [value.numpy() for value in state.values()]


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_a_process_beside_makes_what_this_one_would(study: Study, alone: Results, place: Path, tmp_path: Path) -> None:
    plan, folder, store = plan_study(study, "cpu"), StudyFolder(tmp_path / "out"), Store(tmp_path / "datasets")
    claim_folder(folder, study, versions())
    with beside(plan, folder, store, 1):
        limit = time.monotonic() + 120
        while any(folder.finished_run(cell.id) is None for cell in plan.runs):
            assert time.monotonic() < limit, "the process beside did not make the runs"
            time.sleep(0.1)
    made = {path: path.stat().st_mtime_ns for path in folder.root.glob("runs/*/run.json")}
    results = run_study(study, folder.root, store=store)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert [run.recovery for run in results.runs] == [run.recovery for run in alone.runs]
    for run in alone.runs:
        if run.role == "measured":
            pairs = zip(weights(folder.root, run.id), weights(place / "alone", run.id), strict=True)
            assert all(np.array_equal(found, wanted) for found, wanted in pairs)
    assert not folder.claims.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_two_processes_give_what_one_gives(study: Study, alone: Results, place: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "datasets")
    results = run_study(study, tmp_path / "out", store=store, processes=2)
    assert [run.recovery for run in results.runs] == [run.recovery for run in alone.runs]
    arrays = [
        np.load(folder / "runs" / alone.runs[0].id / "arrays.npz") for folder in (place / "alone", tmp_path / "out")
    ]
    assert all(np.array_equal(arrays[0][key], arrays[1][key]) for key in arrays[0].files)


def test_a_claim_is_one_process_s_until_it_ends(study: Study, tmp_path: Path) -> None:
    folder, (first, *others) = StudyFolder(tmp_path), plan_study(study, "cpu").groups
    with claimed(folder, first) as mine, claimed(folder, first) as again, claimed(folder, others[0]) as another:
        assert (mine, again, another) == (True, False, True)
    with claimed(folder, first) as mine:
        assert mine


def test_short_trainings_are_not_worth_a_process(study: Study, tmp_path: Path) -> None:
    plan, folder = plan_study(study, "cpu"), StudyFolder(tmp_path / "out")
    assert processes_for(plan, folder) == 1
    long = study.model_copy(update={"training": study.training.model_copy(update={"steps": 100_000})})
    assert processes_for(plan_study(long, "cpu"), folder) >= 1
