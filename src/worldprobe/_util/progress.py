"""Progress of long work: bars with rate and time left on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from worldprobe._util.visible import visible

LOG_EVERY_SECONDS = 15.0


@runtime_checkable
class Advance(Protocol):
    """What long work calls with the amount done since the last call, and optionally a note ("loss 0.12")."""

    def __call__(self, amount: int, note: str = "") -> None: ...


class TaskAdvance(Advance, Protocol):
    """What a reporter gives to a task, some of which may have been done by an earlier process."""

    def skip(self, amount: int) -> None:
        """Count an amount that was done before the work began: it has no part in the rate and the time left."""


Overall = Callable[[str, float, float], None]
"""Called with what is being done ("run 3 of 6: ..."), the share that is done and the seconds left of all work."""


@runtime_checkable
class Reporter(Protocol):
    """Where long work says what it does."""

    def say(self, line: str) -> None:
        """Print one line."""

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[TaskAdvance]:
        """Show a piece of work of `total` units while the context is open."""

    @contextmanager
    def overall(self) -> Iterator[Overall]:
        """Show the progress of all work while the context is open, above that of its tasks."""


class _NoAdvance:
    """Shows nothing."""

    def __call__(self, amount: int, note: str = "") -> None: ...

    def skip(self, amount: int) -> None: ...


class SilentReporter:
    """Says nothing: for tests, notebooks and the API's default."""

    def say(self, line: str) -> None:
        """Print nothing."""

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[TaskAdvance]:
        """Show nothing."""
        yield _NoAdvance()

    @contextmanager
    def overall(self) -> Iterator[Overall]:
        """Show nothing."""
        yield lambda text, share, left: None


class LineReporter:
    """Plain lines for logs: one for each part of the work, and one every 15 seconds with rate and time left."""

    def __init__(self) -> None:
        self._left: float | None = None

    def say(self, line: str) -> None:
        """Print one line to standard error."""
        print(visible(line), file=sys.stderr, flush=True)

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[TaskAdvance]:
        """Print a line when work has gone on for 15 seconds, every 15 seconds after, and at the end."""
        lines = _Lines(self, label, total, unit)
        yield lines
        if lines.done:
            self.say(lines.line())

    @contextmanager
    def overall(self) -> Iterator[Overall]:
        """Print a line whenever another part of the work begins; tasks then say the time left of all work, too."""
        shown = ""

        def show(text: str, share: float, left: float) -> None:
            nonlocal shown
            self._left = left
            if text != shown:
                shown = text
                self.say(f"{text} ({share:.0%} done{self.time_left()})")

        try:
            yield show
        finally:
            self._left = None

    def time_left(self) -> str:
        """Return the time left of all work as the end of a line, "" where it is not known."""
        return "" if self._left is None else f", about {duration(self._left)} left in all"


class _Lines:
    """One task of a `LineReporter`."""

    def __init__(self, reporter: LineReporter, label: str, total: int, unit: str) -> None:
        self._reporter, self._label, self._total, self._unit = reporter, label, total, unit
        self._start = self._last = time.monotonic()
        self._note, self._before = "", 0
        self.done = 0

    def __call__(self, amount: int, note: str = "") -> None:
        self.done, self._note, now = self.done + amount, note or self._note, time.monotonic()
        if now - self._last >= LOG_EVERY_SECONDS:
            self._last = now
            self._reporter.say(self.line())

    def skip(self, amount: int) -> None:
        self.done, self._before = self.done + amount, self._before + amount

    def line(self) -> str:
        """Return what is done, the rate, the time left and the last note."""
        spent = time.monotonic() - self._start
        rate = (self.done - self._before) / max(spent, 1e-9)
        ended = self.done >= self._total or not rate
        left = duration(spent) if ended else f"{duration((self._total - self.done) / rate)} left"
        text = f"{self._label}: {self.done:,}/{self._total:,} {self._unit}, {rate:,.0f} {self._unit}/s, {left}"
        return f"{text}{'' if ended else self._reporter.time_left()} {self._note}".rstrip()


class _Rate(ProgressColumn):
    """Units per second, of what was done since the task began."""

    def render(self, task: Task) -> Text:
        rate = _rate(task)
        return Text(f"{rate:,.0f} {task.fields['unit']}/s" if rate and task.fields["unit"] else "", style="dim")


class _TimeLeft(ProgressColumn):
    """The time left: of a task at its rate so far, of all work as it was last estimated."""

    def render(self, task: Task) -> Text:
        known, rate = task.fields.get("until"), _rate(task)
        if known is not None:
            return Text(f"about {duration(known - time.monotonic())} left")
        return Text(f"{duration((task.total - task.completed) / rate)} left" if rate and task.total else "", "dim")


def _rate(task: Task) -> float:
    """Return units per second since the task began, without what was done before; 0 where it is not known."""
    return (task.completed - task.fields.get("before", 0)) / task.elapsed if task.elapsed else 0.0


class BarReporter:
    """Rich progress bars for terminals: one for all work, and below it one for each task."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bars: Progress | None = None

    def say(self, line: str) -> None:
        """Print one line to standard error."""
        self._console.print(Text(visible(line)), soft_wrap=True)

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator[TaskAdvance]:
        """Show a bar."""
        nested = self._bars is not None
        with self._shown() as bars:
            bar = bars.add_task(visible(label, keep=""), total=total, unit=unit, note="", before=0)
            try:
                yield _Bar(bars, bar)
            finally:
                if nested:
                    bars.remove_task(bar)

    @contextmanager
    def overall(self) -> Iterator[Overall]:
        """Show a bar for all work."""
        with self._shown() as bars:
            bar = bars.add_task("", total=1.0, unit="", note="", before=0, until=None)

            def show(text: str, share: float, left: float) -> None:
                bars.update(bar, description=visible(text, keep=""), completed=share, until=time.monotonic() + left)

            yield show

    @contextmanager
    def _shown(self) -> Iterator[Progress]:
        """Give the bars on the screen, which the outermost context shows and removes."""
        if self._bars is not None:
            yield self._bars
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            _Rate(),
            _TimeLeft(),
            TextColumn("{task.fields[note]}", style="dim", markup=False),
        )
        with Progress(*columns, console=self._console) as self._bars:
            try:
                yield self._bars
            finally:
                self._bars = None


class _Bar:
    """One task of a `BarReporter`."""

    def __init__(self, bars: Progress, bar: TaskID) -> None:
        self._bars, self._bar, self._before = bars, bar, 0

    def __call__(self, amount: int, note: str = "") -> None:
        self._bars.advance(self._bar, amount)
        if note:
            self._bars.update(self._bar, note=visible(note, keep=""))

    def skip(self, amount: int) -> None:
        self._before += amount
        self._bars.update(self._bar, advance=amount, before=self._before)


def duration(seconds: float) -> str:
    """Return a time in words as short as its precision deserves: "45 s", "4 min", "2.1 h"."""
    if seconds < 99.5:
        return f"{max(seconds, 0.0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 99.5 * 60 else f"{seconds / 3600:.1f} h"


def reporter() -> Reporter:
    """Return bars where standard error is a terminal, else plain lines."""
    return BarReporter() if sys.stderr.isatty() else LineReporter()
