"""What cannot be run is refused before any work: no frame is drawn, nothing is trained, no folder is claimed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from toy import ToyWorld
from worldprobe._util import memory
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue, MissingDependency, NotEnoughRoom, Unreachable, WorldprobeError
from worldprobe.study import run_study
from worldprobe.study.load import study_of
from worldprobe.world import WORLDS


class Undrawable(ToyWorld):
    """A world that lacks what draws it, or draws what it does not declare."""

    fault: str = Field("missing")

    def observe(self, z: np.ndarray) -> np.ndarray:
        if self.fault == "missing":
            raise MissingDependency("a driver", "drawing", "apt-get install driver")
        return super().observe(z)[:, 1:]


if "toy-undrawable" not in WORLDS:
    WORLDS.register("toy-undrawable")(Undrawable)

FRAMES = {"world": {"name": "toy-frames"}, "encoder": {"name": "patchify"}, "training": {"steps": 60, "batch": 128}}
REFUSED: list[tuple[dict[str, Any], type[WorldprobeError], str]] = [
    ({"d": 100_000}, InvalidValue, r"probe_frames = 256 .*100,002 or more, for d = 100,000"),
    ({"d": 255}, InvalidValue, r"probe_frames = 256 .*257 or more"),
    ({"d": 127}, InvalidValue, r"heldout_frames = 256 .*258 or more.*half of them"),
    (
        {"encoder": {"name": "mlp", "width": 1e6}},
        NotEnoughRoom,
        "an encoder of .* weights.*Lower the encoder",
    ),
    ({"encoder": {"name": "mlp", "width": 10**30}}, InvalidValue, r"encoder = .*a network that torch can make"),
    ({"encoder": {"name": "patchify"}}, InvalidValue, "observation shape"),
    ({"encoder": {"name": "inverse-coupling"}}, InvalidValue, "d = 2 .*6, as many as the observation"),
    ({**FRAMES, "world": {"name": "toy-frames", "size": 33}}, InvalidValue, "frame size = 33"),
    ({**FRAMES, "world": {"name": "toy-undrawable"}}, MissingDependency, "a driver is missing"),
    ({**FRAMES, "world": {"name": "toy-undrawable", "fault": "shape"}}, InvalidValue, "as the world declares"),
    ({"frames": 200}, InvalidValue, r"training\.batch = 128 .*at most frames / 2 = 100"),
    ({"frames": 10**15}, NotEnoughRoom, r"controls and pairs of 1,000.* frames; .* Lower frames\."),
    ({"heldout_frames": 10**15}, NotEnoughRoom, "controls and pairs of"),
    ({"planning": {"pairs": 10**12}}, NotEnoughRoom, r"the planner's plans.*Lower planning\.pairs"),
    ({"planning": {"population": 10**12}}, NotEnoughRoom, "the planner's plans"),
    ({"planning": {"library": 10**12}}, NotEnoughRoom, "frames of"),
    ({"planning": {"steps": 1}}, Unreachable, "steps = 1"),
    ({"planning": {"apart": 5.65, "reach": 2.83}}, InvalidValue, r"planning\.apart = 5\.65"),
    ({"regimes": {"cinematic": {}}, "references": {}}, WorldprobeError, "truck"),
    ({"regimes": {"policy": {}}, "references": {}}, WorldprobeError, "joint|shoulder"),
    ({"axes": {"d": {"key": "d", "values": [2, 5000]}}}, InvalidValue, "d = 5,000"),
]


@pytest.mark.parametrize(("changes", "kind", "message"), REFUSED)
def test_what_cannot_be_run_is_refused_before_any_work(
    changes: dict[str, Any], kind: type[WorldprobeError], message: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    own = {key: value for key, value in settings.items() if key != "presets"}
    start = time.perf_counter()
    with pytest.raises(kind, match=message):
        run_study(study_of({**own, **changes}, "toy"), tmp_path / "out", store=Store(tmp_path / "datasets"))
    assert time.perf_counter() - start < 20.0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_container_s_limit_is_the_memory_that_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = memory.total_bytes()
    assert whole is not None
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "unlimited").write_text("max\n")
    monkeypatch.setattr(memory, "CGROUP_LIMITS", (tmp_path / "unlimited", tmp_path / "absent"))
    assert memory.total_bytes() >= whole
    monkeypatch.setattr(memory, "CGROUP_LIMITS", (tmp_path / "memory.max",))
    assert memory.total_bytes() == 1_000_000
