"""The disk that a whole study needs is known before its first frame is drawn."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from worldprobe.datasets import Store
from worldprobe.datasets.store import SPARE_BYTES
from worldprobe.errors import NotEnoughRoom
from worldprobe.study import load_study, run_study

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


@pytest.fixture
def run(settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that runs a study of frames with so many bytes free on the disk."""
    path = tmp_path / "frames.yaml"
    path.write_text(yaml.safe_dump(settings | SMALL), encoding="utf8")

    def with_free(free: int, *overrides: str, out: str = "out") -> None:
        usage = SimpleNamespace(free=SPARE_BYTES + free)
        monkeypatch.setattr("worldprobe.study.disk_room.shutil", SimpleNamespace(disk_usage=lambda _: usage))
        run_study(load_study(path, overrides), tmp_path / out, store=Store(tmp_path / "datasets"))

    return with_free


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_what_does_not_fit_is_refused_before_any_frame_and_what_is_there_counts(run: Any, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughRoom, match=r"need 1 MB more in .*datasets.*fewer frames.*WORLDPROBE_CACHE"):
        run(NEED - 1)
    assert not (tmp_path / "datasets").exists()
    assert not (tmp_path / "out" / "study.yaml").exists()
    run(NEED)
    run(0, out="again")  # every data set is there
    with pytest.raises(NotEnoughRoom):
        run(64 * 16 * 16 * 3 - 1, "heldout_frames=66", out="larger")
