"""A recording with actions trains a predictor, which is scored along episodes that were kept out of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports.reading import written
from toy import ToyWorld
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue
from worldprobe.explore import Controlled
from worldprobe.study import run_study
from worldprobe.study.schema import Study

CLIPS, CLIP = 80, 20


def log_of(path: Path, actions: bool = True) -> Path:
    """The toy world, moved by actions, with one action fewer than frames in every episode."""
    world = ToyWorld()
    z, a = Controlled(clip=CLIP, coupled=False).closed_loop(2).sample(CLIPS, CLIP, np.random.default_rng(0))
    z, episode = z.reshape(-1, 2), np.repeat(np.arange(CLIPS), CLIP)
    columns = {control.name: control.physical(z[:, k]) for k, control in enumerate(world.controls)}
    if actions:
        columns["action"] = a[:, :-1].reshape(-1, 2)
    np.savez(path, pixels=world.observe(z), episode=episode, **columns)
    return path


def study_of(settings: dict[str, Any], log: Path) -> Study:
    for key in ("world", "regimes", "presets"):
        settings.pop(key)
    settings["sources"] = {"log": {"recording": str(log), "states": ["x", "y"], "size": 16}}
    settings["encoder"], settings["frames"] = {"name": "patchify", "width": 16, "token": 16, "hidden": 32}, None
    settings["objectives"] = {"lejepa-predictive": {"lambda": 0.05}}
    settings["training"] = {"steps": 20, "batch": 64, "lr": 0.01}
    settings["references"] = {"untrained": False, "pixels": False}
    return Study.model_validate(settings)


@pytest.mark.slow
def test_rollouts_along_the_log_are_kept_and_reported(settings: dict[str, Any], tmp_path: Path) -> None:
    study = study_of(settings, log_of(tmp_path / "log.npz"))
    (run,) = run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets")).runs
    assert run.transition is None
    assert run.along_log is not None
    assert run.along_log.horizons[0] == 1
    assert run.along_log.oracle[0] < run.along_log.mean_effect[0] < run.along_log.no_effect[0]
    table = written(tmp_path / "out").tables["Errors of rollouts by horizon"]
    assert table.rows[0][0] == "log, recorded actions"
    assert table.rows[0][2] == run.along_log.learned[0]


@pytest.mark.slow
def test_a_recording_without_actions_is_refused_before_any_work(settings: dict[str, Any], tmp_path: Path) -> None:
    study = study_of(settings, log_of(tmp_path / "log.npz", actions=False))
    with pytest.raises(InvalidValue, match=r"needs no actions: log has none"):
        run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"))
