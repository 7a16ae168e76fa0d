"""The thread that draws: it owns the world, and answers every viewer that wants to see another moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Shaped

from worldprobe.playing.believers import Believers
from worldprobe.playing.playable import Moment, Playable

MOST_UPDATES = 40.0
"""Updates a second that one viewer is given: more than a screen of a remote browser shows."""
IDLE = 0.5
"""Seconds between looks for something to do, when nobody asks."""


@dataclass(frozen=True, eq=False)
class ShownMoment:
    """A moment as it is shown: truth, observation, and where each encoder believes the controls to be, by run."""

    moment: Moment
    observation: Shaped[np.ndarray, "..."]
    readings: Mapping[str, Float[np.ndarray, " n"]]


@runtime_checkable
class Watcher(Protocol):
    """Somebody who is shown moments; all three are called in the stage's thread."""

    def advance(self, now: float) -> bool:
        """Move on along a path that is being played, and return whether one is; `now` in seconds."""
        ...

    def wanted(self) -> Moment | None:
        """Return the moment to be shown next; None where nothing has changed."""
        ...

    def show(self, shown: ShownMoment) -> None:
        """Show it."""
        ...


class DrawingThread:
    """Draws what watchers want, all of them in one batch; changes that come faster than it draws are skipped."""

    def __init__(self, make: Callable[[], Playable], believers: Believers) -> None:
        self._make, self.believers = make, believers
        self._watchers: list[Watcher] = []
        self._asked, self._stop = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self.opened, self.begun = threading.Event(), threading.Event()
        """Set once there is something to show, and once somebody was shown it."""
        self.problem: BaseException | None = None
        """What ended it, if anything did."""
        self.updates = 0
        """Moments that were shown to somebody."""
        self.subject: Playable | None = None
        self._thread = threading.Thread(target=self._run, name="stage", daemon=True)

    def start(self) -> None:
        """Begin; `opened` is set once the subject can be asked for its controls, or a problem was found."""
        self._thread.start()

    def stop(self) -> None:
        """End, and give back what the subject holds."""
        self._stop.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(10.0)

    def watch(self, watcher: Watcher) -> None:
        """Show moments to somebody from now on."""
        with self._lock:
            self._watchers.append(watcher)
        self.ask()

    def leave(self, watcher: Watcher) -> None:
        """Show nothing more to somebody."""
        with self._lock:
            self._watchers = [one for one in self._watchers if one is not watcher]

    def ask(self) -> None:
        """Say that a watcher wants something."""
        self._asked.set()

    def _run(self) -> None:
        try:
            self.subject = self._make()
            self.opened.set()
            while not self._stop.is_set():
                self._asked.wait(IDLE)
                self._asked.clear()
                began = time.monotonic()
                if self._draw(self.subject):
                    self._asked.set()
                    self._stop.wait(max(0.0, 1.0 / MOST_UPDATES - (time.monotonic() - began)))
        except BaseException as error:  # handed to the thread that waits
            self.problem = error
        finally:
            if self.subject is not None:
                self.subject.close()
            self.opened.set()

    def _draw(self, subject: Playable) -> bool:
        """Show each watcher what it wants; return whether to ask again soon."""
        with self._lock:
            watchers = list(self._watchers)
        now = time.monotonic()
        goes_on = [watcher.advance(now) for watcher in watchers]
        asked = [(watcher, moment) for watcher in watchers if (moment := watcher.wanted()) is not None]
        if not asked:
            return any(goes_on)
        moments = [moment for _, moment in asked]
        seen = subject.observe(moments)
        read = {believer.run.id: believer(seen) for believer in list(self.believers.ready)}
        for i, (watcher, moment) in enumerate(asked):
            watcher.show(ShownMoment(moment, seen[i], {run: z[i] for run, z in read.items()}))
            self.updates += 1
        self.begun.set()
        return True
