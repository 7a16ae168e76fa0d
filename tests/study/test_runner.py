"""Running a study: what it writes, what it never redoes, what a kill or an edit cannot lose."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from forked import Forked, execute
from toy import STUDY
from worldprobe.datasets import Store
from worldprobe.errors import DamagedData, InvalidValue, NoResults, StudyChanged, TrainingDiverged
from worldprobe.reports import write_report
from worldprobe.study import Results, conclude_study, load_study, run_study
from worldprobe.study.cells import cells
from worldprobe.study.execution import Share
from worldprobe.study.resumable_run import run_share
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_frames import Clock
from worldprobe.study.study_plan import plan_study
from worldprobe.train.lambda_window import lambda_window

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """A finished study, shared by the tests that only read it."""
    folder = tmp_path_factory.mktemp("finished")
    results = _run_in(folder)
    return folder, results


@pytest.fixture
def copied(finished: tuple[Path, Results], tmp_path: Path) -> Path:
    """The folder of a finished study and of its frames, to change or damage."""
    return Path(shutil.copytree(finished[0], tmp_path / "copied"))


def _run_in(folder: Path, *overrides: str) -> Results:
    return run_study(load_study(_written(folder), overrides), folder / "out", store=Store(folder / "datasets"))


def _written(folder: Path) -> Path:
    path = folder / "toy.yaml"
    path.write_text(yaml.safe_dump(STUDY), encoding="utf8")
    return path


def _results(folder: Path) -> Results:
    return StudyFolder(folder).previous_results()


@pytest.mark.slow
def test_every_cell_has_a_run_and_every_regime_an_exploration(finished: tuple[Path, Results]) -> None:
    folder, results = finished
    assert [run.id for run in results.runs] == [cell.id for cell in cells(load_study(_written(folder)))]
    assert [run.role for run in results.runs] == ["measured", "ceiling", "measured", "floor", "pixels"]
    assert [exploration.label for exploration in results.explorations] == ["gaussian", "narrow"]
    assert len(results.summary) == len(results.runs)


@pytest.mark.slow
def test_a_study_stopped_after_its_first_runs_has_evidence_and_causes(tmp_path: Path) -> None:
    def stop(folder: Path) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_study(load_study(_written(tmp_path)), out, store=Store(tmp_path / "datasets"), after_run=stop)
    found = Results.load(out)
    assert len(found.runs) < len(cells(load_study(_written(tmp_path))))
    assert [exploration.label for exploration in found.explorations] == ["gaussian", "narrow"]
    assert all(exploration.predicted["sigreg"].r2 is not None for exploration in found.explorations)
    assert found.decomposition
    assert found.decomposition[0].ideal is not None
    assert found.runs[0].seconds.render > 0.0


def test_frames_are_charged_once_to_the_first_runs_that_read_them() -> None:
    clock = Clock()
    clock.spent("train", 8.0)
    clock.spent("sheet", 4.0)
    with clock.charge() as first:
        clock.spent("train", 0.5)
        clock.spent("test", 2.0)
    with clock.charge() as second:
        clock.spent("train", 0.25)
    assert (first.seconds, second.seconds) == (10.5, 0.25)


def test_broad_exploration_recovers_more_than_narrow_and_less_than_the_ceiling(finished: tuple[Path, Results]) -> None:
    r2 = {run.id: run.recovery.r2 for run in finished[1].runs}
    assert r2["gaussian__lejepa__seed0"] > 0.9
    assert r2["narrow__lejepa__seed0"] < r2["gaussian__lejepa__seed0"] < r2["gaussian__supervised__seed0"]


def test_what_every_run_is_missing_is_told_in_parts_that_sum_to_it(finished: tuple[Path, Results]) -> None:
    results = finished[1]
    runs = {run.id: run for run in results.runs}
    assert [part.run for part in results.decomposition] == ["gaussian__lejepa__seed0", "narrow__lejepa__seed0"]
    for part in results.decomposition:
        for control, p in part.controls.items():
            told = [p.regime, p.scene, p.data, p.optimisation, p.unexplained]
            assert sum(x for x in told if x is not None) == pytest.approx(p.missing, abs=1e-9)
            assert p.missing == pytest.approx(1 - runs[part.run].recovery.r2_per_control[control], abs=1e-9)
    broad = results.decomposition[0]
    assert broad.refused is None
    assert all(p.regime is not None and p.regime < 0.02 for p in broad.controls.values())


def test_what_is_on_disk_is_what_was_returned_and_holds_no_nan(finished: tuple[Path, Results]) -> None:
    folder, results = finished
    text = (folder / "out" / "results.json").read_text(encoding="utf8")
    assert "NaN" not in text
    assert Results.load(folder / "out") == results


def test_the_truth_beside_every_run_is_the_same_canonical_test_set(finished: tuple[Path, Results]) -> None:
    folder, results = finished
    truths = [np.load(folder / "out" / "runs" / run.id / "arrays.npz")["truth"] for run in results.runs]
    assert all(np.array_equal(truths[0], truth) for truth in truths[1:])
    assert abs(truths[0].mean()) < 0.15
    assert truths[0].std() == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_one_seed_is_given_a_bootstrap_and_several_a_t_interval(finished: tuple[Path, Results], tmp_path: Path) -> None:
    assert {row.interval for row in finished[1].summary} == {"test points"}
    several = _run_in(tmp_path, "seeds=[0, 1, 2]", "training.steps=20")
    measured = next(row for row in several.summary if row.role == "measured")
    assert (measured.interval, measured.seeds) == ("seeds", 3)
    assert measured.r2.ci95[0] < measured.r2.mean < measured.r2.ci95[1]


def test_a_finished_run_is_never_redone(finished: tuple[Path, Results], copied: Path) -> None:
    stamps = {path: path.stat().st_mtime_ns for path in (copied / "out" / "runs").rglob("*") if path.is_file()}
    assert stamps
    assert _run_in(copied).runs == finished[1].runs
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_results_and_report_are_there_after_every_run_of_a_study_that_is_then_stopped(tmp_path: Path) -> None:
    seen: list[int] = []

    def after_run(folder: Path) -> None:
        seen.append(len(_results(folder).runs))
        write_report(folder)
        if len(seen) == 2:
            raise KeyboardInterrupt

    study = load_study(_written(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), after_run=after_run)
    assert seen == [2, 3]  # the two encoders that train as one stack, then the ceiling
    assert (tmp_path / "out" / "report.html").exists()
    kept = conclude_study(tmp_path / "out")
    assert [run.id for run in kept.runs] == [cell.id for cell in cells(study)][:3]
    assert [row.seeds for row in kept.summary] == [1, 1, 1]
    assert kept.seconds_total > 0
    whole = run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"))
    assert whole.runs[:3] == kept.runs
    assert len(whole.runs) == len(cells(study))
    assert conclude_study(tmp_path / "out") == whole


@pytest.mark.slow
def test_concluding_needs_no_torch_and_gives_what_the_run_gave(finished: tuple[Path, Results]) -> None:
    folder, results = finished
    before = (folder / "out" / "results.json").read_bytes()
    script = (
        "import sys\n"
        "class NoTorch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'torch': raise ImportError(name)\n"
        "sys.meta_path.insert(0, NoTorch())\n"
        "from pathlib import Path; from worldprobe.study.conclusion import conclude_study\n"
        f"print(len(conclude_study(Path({str(folder / 'out')!r})).runs))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(results.runs)
    assert (folder / "out" / "results.json").read_bytes() == before


def test_a_folder_without_a_finished_run_has_no_results(tmp_path: Path) -> None:
    with pytest.raises(NoResults, match=r"study\.yaml"):
        conclude_study(tmp_path)


def test_the_time_of_what_was_kept_counts_where_no_results_were_written_yet(
    finished: tuple[Path, Results], copied: Path
) -> None:
    spent = [run.seconds for run in finished[1].runs]
    for record in ("results.json", "execution.json"):
        (copied / "out" / record).unlink()
    assert _run_in(copied).seconds_total > sum(each.render + each.train + each.measure for each in spent)


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_the_same_study_gives_the_same_numbers_in_another_folder(
    finished: tuple[Path, Results], tmp_path: Path
) -> None:
    assert [run.recovery for run in _run_in(tmp_path).runs] == [run.recovery for run in finished[1].runs]


def test_an_edited_study_is_refused_naming_the_change_and_touches_nothing(copied: Path) -> None:
    before = (copied / "out" / "results.json").read_bytes()
    with pytest.raises(StudyChanged, match=r"regimes\.gaussian\.rho was 0\.8, is 0\.5.*another --out"):
        _run_in(copied, "regimes.gaussian.rho=0.5")
    assert (copied / "out" / "results.json").read_bytes() == before


def test_a_half_written_run_is_named(copied: Path) -> None:
    path = copied / "out" / "runs" / "gaussian__lejepa__seed0" / "run.json"
    path.write_text(path.read_text(encoding="utf8")[:100], encoding="utf8")
    with pytest.raises(DamagedData, match=r"gaussian__lejepa__seed0.*run again"):
        _run_in(copied)


@pytest.mark.usefixtures("few_predicted")
def test_a_diverging_training_stops_and_keeps_what_is_finished(tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match=r"training\.lr"):
        _run_in(tmp_path, "training.lr=1e30", "training.clip_norm=1e30")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.batch=4096", "training.batch = 4096.*frames / 2 = 1024"),
        ("frames=4000000000000", "GB of memory"),
        (
            "regimes.narrow.rho=0.0 objectives.lejepa.lambda=auto",
            r"objectives\.lejepa\.lambda = 'auto'.*controls of narrow's pairs have a correlation of 0\.00",
        ),
    ],
)
def test_the_impossible_is_refused_before_any_work(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(Exception, match=message):
        _run_in(tmp_path, *override.split())
    assert not (tmp_path / "datasets").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_lambda_auto_is_found_from_the_pairs_and_recorded(tmp_path: Path, few_predicted: None) -> None:
    settings = ["objectives.lejepa.lambda=auto", "training.steps=2", "references.supervised_on=null"]
    trained = [run.training for run in _run_in(tmp_path, *settings).runs if run.training]
    own = [lambda_window(1.0 - training.alignment_optimum / 2.0, 128).middle for training in trained]
    assert [training.regulariser_weight for training in trained] == pytest.approx(own)
    assert own[0] == pytest.approx(lambda_window(0.8, 128).middle) != own[1]


def test_a_gpu_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="auto, cpu or cuda"):
        run_study(load_study(_written(tmp_path)), tmp_path / "out", device="gpu")


def test_a_study_killed_in_training_continues_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    """Every start is a new process, as a user's is: what ran before in one may move its rounding."""
    assert _started_in(tmp_path / "a").wait().returncode == 0
    child = _started_in(tmp_path / "b")
    checkpoint = tmp_path / "b" / "out" / "runs" / "gaussian__supervised__seed0" / "checkpoint.pt"
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and child.process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.process.kill()
    child.wait()
    finished = tmp_path / "b" / "out" / "runs" / "gaussian__lejepa__seed0" / "run.json"
    stamp, kept = finished.stat().st_mtime_ns, checkpoint.exists()
    assert _started_in(tmp_path / "b").wait().returncode == 0
    assert kept
    assert finished.stat().st_mtime_ns == stamp
    whole, continued = (Results.load(tmp_path / name / "out") for name in "ab")
    assert [run.recovery for run in continued.runs] == [run.recovery for run in whole.runs]


