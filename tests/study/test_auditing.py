"""Audits of a study and of a recording: every part is named, and the exit status follows the worst gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from worldprobe.explore.ornstein_uhlenbeck import ou_pairs
from worldprobe.recordings import read_recording
from worldprobe.study import load_study
from worldprobe.study.audit_sources import audit_recording
from worldprobe.study.audit_study import audit_study


@pytest.mark.slow
def test_a_study_s_audit_names_the_exploration_and_predicts_what_it_teaches(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    settings["frames"] = 40_000
    settings["regimes"] = {"gaussian": {"rho": 0.8}, "yaw-only": {"control": "x", "rho": 0.8}}
    path = tmp_path / "audited.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    audit = audit_study(load_study(path))
    predicted = {gate.subject: gate.value for gate in audit.gates if gate.gate == "prediction"}
    assert predicted["gaussian: x"] == pytest.approx(1.0, abs=0.02)
    assert predicted["yaw-only: y"] == pytest.approx(0.0, abs=0.02)
    assert audit.exit_status == 1
    assert not [g for g in audit.gates if g.verdict == "fail" and g.subject.startswith("gaussian: ")]


@pytest.mark.slow
def test_frames_that_leave_their_states_late_in_a_recording_fail(tmp_path: Path) -> None:
    """24,000 rows: frames 6,000 on are shuffled; what is looked at is spread over all of them."""
    rng = np.random.default_rng(0)
    state = ou_pairs(24_000, np.full(2, 0.9), 200, rng).controls
    x = np.arange(16) - 7.5
    across = (
        np.exp(-0.1 * (x - 3 * state[:, :1]) ** 2)[:, None, :] * np.exp(-0.1 * (x - 3 * state[:, 1:]) ** 2)[..., None]
    )
    frames = np.repeat((255 * across[..., None]).astype(np.uint8), 3, axis=3)
    frames[6000:] = frames[6000:][rng.permutation(18_000)]
    np.savez(tmp_path / "late.npz", state=state, pixels=frames, episode=np.arange(24_000) // 200)
    audit = audit_recording(read_recording(tmp_path / "late.npz"))
    assert {gate.gate for gate in audit.gates if gate.verdict == "fail"} & {"in-step", "readable"}
    assert audit.exit_status == 1


@pytest.mark.slow
def test_a_clean_recording_passes_and_a_squashed_one_does_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    walk = ou_pairs(20_000, np.full(2, 0.9), 200, rng).controls
    episode = np.repeat(np.arange(100), 200)
    for name, states in (("clean", 3.0 + 2.0 * walk), ("clipped", np.clip(walk, -0.5, 0.5))):
        np.savez(tmp_path / f"{name}.npz", states=states, episode=episode)
    clean, clipped = (
        audit_recording(read_recording(str(tmp_path / f"{name}.npz"), states=["states"], episode="episode"))
        for name in ("clean", "clipped")
    )
    assert clean.exit_status == 0
    assert clipped.exit_status == 1
