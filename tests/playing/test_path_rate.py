"""A path is played at the rate that is asked for, whatever the rhythm of the thread that draws."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from playing.fake_client import FakeGui
from worldprobe.playing.paths import PathPanel


@pytest.mark.parametrize("tick", [0.02, 0.025, 0.031])
def test_states_a_second_are_those_asked_for(tick: float) -> None:
    shown: list[object] = []
    subject = SimpleNamespace(controls=[0, 1], free=True)
    viewer = SimpleNamespace(subject=subject, stage=SimpleNamespace(ask=lambda: None), go=shown.append)
    panel = PathPanel(FakeGui(), viewer)  # type: ignore[arg-type]
    panel.rate = 30
    panel.play()
    for now in np.arange(100.0, 104.0, tick):
        panel.advance(float(now))
    assert len(shown) == pytest.approx(120, abs=2)
