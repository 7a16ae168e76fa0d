"""What a viewer chooses is what it is shown: sliders, paths, look-alikes, goals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from playing.fake_client import FakeClient
from worldprobe.audits.gates.world.perceptual_aliasing import ALIASING
from worldprobe.playing import goals
from worldprobe.playing.believers import Believers
from worldprobe.playing.drawing_thread import DrawingThread
from worldprobe.playing.own_paths import TOUR, tour
from worldprobe.playing.playable import open_playable
from worldprobe.playing.played_folder import LookAlike, PlayedFolder, read_played
from worldprobe.playing.viewer import Viewer

pytest.importorskip("viser", reason="places in the 3-D view are viser's: pip install 'worldprobe[app]'")
pytestmark = pytest.mark.slow
ONE, OTHER = np.full(6, 0.3), np.array([-1.2, 0.3, 0.2, 0.1, 0.0, 0.4])


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def believers(played: Path) -> Believers:
    found = Believers(read_played(played))
    found.load()
    assert found.problems == {}
    return found


@pytest.fixture
def viewer(believers: Believers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Viewer]:
    pair = LookAlike("truck", np.stack([ONE, OTHER]), 3.0)
    monkeypatch.setattr(PlayedFolder, "look_alikes", lambda self: [pair])
    stage = DrawingThread(lambda: open_playable(believers.folder), believers)
    stage.start()
    stage.opened.wait()
    assert stage.problem is None
    found = Viewer(FakeClient(), believers.folder, stage)
    stage.watch(found)
    found.refresh()
    yield found
    stage.stop()


def elements(viewer: Viewer) -> dict:  # type: ignore[type-arg]
    return viewer.client.gui.elements


def shows(viewer: Viewer, z: np.ndarray) -> bool:
    return viewer.shown is not None and np.allclose(viewer.shown.moment.z, z)


def test_a_look_alike_is_gone_to_and_sliders_stand_where_it_is(viewer: Viewer) -> None:
    elements(viewer)["The other state"].press()
    until(lambda: shows(viewer, OTHER))
    truck = viewer.subject.controls[0]
    expected = truck.physical(OTHER[:1])[0]
    assert elements(viewer)["truck (m)"].value == pytest.approx(expected)
    assert viewer.z.tolist() == OTHER.tolist()  # sliders that the page moved did not round the state


def test_a_path_is_played_from_its_start_and_stays_at_its_end(viewer: Viewer) -> None:
    assert set(elements(viewer)["Path"].options) == {TOUR, *viewer.folder.settings["regimes"]}
    elements(viewer)["States a second"].value = 30
    elements(viewer)["Play"].press()
    until(lambda: shows(viewer, tour(6)[3]))
    assert elements(viewer)["Play"].label == "Pause"
    elements(viewer)["Play"].press()
    at = elements(viewer)["State"].value
    time.sleep(0.3)
    assert elements(viewer)["State"].value == at
    elements(viewer)["State"].value = len(tour(6)) - 1
    until(lambda: shows(viewer, tour(6)[-1]))


def test_a_slider_interrupts_a_path(viewer: Viewer) -> None:
    elements(viewer)["Play"].press()
    until(lambda: elements(viewer)["State"].value > 1)
    elements(viewer)["yaw (degrees)"].value = 10.0
    assert elements(viewer)["Play"].label == "Play"
    until(lambda: shows(viewer, viewer.z))
    assert viewer.z[3] == pytest.approx(10.0 / 12.0, abs=0.01)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_a_slider_that_a_page_sends_anywhere_stays_in_its_range(viewer: Viewer, value: float) -> None:
    elements(viewer)["yaw (degrees)"].value = value
    assert np.isfinite(viewer.z).all()
    assert np.abs(viewer.z).max() <= 3.0 + 1e-6
    assert viewer.stage.problem is None


def test_an_encoder_that_is_not_chosen_has_no_bars(viewer: Viewer) -> None:
    runs = viewer.folder.names
    until(lambda: all(name in viewer._legend.content for name in runs.values()))
    for name in list(runs.values())[1:]:
        elements(viewer)[name].value = False
    until(lambda: all(name not in viewer._legend.content for name in list(runs.values())[1:]))
    assert next(iter(runs.values())) in viewer._legend.content


def test_a_plan_is_watched(viewer: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goals, "EXPERIENCE", 400)
    viewer.go_to(ONE)
    elements(viewer)["This view is the goal"].press()
    viewer.go_to(np.zeros(6))
    elements(viewer)["Plan from here"].press()
    assert viewer.goal is not None
    assert elements(viewer)["Path"].value == "the plan"
    until(lambda: viewer.shown is not None and viewer.z.any())


def test_pairs_come_from_the_gate_that_finds_them() -> None:
    assert ALIASING.name == "perceptual-aliasing"
