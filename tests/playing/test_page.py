"""The page in a real browser: a hand on a slider moves the frame and the encoders' guesses."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reports.chromium import SOFTWARE_GL, Chromium

pytest.importorskip("viser", reason="the page needs viser: pip install 'worldprobe[app]'")
from worldprobe.playing.page_server import COARSE, Page
from worldprobe.playing.playable import PlayedWorld
from worldprobe.playing.spatial_views import CameraView
from worldprobe.playing.viewer import Viewer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FRAME = "document.querySelector('img.wp-frame')?.src ?? ''"


@pytest.fixture(scope="module")
def page(played: Path) -> Iterator[Page]:
    with Page(played, port=0, coarse=True) as opened:
        opened.open()
        yield opened


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def visited(page: Page, browser: Chromium, width: int = 1280) -> Viewer:
    """Open the page, and return the viewer that it became, once the first frame and all ghosts are there."""
    before = set(page.viewers)
    browser.open(page.address, width, dark=True, waits=False)
    until(lambda: browser.evaluate(FRAME))
    until(lambda: set(page.viewers) - before)
    assert page.stage is not None
    until(page.stage.believers.done.is_set)
    assert page.stage.believers.problems == {}
    return page.viewers[(set(page.viewers) - before).pop()]


def coarsely_drawn(browser: Chromium) -> bool:
    try:
        return bool(browser.evaluate(f"location.search.includes('fixedDpr') ? {FRAME} : ''"))
    except AssertionError:  # the page is being loaded again
        return False


PIXELS = "Math.max(0, ...[...document.querySelectorAll('canvas')].map(c => c.width * c.height))"
"""Of the largest canvas, which is the 3-D view's."""


def test_a_browser_that_draws_in_software_draws_fewer_pixels(played: Path, painter: Chromium) -> None:
    with Page(played, port=0) as page:
        page.open()
        painter.open(page.address, 640, waits=False)
        until(lambda: coarsely_drawn(painter))
        until(lambda: painter.evaluate(PIXELS) > 0)
    assert painter.evaluate(PIXELS) <= 160_000
    assert [event["method"] for event in painter.events].count("Page.loadEventFired") == 1  # it is loaded once


def press(browser: Chromium, slider: int, times: int) -> None:
    """Push a slider to the right by its arrow key, as a hand would."""
    browser.evaluate(f"document.querySelectorAll('[role=slider]')[{slider}].focus()")
    for _ in range(times):
        for kind in ("keyDown", "keyUp"):
            browser.call(
                "Input.dispatchKeyEvent", type=kind, key="ArrowRight", code="ArrowRight", windowsVirtualKeyCode=39
            )


def decoded(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_a_slider_moves_the_frame_and_the_ghosts(page: Page, painter: Chromium) -> None:
    viewer = visited(page, painter, 800)
    view = viewer.view
    assert isinstance(view, CameraView)
    until(lambda: len(view.ghosts) == len(page.folder.runs))
    seen, before = painter.evaluate(FRAME), {run: np.array(ghost.position) for run, ghost in view.ghosts.items()}
    press(painter, 0, 30)
    until(lambda: viewer.z[0] > 0.5)
    until(lambda: painter.evaluate(FRAME) != seen)
    until(lambda: (viewer.shown is not None) and np.array_equal(viewer.shown.moment.z, viewer.z))
    assert viewer.z[1:].tolist() == [0.0] * 5
    for run, ghost in view.ghosts.items():
        assert not np.allclose(ghost.position, before[run])
    assert page.stage is not None
    subject = page.stage.subject
    assert isinstance(subject, PlayedWorld)
    with subject.another() as world:
        frame = world.observe(viewer.z[None])
        until(lambda: np.array_equal(decoded(painter.evaluate(FRAME)), frame[0]))
        for believer in page.stage.believers.ready:
            assert viewer.shown is not None
            np.testing.assert_allclose(viewer.shown.readings[believer.run.id], believer(frame)[0], atol=1e-5)


def test_nothing_is_asked_of_the_network(page: Page, painter: Chromium) -> None:
    visited(page, painter)
    asked = [e["params"]["request"]["url"] for e in painter.events if e["method"] == "Network.requestWillBeSent"]
    sockets = [e["params"]["url"] for e in painter.events if e["method"] == "Network.webSocketCreated"]
    own = page.address.removesuffix("/" + COARSE).removeprefix("http")
    outside = [
        url for url in asked + sockets if not url.startswith((f"http{own}", f"blob:http{own}", "data:", f"ws{own}"))
    ]
    assert asked
    assert outside == []
    thrown = [e for e in painter.events if e["method"] == "Runtime.exceptionThrown"]
    assert thrown == []


@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits_a_phone_and_a_desk(page: Page, painter: Chromium, width: int) -> None:
    visited(page, painter, width)
    assert painter.evaluate("document.documentElement.scrollWidth") <= width
    frame = painter.evaluate("JSON.stringify(document.querySelector('img.wp-frame').getBoundingClientRect())")
    box = json.loads(frame)
    assert 0 <= box["left"] < box["right"] <= width


def test_every_viewer_has_sliders_of_its_own(page: Page, painter: Chromium, tmp_path: Path) -> None:
    mine = visited(page, painter)
    with Chromium(tmp_path, SOFTWARE_GL) as other:
        theirs = visited(page, other)
        press(other, 2, 40)
        until(lambda: theirs.z[2] > 0.5)
        assert mine.z.tolist() == [0.0] * 6
