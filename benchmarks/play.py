"""How soon `worldprobe play` shows its first picture, and how often it shows another: results/play.json.

    python benchmarks/play.py DEMO [--size 64] [--repeats 3]

DEMO is a results folder of the study `camera` with trained encoders. The first picture is timed from the command to the
frame in a headless Chromium that is already running and draws in software on the same cores; processor seconds of the
command until then are recorded beside it, since they do not depend on what else the machine does. Updates are
timed with as many encoders as DEMO has, of `--size` px and not trained, since their speed does not depend on weights:
what drawing, encoding and writing one update takes, how many a second arrive at a client without a browser, and how
many a browser shows while a path is played at the fastest rate, with the processor time that each costs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import viser
import websockets
import zstandard

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe.measures.probes import LinearProbe
from worldprobe.playing.believers import Believer, Believers
from worldprobe.playing.drawing_thread import DrawingThread, ShownMoment
from worldprobe.playing.own_paths import tour
from worldprobe.playing.page_server import Page
from worldprobe.playing.paths import FASTEST
from worldprobe.playing.playable import Moment, PlayedWorld
from worldprobe.playing.played_folder import PlayedFolder, read_played
from worldprobe.playing.viewer import Viewer
from worldprobe.study.probed_encoder import ProbedEncoder
from worldprobe.train import ENCODERS
from worldprobe.world import Room

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from playing.fake_client import FakeClient
from reports.chromium import SOFTWARE_GL, Chromium

SECONDS = 5.0
NARROW = 640
"""Pixels of the window in which updates are counted: what the browser draws in software is its own limit."""
ASKED = {"first picture, seconds": 5.0, "updates a second": 15.0}
FRAME = "document.querySelector('img.wp-frame')?.src ?? ''"
SETTLED = f"location.search.includes('fixedDpr') ? {FRAME} : ''"
"""The frame, in a page that is drawn more coarsely, as it is in a browser that draws in software."""
COUNTED = f"""new Promise(done => {{
    let frames = 0, last = "";
    const watch = new MutationObserver(() => {{
        const now = {FRAME};
        if (now !== last) {{ frames++; last = now; }}
    }});
    watch.observe(document.body, {{ childList: true, subtree: true, attributes: true, attributeFilter: ["src"] }});
    setTimeout(() => {{ watch.disconnect(); done(frames / {SECONDS}); }}, {SECONDS * 1000});
}})"""
CAMERA = {
    "type": "ViewerCameraMessage", "wxyz": (1.0, 0.0, 0.0, 0.0), "position": (0.0, 0.0, 1.0), "fov": 1.0, "near": 0.1,
    "far": 100.0, "image_height": 900, "image_width": NARROW, "look_at": (0.0, 0.0, 0.0),
    "up_direction": (0.0, 0.0, 1.0),
}  # fmt: skip
"""What a browser says first: without it the server does not show it anything."""


def first_picture(folder: Path, browser: Chromium) -> dict[str, float]:
    """Return the seconds from the command to its address, to the first picture and to all encoders."""
    start = time.perf_counter()
    command = [sys.executable, "-u", "-m", "worldprobe", "play", str(folder), "--port", "0"]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert served.stdout is not None
        address = served.stdout.readline().split()[0]
        found = {"address": time.perf_counter() - start}
        browser.open(address, 1280, waits=False)
        while not settled(browser):
            time.sleep(0.02)
        found["first picture"] = time.perf_counter() - start
        spent = psutil.Process(served.pid).cpu_times()
        found["processor seconds of the command until then"] = spent.user + spent.system
        while "being loaded" in browser.evaluate("document.body.innerText"):
            time.sleep(0.05)
        return found | {"all encoders": time.perf_counter() - start}
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(20)


def untrained(folder: PlayedFolder, world: Room) -> Believers:
    """Return encoders of a world's frames that were not trained, each with a probe, in the place of a folder's."""
    found, rng = Believers(folder), np.random.default_rng(0)
    n = len(world.controls)
    for run in folder.runs:
        network = ENCODERS["patchify"]().build(world.observation_shape, n, 0)
        probe = LinearProbe(rng.standard_normal((n, n)), np.zeros(n))
        encoder = ProbedEncoder(network, probe, None)  # type: ignore[arg-type]
        found.ready.append(Believer(run, folder.names[run.id], found.colours[run.id], encoder))
    found.done.set()
    return found


def without_browser(folder: PlayedFolder, size: int) -> float:
    """Return how many states a second are drawn, encoded and written for one viewer."""
    with Room(size=size) as world:
        believers, subject = untrained(folder, world), PlayedWorld(world)
        stage = DrawingThread(lambda: subject, believers)
        stage.subject = subject
        viewer, path = Viewer(FakeClient(), folder, stage), tour(len(world.controls))
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS:
            moment = Moment(path[count % len(path)])
            seen = subject.observe([moment])
            viewer.show(ShownMoment(moment, seen[0], {b.run.id: b(seen)[0] for b in believers.ready}))
            count += 1
        return count / (time.perf_counter() - start)


@contextmanager
def playing(folder: Path, size: int, **how: Any) -> Iterator[Page]:
    """Serve a page of untrained encoders of `size` px; whoever opens it is played a path at the fastest rate."""
    with Page(folder, port=0, **how) as page:
        believers = untrained(page.folder, Room(size=size))
        believers.load = lambda loaded: None  # type: ignore[method-assign]
        page.open(DrawingThread(lambda: PlayedWorld(Room(size=size)), believers))
        yield page


def play_on(page: Page) -> None:
    """Play the first viewer's path at the fastest rate."""
    while not page.viewers:
        time.sleep(0.02)
    panel = max(page.viewers.items())[1].path_panel
    panel.rate = FASTEST
    panel.play()


