"""A recording as a world: splits that share no row, frames of their own states, and a study from end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from worldprobe.cli import app
from worldprobe.datasets import Store, canonical, exploration
from worldprobe.errors import InvalidValue, on_command_line
from worldprobe.explore import REGIMES
from worldprobe.recordings.recorded_world import SPLITS, RecordedWorld
from worldprobe.reports import write_report
from worldprobe.results import load_audit
from worldprobe.study import run_study
from worldprobe.study.audit_study import keep_audit
from worldprobe.study.recorded_study import recorded_study
from worldprobe.world import WORLDS

pytestmark = pytest.mark.slow


def _log(folder: Path, episodes: int, rows: int = 12) -> Path:
    """Write random walks of a dot: frames of 16 x 16 whose bright square stands where the state says."""
    rng = np.random.default_rng(0)
    steps = rng.standard_normal((episodes, rows, 2)) * np.array([1.0, 0.5])
    state = (0.9 * steps + 3.0 * rng.standard_normal((episodes, 1, 2))).reshape(-1, 2).astype(np.float32)
    place = np.clip(np.rint(state + 7), 0, 13).astype(int)
    frames = np.zeros((len(state), 16, 16, 3), dtype=np.uint8)
    for row, (x, y) in enumerate(place):
        frames[row, y : y + 3, x : x + 3] = 255
    path = folder / "dots.npz"
    np.savez(path, state=state, pixels=frames, episode=np.arange(episodes).repeat(rows))
    return path


@pytest.mark.parametrize(("episodes", "rows"), [(40, 12), (1, 400)])
def test_splits_share_no_row_and_hold_them_all(tmp_path: Path, episodes: int, rows: int) -> None:
    world = RecordedWorld(path=_log(tmp_path, episodes, rows), states=("state",))
    parts = {split: {z.tobytes() for z in world.shown(split)[0]} for split in SPLITS}
    assert sum(len(part) for part in parts.values()) == episodes * rows
    assert len(set.union(*parts.values())) == episodes * rows
    assert len(parts["train"]) == pytest.approx(0.7 * episodes * rows, rel=0.05)


def test_pairs_stay_within_an_episode(tmp_path: Path) -> None:
    world = RecordedWorld(path=_log(tmp_path, 40), states=("state",), stride=3)
    controls, index = world.shown("train")
    assert len(index) == len(controls) // 12 * (12 - 3)
    assert (index[:, 0] // 12 == index[:, 1] // 12).all()


def test_a_state_shows_its_own_frame_and_another_state_none(tmp_path: Path) -> None:
    path = _log(tmp_path, 40)
    world = RecordedWorld(path=path, states=("state",), size=8)
    controls, _ = world.shown("test")
    kept = np.load(path)
    rows = [int(np.argmin(((world.recording.states - z) ** 2).sum(axis=1))) for z in controls[:5]]
    means = kept["pixels"][rows].reshape(5, 8, 2, 8, 2, 3).mean(axis=(2, 4))
    assert np.abs(world.observe(controls[:5]).astype(float) - means).max() <= 1
    with pytest.raises(InvalidValue, match="not recorded"):
        world.observe(controls[:1] + 0.5)


def test_a_recording_is_explored_as_recorded_and_nothing_else_is(tmp_path: Path) -> None:
    world = RecordedWorld(path=_log(tmp_path, 40), states=("state",))
    assert len(exploration(world, REGIMES["recorded"](), 64, 0).pairs.index) == 28 * 11
    assert canonical(world, 64, 0).frames == 4 * 12
    with pytest.raises(InvalidValue, match="recorded"):
        exploration(world, REGIMES["gaussian"](), 64, 0)
    with pytest.raises(InvalidValue, match="recorded"):
        exploration(WORLDS["spiral"](), REGIMES["recorded"](), 64, 0)


def test_a_recording_without_frames_or_with_a_state_that_never_moves_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bare.npz", state=np.random.default_rng(0).standard_normal((50, 2)))
    with pytest.raises(InvalidValue, match="frames="):
        _ = RecordedWorld(path=tmp_path / "bare.npz").controls
    kept = np.load(_log(tmp_path, 4))
    np.savez(tmp_path / "still.npz", state=kept["state"] * [1, 0], pixels=kept["pixels"])
    with pytest.raises(InvalidValue, match="columns that move"):
        _ = RecordedWorld(path=tmp_path / "still.npz").controls


def test_a_recording_is_audited_trained_on_measured_and_reported(tmp_path: Path) -> None:
    study = recorded_study(RecordedWorld(path=_log(tmp_path, 40), states=("state",), size=16))
    study = study.model_copy(update={"training": study.training.model_copy(update={"steps": 30})})
    out = tmp_path / "out"
    keep_audit(study, out)
    results = run_study(study, out, store=Store(tmp_path / "datasets"))
    assert [run.role for run in results.runs] == ["measured", "ceiling", "floor", "pixels"]
    assert results.explorations[0].frames == 28 * 12
    assert load_audit(out) is not None
    page = write_report(out).read_text(encoding="utf8")
    assert "What the audit found before training" in page
    assert "stretches of the recording that were kept out of training" in page


def test_the_command_keeps_the_audit_of_states_alone_and_says_what_training_needs(tmp_path: Path) -> None:
    steps = np.random.default_rng(0).standard_normal((3000, 2))
    np.savez(tmp_path / "log.npz", state=steps.astype(np.float32))
    given = ["audit", "--data", str(tmp_path / "log.npz"), "--states", "state"]
    CliRunner().invoke(app, [*given, "--out", str(tmp_path / "kept")])
    kept = load_audit(tmp_path / "kept")
    assert kept is not None
    assert any(gate.gate == "prediction" for gate in kept.gates)
    assert "--out" in str(CliRunner().invoke(app, [*given, "--train"]).exception)
    with on_command_line():
        refused = CliRunner().invoke(app, [*given, "--train", "--out", str(tmp_path / "kept")]).exception
    assert "--frames" in str(refused)
