"""Playing a path: an exploration's own, a plan's, or a recording's rows along its time line."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from worldprobe.playing.own_moves import OwnMoves
from worldprobe.playing.own_paths import TOUR, tour
from worldprobe.playing.playable import Moment, PlayedSources

if TYPE_CHECKING:
    from worldprobe.playing.viewer import Viewer

RATE = 12
"""States a second at which a path is played at first."""
FASTEST = 30
PLAN = "the plan"


class PathPanel:
    """The part of a page that plays a path of states, one after the other."""

    def __init__(self, gui: Any, viewer: Viewer) -> None:
        self.viewer, self._lock = viewer, threading.RLock()
        self._paths: dict[str, Any] = {TOUR: tour(len(viewer.subject.controls))}
        if isinstance(viewer.subject, PlayedSources):
            self._paths = {label: sample.controls for label, sample in viewer.subject.samples.items()}
        self._at, self._playing, self._due = 0, False, 0.0
        self._own = OwnMoves()
        with gui.add_folder("Paths" if viewer.subject.free else "Time line"):
            self._choice = gui.add_dropdown("Path", list(self._paths))
            self._place = gui.add_slider("State", 0, max(1, self._length - 1), 1, 0)
            self._rate = gui.add_slider("States a second", 1, FASTEST, 1, RATE)
            self._button = gui.add_button("Play")
        self._choice.on_update(lambda _: self._choose())
        self._place.on_update(lambda _: self._placed())
        self._button.on_click(lambda _: self.pause() if self._playing else self.play())

    @property
    def where(self) -> str:
        """Which state of which path is shown, where one is being played."""
        return f"state {self._at + 1:,} of {self._choice.value}" if self._playing else ""

    @property
    def rate(self) -> int:
        """States a second."""
        return int(self._rate.value)

    @rate.setter
    def rate(self, rate: int) -> None:
        self._rate.value = rate

    def play(self) -> None:
        """Play on from the present place, from the start where it was at the end."""
        with self._lock:
            if not self._length:
                return
            if self._at >= self._length - 1:
                self._at = 0
            self._playing, self._due = True, 0.0
        self._button.label = "Pause"
        self.viewer.stage.ask()

    def pause(self) -> None:
        """Stay where it is."""
        if self._playing:
            self._playing = False
            self._button.label = "Play"

    def offer(self, paths: Mapping[str, Float[np.ndarray, "states n"]]) -> None:
        """Offer further paths, by name."""
        with self._lock:
            if set(paths) - set(self._paths):
                self._paths |= paths
                self._choice.options = tuple(self._paths)

    def watch(self, path: Float[np.ndarray, "points n"]) -> None:
        """Play the path of a plan."""
        self.pause()
        with self._lock:
            self._paths[PLAN] = path
            self._choice.options = tuple(self._paths)
            self._choice.value = PLAN
        self._choose()
        self.play()

    def advance(self, now: float) -> bool:
        """Show the next state where it is due, and return whether a path is being played."""
        with self._lock:
            if not self._playing:
                return False
            if now < self._due:
                return True
            # From when it was due, not from now: the thread that draws asks at moments of its own.
            self._due = max(self._due + 1.0 / max(self.rate, 1), now)
            at = self._at
            if at >= self._length - 1:
                self.pause()
            self._at = min(at + 1, self._length - 1)
            self._set_place()
        self.viewer.go(self._moment(at))
        return True

    @property
    def _length(self) -> int:
        return len(self._paths.get(self._choice.value, ()))

    def _moment(self, at: int) -> Moment:
        subject, name = self.viewer.subject, self._choice.value
        if isinstance(subject, PlayedSources):
            return subject.moment(name, at)
        return Moment(np.asarray(self._paths[name][at], dtype=np.float64))

    def _choose(self) -> None:
        with self._lock:
            self._at = 0
            self._place.max = max(1, self._length - 1)
            self._set_place()
        if self._length and not self._playing:
            self.viewer.go(self._moment(0))

    def _set_place(self) -> None:
        with self._own():
            self._place.value = self._at

    def _placed(self) -> None:
        if self._own.going_on or not self._length:
            return
        self.pause()
        self._at = min(max(int(self._place.value), 0), self._length - 1)
        self.viewer.go(self._moment(self._at))
