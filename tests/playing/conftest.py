"""What the page's tests share: a short study of the room with trained encoders, and a browser with WebGL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forked import run_command
from reports.chromium import SOFTWARE_GL, Chromium

SHORT = [
    "regimes={gaussian: {rho: 0.5, clip: 16}, cinematic: {}}", "references={supervised_on: null, pixels: false}",
    "world.size=16", "hypotheses=[]", "expect={}", "frames=512", "heldout_frames=128", "probe_frames=256",
    "test_frames=128", "training.steps=30",
]  # fmt: skip


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder of a study of the room that trained two encoders; not to be changed."""
    folder = tmp_path_factory.mktemp("played") / "run"
    done = run_command(["run", "camera", *SHORT, "--preset", "smoke", "--out", str(folder)], few_predicted=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def painter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser with WebGL."""
    with Chromium(tmp_path_factory.mktemp("profile"), SOFTWARE_GL) as chromium:
        yield chromium
