"""Progress of long work: a bar with rate and time left on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from worldprobe._util.visible import visible

LOG_EVERY_SECONDS = 15.0


@runtime_checkable
class Advance(Protocol):
    """What long work calls with the amount done since the last call, and optionally a note ("loss 0.12")."""

    def __call__(self, amount: int, note: str = "") -> None: ...


@runtime_checkable
class Reporter(Protocol):
    """Where long work says what it does."""

    def say(self, line: str) -> None:
        """Print one line."""

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[Advance]:
        """Show a piece of work of `total` units while the context is open."""


class SilentReporter:
    """Says nothing: for tests, notebooks and the API's default."""

    def say(self, line: str) -> None:
        """Print nothing."""

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[Advance]:
        """Show nothing."""
        yield lambda amount, note="": None


class LineReporter:
    """Plain lines with rate and time left, at most one every 15 seconds: for logs."""

    def say(self, line: str) -> None:
        """Print one line to standard error."""
        print(visible(line), file=sys.stderr, flush=True)

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[Advance]:
        """Print a line when work has gone on for 15 seconds, every 15 seconds after, and at the end."""
        start = last = time.monotonic()
        done, latest = 0, ""

        def line(now: float) -> str:
            rate = done / max(now - start, 1e-9)
            left = f"{(total - done) / rate:.0f} s left" if rate and done < total else f"{now - start:.0f} s"
            return f"{label}: {done:,}/{total:,} {unit}, {rate:,.0f} {unit}/s, {left} {latest}".rstrip()

        def advance(amount: int, note: str = "") -> None:
            nonlocal done, last, latest
            done, latest, now = done + amount, note or latest, time.monotonic()
            if now - last >= LOG_EVERY_SECONDS:
                last = now
                self.say(line(now))

        yield advance
        if done:
            self.say(line(time.monotonic()))


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} {task.fields['unit']}/s" if speed else "", style="dim")


class BarReporter:
    """Rich progress bars: for terminals."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)

    def say(self, line: str) -> None:
        """Print one line to standard error."""
        self._console.print(Text(visible(line)), soft_wrap=True)

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[Advance]:
        """Show a bar."""
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        tail = (_Rate(), TimeRemainingColumn(), TextColumn("{task.fields[note]}", "dim", markup=False))
        with Progress(*columns, *tail, console=self._console) as bars:
            bar = bars.add_task(visible(label, keep=""), total=total, unit=unit, note="")

            def advance(amount: int, note: str = "") -> None:
                bars.advance(bar, amount)
                if note:
                    bars.update(bar, note=visible(note, keep=""))

            yield advance


def reporter() -> Reporter:
    """Return bars where standard error is a terminal, else plain lines."""
    return BarReporter() if sys.stderr.isatty() else LineReporter()


class _Stoppable:
    """Says what another reporter says, until it is told to stop: the next step of a task is then the last."""

    def __init__(self, shown: Reporter) -> None:
        self.say, self._shown, self.stopped = shown.say, shown, False

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[Advance]:
        """Show what the other reporter shows."""
        with self._shown.task(label, total, unit) as advance:

            def step(amount: int, note: str = "") -> None:
                if self.stopped:
                    raise KeyboardInterrupt
                advance(amount, note)

            yield step


@contextmanager
def stoppable(shown: Reporter) -> Iterator[Reporter]:
    """Give a reporter of work that Ctrl-C stops while the context is open, even where the interrupt is swallowed.

    KeyboardInterrupt is raised at once, as ever; an import that catches everything can lose it (torch's late ones do),
    and then it is raised again at the work's next step. Of the main thread; an ignored Ctrl-C stays ignored.
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