async def received(page: Page) -> float:
    """Return how many frames a second arrive at a client that reads them and shows nothing."""
    address = page.address.replace("http", "ws")
    version: Any = f"viser-v{viser.__version__}"
    async with websockets.connect(address, subprotocols=[version], max_size=None) as socket:
        await socket.send(msgspec.msgpack.encode(CAMERA))
        threading.Thread(target=play_on, args=(page,), daemon=True).start()
        frames, begun = 0, 0.0
        while not begun or time.perf_counter() - begun < SECONDS:
            message = await socket.recv()
            assert isinstance(message, bytes)
            packed = message[16 : 16 + int.from_bytes(message[8:16], "little")]
            shown = zstandard.ZstdDecompressor().decompress(packed).count(b"wp-frame")
            if begun:
                frames += shown
            elif shown and page.viewers and next(iter(page.viewers.values())).path_panel.where:
                begun = time.perf_counter()
        return frames / (time.perf_counter() - begun)


def over_a_socket(folder: Path, size: int) -> float:
    """Return how many frames a second are delivered where no browser takes part of the processor."""
    with playing(folder, size) as page:
        return asyncio.run(received(page))


def in_browser(folder: Path, size: int, browser: Chromium, coarse: bool | None) -> dict[str, float]:
    """Return how many frames a second a browser shows, and what each costs its processes and ours."""
    with playing(folder, size, coarse=coarse) as page:
        browser.open(page.address, NARROW, waits=False)
        while not (browser.evaluate(FRAME) if coarse is False else settled(browser)):
            time.sleep(0.05)
        play_on(page)
        time.sleep(2.0)
        before = spent()
        shown = float(browser.evaluate(COUNTED))
        cost = {name: 1000 * (used - before[name]) / (SECONDS * shown) for name, used in spent().items()}
        return {"updates a second": shown} | {f"processor ms an update, {name}": ms for name, ms in cost.items()}


def settled(browser: Chromium) -> bool:
    """Return whether the frame is there, in the page that is drawn coarsely."""
    try:
        return bool(browser.evaluate(SETTLED))
    except AssertionError:  # it is being loaded again
        return False


def spent() -> dict[str, float]:
    """Return the processor seconds of this process, and of those of browsers that draw and that run the page."""
    found = {"server": time.process_time(), "drawing in software": 0.0, "the page's script": 0.0}
    for child in psutil.Process().children(recursive=True):
        kind = next((word for word in child.cmdline() if word.startswith("--type=")), "")
        name = {"--type=gpu-process": "drawing in software", "--type=renderer": "the page's script"}.get(kind)
        if name:
            times = child.cpu_times()
            found[name] += times.user + times.system
    return found


def starting(folder: Path, repeats: int) -> dict[str, Any]:
    """Time the command until its first picture."""
    with tempfile.TemporaryDirectory() as profile, Chromium(Path(profile), SOFTWARE_GL) as browser:
        starts = [first_picture(folder, browser) for _ in range(repeats)]
    return {"seconds from the command": {name: spread([one[name] for one in starts]) for name in starts[0]}}


def updating(folder: Path, size: int, repeats: int) -> dict[str, Any]:
    """Count updates: as they are made, as they arrive, and as a browser shows them."""
    played = read_played(folder)
    alone = [without_browser(played, size) for _ in range(repeats)]
    delivered = [over_a_socket(folder, size) for _ in range(repeats)]
    with tempfile.TemporaryDirectory() as profile, Chromium(Path(profile), SOFTWARE_GL) as browser:
        browsed = {
            name: [in_browser(folder, size, browser, coarse) for _ in range(repeats)]
            for name, coarse in {"by default": None, "--sharp": False}.items()
        }
    return {
        "encoders": len(played.runs),
        "updates a second": {
            f"without a browser, {size} px": spread(alone),
            f"delivered to a client that shows nothing, {size} px, {FASTEST} asked": spread(delivered),
        },
        f"in a browser {NARROW} px wide that draws in software, {size} px, {FASTEST} asked": {
            name: {key: spread([one[key] for one in ones]) for key in ones[0]} for name, ones in browsed.items()
        },
    }


def main() -> None:
    """Time what is asked for, and write it beside what else is recorded; each part with the machine that it ran on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=["start", "updates"], help="time one part, and keep the other as recorded")
    given = parser.parse_args()
    parts = {
        "start": lambda: starting(given.folder, given.repeats),
        "updates": lambda: updating(given.folder, given.size, given.repeats),
    }
    target = RESULTS / "play.json"
    results = json.loads(target.read_text(encoding="utf8")) if given.only else {"asked": ASKED}
    for name in [given.only] if given.only else list(parts):
        machine, command = described(), f"python benchmarks/play.py DEMO --only {name} --repeats {given.repeats}"
        found = parts[name]()
        results[name] = {
            "command": command,
            "machine": machine,
            "load average at the end": round(os.getloadavg()[0], 2),
            **found,
        }
        print(json.dumps(found, indent=2), flush=True)
    write_json(target, results)


if __name__ == "__main__":
    main()
