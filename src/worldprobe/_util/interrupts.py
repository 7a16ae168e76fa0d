"""Work that Ctrl-C stops, even where the interrupt is lost in between."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from worldprobe._util.progress import Reporter, TaskAdvance


class _Stoppable:
    """Says what another reporter says, until it is stopped: the next step of a task is then the last."""

    def __init__(self, shown: Reporter) -> None:
        self.say, self.overall, self._shown, self.stopped = shown.say, shown.overall, shown, False

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[TaskAdvance]:
        """Show what the other reporter shows."""
        with self._shown.task(label, total, unit) as advance:
            yield _StoppableAdvance(self, advance)


class _StoppableAdvance:
    """Raises KeyboardInterrupt at the first step after its reporter was stopped."""

    def __init__(self, reporter: _Stoppable, advance: TaskAdvance) -> None:
        self._reporter, self._advance, self.skip = reporter, advance, advance.skip

    def __call__(self, amount: int, note: str = "") -> None:
        if self._reporter.stopped:
            raise KeyboardInterrupt
        self._advance(amount, note)


@contextmanager
def stoppable(shown: Reporter) -> Iterator[Reporter]:
    """Give a reporter of work that Ctrl-C stops while the context is open, even where the interrupt is swallowed.

    KeyboardInterrupt is raised at once, as usual; an import that catches everything can lose it (torch's late ones do),
    and then it is raised again at the work's next step. For the main thread; an ignored Ctrl-C stays ignored.
    """
    reporter, before = _Stoppable(shown), signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        reporter.stopped = True
        signal.default_int_handler(number, frame)

    if before is not signal.default_int_handler:
        yield reporter
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield reporter
    finally:
        signal.signal(signal.SIGINT, before)