def _started_in(folder: Path) -> Forked:
    """Start the toy study with many checkpoints, and predictions of few frames, in a process of its own."""
    folder.mkdir(exist_ok=True)
    path = _written(folder)
    script = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(HERE.parent)!r}]; import conftest\n"
        f"from pathlib import Path; from worldprobe.study import *; from worldprobe.datasets import Store\n"
        f"from worldprobe.study import study_predictions; study_predictions.FRAMES = 2000\n"
        f"study = load_study(Path({str(path)!r}), ['training.checkpoint_every=10', 'training.steps=200'])\n"
        f"run_study(study, Path({str(folder / 'out')!r}), store=Store(Path({str(folder / 'datasets')!r})))\n"
    )
    return Forked(execute, script)


@pytest.mark.slow
def test_shares_of_the_runs_add_up_to_the_study(tmp_path: Path, finished: tuple[Path, Results]) -> None:
    study, folder, store = load_study(_written(tmp_path)), tmp_path / "out", Store(tmp_path / "datasets")
    # Two encoders of one architecture are one of four groups.
    for number, made in ((3, 1), (1, 4), (2, 5)):
        run_share(study, folder, Share(number, 3), store=store)
        assert len(list(folder.glob("runs/*/run.json"))) == made
    assert not list(folder.glob("explorations/*.json")), "explorations are left to the study"
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/run.json")}
    results = run_study(study, folder, store=store)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what a share has made is not made again"
    assert [run.recovery for run in results.runs] == [run.recovery for run in finished[1].runs]
    assert [run.device for run in results.runs] == ["cpu", "cpu", "cpu", None, None]


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/", "/3", "a/b", "-1/3", "1/3/5"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="cells"):
        Share.parse(text)


def test_raw_pixels_are_fitted_on_as_many_frames_as_an_encoder_sees(
    tmp_path: Path, finished: tuple[Path, Results]
) -> None:
    frames = ["world={name: toy-frames}", "encoder={name: patchify}", "frames=1024"]
    study = load_study(_written(tmp_path), frames)
    assert study.probe_frames == 256 < study.pixel_frames == 1024
    assert load_study(_written(tmp_path), [*frames, "references.pixel_frames=300"]).pixel_frames == 300
    last = len(plan_study(study).groups)
    run_share(study, tmp_path / "out", Share(last, last), store=Store(tmp_path / "datasets"))
    pixels = StudyFolder(tmp_path / "out").finished_run("canonical__pixels__seed0")
    assert pixels is not None
    assert pixels.recovery.fitted_on == 1024
    assert {run.recovery.fitted_on for run in finished[1].runs} == {256}, "vectors are fitted on the probe's frames"
