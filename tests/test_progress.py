"""Work that Ctrl-C stops, whatever lies between."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from worldprobe._util.interrupts import stoppable
from worldprobe._util.progress import SilentReporter


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Heed Ctrl-C, which a process that a shell started in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_is_raised_at_once() -> None:
    with stoppable(SilentReporter()) as shown, shown.task("work", 2, "steps"), pytest.raises(KeyboardInterrupt):
        press_ctrl_c()


def test_an_interrupt_that_was_swallowed_is_raised_again_at_the_next_step() -> None:
    with stoppable(SilentReporter()) as shown, shown.task("work", 2, "steps") as advance:
        advance(1)
        with contextlib.suppress(KeyboardInterrupt):
            press_ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            advance(1)


def test_what_handled_an_interrupt_before_handles_it_after() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable(SilentReporter()):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
