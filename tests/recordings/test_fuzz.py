"""Reading is safe: of damaged and hostile files of every format come only our own errors, in one line and in bounds."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from recordings.mutations import mutate
from recordings.samples import ROWS, SAMPLES, WRITERS
from worldprobe._util import memory
from worldprobe.errors import WorldprobeError
from worldprobe.recordings import describe, read_recording

SECONDS = float(os.environ.get("WORLDPROBE_FUZZ_SECONDS", "0.4"))
"""How long each format is tried; the damage of each try follows from its number alone."""
SEED = int(os.environ.get("WORLDPROBE_FUZZ_SEED", "0"))
AVAILABLE = 256 << 20
"""Bytes of memory that reading is made to believe in."""
LIMIT = 1 << 30
"""Bytes beyond what the process has that reading may map, libraries and threads included."""

opened_outside: list[str] = []
watched: list[str] = []


def _note(event: str, details: tuple[object, ...]) -> None:
    if event == "open" and watched and str(details[0]).startswith(watched[0]):
        opened_outside.append(str(details[0]))


sys.addaudithook(_note)


@contextmanager
def bounded(outside: Path) -> Iterator[None]:
    """Bound the memory that may be mapped, and note whether anything under `outside` is opened."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    watched[:], opened_outside[:] = [str(outside)], []
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        watched.clear()
    assert not opened_outside


def read_all(path: Path) -> None:
    """Read a recording, all of its frames and its description; our own errors of one line are answers."""
    for asked in ({}, {"frames": "none", "actions": "none", "episode": "none", "time": "none"}, None):
        try:
            if asked is None:
                describe(path)
                continue
            recording = read_recording(path, **asked)
            if recording.frames is not None:
                recording.frames.read(np.arange(min(len(recording.frames), 2 * ROWS)))
        except WorldprobeError as error:
            said = str(error)
            if "\n" in said or len(said) > 5000:
                raise AssertionError(f"not one line that can be read: {said[:200]!r}") from error


@pytest.mark.slow_after(2)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded as Linux does")
@pytest.mark.parametrize("name", SAMPLES)
def test_damaged_recordings_are_read_or_refused_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    if name in WRITERS:
        pytest.importorskip(WRITERS[name])
    monkeypatch.setattr(memory, "available_bytes", lambda: AVAILABLE)
    outside = tmp_path / "outside"
    outside.mkdir()
    Image.new("RGB", (24, 16)).save(outside / "secret.png")
    with h5py.File(outside / "secret.h5", "w") as file:
        file["state"] = np.ones((ROWS, 3))
    good = tmp_path / "good"
    good.mkdir()
    relative = SAMPLES[name](good).relative_to(good)
    read_all(good / relative)
    assert read_recording(good / relative).rows == ROWS
    files = sorted(file.relative_to(good) for file in good.rglob("*") if file.is_file())
    heads = [file for file in files if file.suffix != ".png"]
    end, attempt = time.monotonic() + SECONDS, 0
    while time.monotonic() < end or attempt < 3:
        draw = random.Random(f"{name} {SEED} {attempt}")
        bad = tmp_path / "bad"
        shutil.copytree(good, bad)
        for _ in range(draw.choice((1, 1, 2))):
            with suppress(Exception):  # what was damaged once may not be damaged again in every way
                mutate(bad / draw.choice(draw.choice((heads, heads, files))), draw)
        with bounded(outside), warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                read_all(bad / relative)
            except BaseException as error:
                error.add_note(f"{name}, seed {SEED}, attempt {attempt}: kept in {bad}")
                raise
        shutil.rmtree(bad)
        attempt += 1
    record_property("attempts", attempt)
