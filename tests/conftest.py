"""Checks types and jaxtyping shapes in worldprobe while tests run; keeps the user's home as it is."""

import atexit
import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores: one thread each, before torch is loaded
    os.environ.setdefault("OMP_NUM_THREADS", "1")
typechecker = import_module("typechecker")
typechecker.install()

# The terminal's width is that of the first import where COLUMNS is set: here it is not, so every test has its own.
os.environ.pop("COLUMNS", None)
import_module("worldprobe.cli.terminal")
set_thorough = import_module("thoroughness").set_thorough

SCRATCH = Path(tempfile.mkdtemp(prefix="worldprobe-tests-"))
"""What this session's tests and the processes that they start keep: a cache, and a home folder."""
HOME = SCRATCH / "home"
HOME.mkdir()
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)
for folder in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    os.environ.pop(folder, None)
os.environ |= {
    "HOME": str(HOME),
    "WORLDPROBE_CACHE": str(SCRATCH / "cache"),
    "MESA_SHADER_CACHE_DIR": str(SCRATCH / "shaders"),
}


class ByWhatIsShared(LoadFileScheduling):
    """A process takes a file's tests at once, or those of a folder whose files share what is dear to make."""

    FOLDERS = ("tests/playing", "tests/reports")

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in self.FOLDERS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Give files out by what their tests share."""
    return ByWhatIsShared(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What collecting makes lives as long as the session: the collector of garbage need not go through it, ever."""
    gc.disable()
    found = yield
    gc.freeze()
    gc.enable()
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what `slow_after` leaves out; files with slow tests first, so that no process is left alone."""
    seen: Counter[str] = Counter()
    for item in items:
        if few := item.get_closest_marker("slow_after"):
            test = item.nodeid.partition("[")[0]
            seen[test] += 1
            if seen[test] > few.args[0]:
                item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Audit and predict briefly, but in tests that are marked as thorough and in those of the predictor itself.

    Before any fixture, so that those of a module work as its tests do.
    """
    typechecker.begin_test()
    set_thorough(item.get_closest_marker("thorough") is not None)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_in_the_home_folder() -> Iterator[None]:
    """Whatever worldprobe keeps is where WORLDPROBE_CACHE says."""
    yield
    left = [str(path.relative_to(HOME)) for path in HOME.rglob("*worldprobe*")]
    assert left == []


@pytest.fixture(autouse=True)
def _no_test_takes_the_machine() -> Iterator[None]:
    """A library that gives this process real-time priority starves every test after it."""
    before = os.sched_getscheduler(0)
    yield
    assert os.sched_getscheduler(0) == before


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator for every test that draws."""
    return np.random.default_rng(0)
