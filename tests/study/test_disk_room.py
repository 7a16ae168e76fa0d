"""The disk that a whole study needs, for frames, weights and results, is known before its first frame is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from worldprobe.datasets import Store
from worldprobe.errors import NotEnoughRoom
from worldprobe.study import Study, load_study, run_study
from worldprobe.study.cells import RunRole
from worldprobe.study.disk_room import REPORT_BYTES, result_bytes
from worldprobe.study.network_size import parameter_count
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study

SMALL = {
    "world": {"name": "toy-frames"},
    "encoder": {"name": "patchify", "width": 8, "token": 8, "hidden": 16},
    "frames": 256,
    "heldout_frames": 64,
    "probe_frames": 128,
    "test_frames": 128,
    "training": {"steps": 2, "batch": 32},
}
NEED = (2 * (256 + 64) + 128 + 128 + 256) * 16 * 16 * 3
"""Bytes of the frames: two regimes, the probe's points, the test points, and the 256 that raw pixels are fitted on."""


PLENTY = 10**12
DISKS = "worldprobe.study.disk_room._disk", "worldprobe.study.disk_room._free"


@pytest.fixture
def study(settings: dict[str, Any], tmp_path: Path) -> Any:
    """A function that gives a small study of frames, with some settings changed."""
    path = tmp_path / "frames.yaml"
    path.write_text(yaml.safe_dump(settings | SMALL), encoding="utf8")
    return lambda *overrides: load_study(path, overrides)


@pytest.fixture
def run(study: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that runs the study with so many bytes free for frames, and so many for weights and results.

    `results` is None where both are on one disk.
    """

    def with_free(free: int, *overrides: str, out: str = "out", results: int | None = None) -> None:
        store = tmp_path / "datasets"
        monkeypatch.setattr(DISKS[0], lambda folder: results is not None and folder == store)
        monkeypatch.setattr(DISKS[1], lambda folder: free if results is None or folder == store else results)
        run_study(study(*overrides), tmp_path / out, store=Store(store))

    return with_free


def planned_bytes(study: Study, out: Path) -> int:
    return result_bytes(plan_study(study, "cpu"), StudyFolder(out))


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_what_does_not_fit_is_refused_before_any_frame_and_what_is_there_counts(
    run: Any, study: Any, tmp_path: Path
) -> None:
    with pytest.raises(NotEnoughRoom, match=r"frames need 1 MB more in .*datasets.*fewer frames.*WORLDPROBE_CACHE"):
        run(NEED - 1, results=PLENTY)
    results = planned_bytes(study(), tmp_path / "out")
    with pytest.raises(NotEnoughRoom, match=r"weights and results need \d+ MB in .*out, where \d+ MB are free.*--out"):
        run(PLENTY, results=results - 1)
    with pytest.raises(NotEnoughRoom, match=r"1 MB are free, after the \d+ MB of its weights and results"):
        run(NEED + results - 1)
    assert not (tmp_path / "datasets").exists()
    assert not (tmp_path / "out" / "study.yaml").exists()
    run(NEED + results)
    run(0)  # all is there
    run(0, out="again", results=results)  # every data set is there
    with pytest.raises(NotEnoughRoom):
        run(64 * 16 * 16 * 3 - 1, "heldout_frames=66", out="larger", results=PLENTY)


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_a_study_writes_no_more_than_was_asked_for(study: Any, tmp_path: Path) -> None:
    made = study("encoder.width=64")
    need = planned_bytes(made, tmp_path / "out") - REPORT_BYTES
    run_study(made, tmp_path / "out", store=Store(tmp_path / "datasets"))
    wrote = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert wrote < need < 10 * wrote
    assert planned_bytes(made, tmp_path / "out") == 0


def test_weights_count_for_every_run_and_a_checkpoint_for_the_largest_group(study: Any, tmp_path: Path) -> None:
    narrow, wide = study("encoder.width=8", "seeds=[0,1]"), study("encoder.width=256", "seeds=[0,1]")
    groups = plan_study(wide, "cpu").groups
    trained = [sum(cell.role in (RunRole.MEASURED, RunRole.CEILING) for cell in group) for group in groups]
    # A float32 of every weight is kept; of a checkpoint's three, two copies are there at a time.
    more = (parameters(wide) - parameters(narrow)) * (4 * sum(trained) + 2 * 12 * max(trained))
    assert planned_bytes(wide, tmp_path) - planned_bytes(narrow, tmp_path) == more


def parameters(study: Study) -> int:
    return parameter_count(study.encoder, study.observation_shape, study.dimensions)
