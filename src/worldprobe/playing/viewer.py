"""One browser's page: its own sliders, its own choice of encoders, its own path."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.playing.drawing_thread import DrawingThread, ShownMoment
from worldprobe.playing.drawn_values import bars_html, frame_html, legend_html, summary
from worldprobe.playing.goals import GoalPanel
from worldprobe.playing.own_moves import OwnMoves
from worldprobe.playing.palette import GOAL_COLOUR, TRUE_COLOUR
from worldprobe.playing.paths import PathPanel
from worldprobe.playing.playable import Moment, Playable, PlayedSources, PlayedWorld
from worldprobe.playing.played_folder import PlayedFolder
from worldprobe.playing.spatial_views import view_of
from worldprobe.playing.units import REACH, physical, slider_range, standardised

MOST_SLIDERS = 24


class Viewer:
    """What one viewer has chosen, and what is shown to it.

    Callbacks come in threads of the server; what they choose is kept under a lock, and drawn in the stage's thread.
    """

    def __init__(self, client: Any, folder: PlayedFolder, stage: DrawingThread) -> None:
        assert stage.subject is not None
        self.client, self.folder, self.stage, self.believers = client, folder, stage, stage.believers
        self.subject: Playable = stage.subject
        self._lock = threading.RLock()
        self._moment = self._first()
        self._changed = True
        self._own = OwnMoves()
        self.shown: ShownMoment | None = None
        """What was shown last."""
        self.goal: Float[np.ndarray, " n"] | None = None
        self.view = view_of(client.scene, self.subject, self.believers.colours)
        gui = client.gui
        self._frame, self._bars = gui.add_html(""), gui.add_html("")
        self._legend = gui.add_html("")
        self._sliders: list[Any] = []
        self._choices: dict[str, Any] = {}
        if self.subject.free:
            self._add_sliders(gui)
        self._add_encoders(gui)
        self.path_panel = PathPanel(gui, self)
        self._add_look_alikes(gui)
        self.goal_panel = GoalPanel(gui, self) if isinstance(self.subject, PlayedWorld) else None

    # What the stage asks.

    def advance(self, now: float) -> bool:
        """Move on along a path that is being played, and return whether one is."""
        return self.path_panel.advance(now)

    def wanted(self) -> Moment | None:
        """Return the moment to be shown next; None where nothing has changed."""
        with self._lock:
            if not self._changed:
                return None
            self._changed = False
            return self._moment

    def show(self, shown: ShownMoment) -> None:
        """Show a moment: frame, bars, and everything in the 3-D view."""
        truth = shown.moment.z
        chosen = self._chosen(shown.readings)
        with self.client.atomic():
            self.view.show(replace(shown, readings=chosen), self.goal)
            self._frame.content = frame_html(shown.observation)
            rows = [(self.believers.colours[run], z) for run, z in chosen.items()]
            swatches = self.subject.swatches(np.stack([truth, *chosen.values()]))
            self._bars.content = bars_html(self.subject.controls, truth, rows, swatches)
            self._legend.content = self._legend_of(truth, chosen)
        self.client.flush()
        self.shown = shown

    # What panels ask.

    @property
    def z(self) -> Float[np.ndarray, " n"]:
        """The controls that are shown."""
        with self._lock:
            return self._moment.z

    def go(self, moment: Moment) -> None:
        """Show a moment, and put the sliders where it is."""
        with self._lock:
            self._moment, self._changed = moment, True
        with self._own():
            for slider, control, z in zip(self._sliders, self.subject.controls, moment.z, strict=False):
                low, high, _ = slider_range(control)
                slider.value = min(max(physical(control, float(z)), low), high)
        self.stage.ask()

    def go_to(self, z: Float[np.ndarray, " n"]) -> None:
        """Show control values."""
        self.go(Moment(np.asarray(z, dtype=np.float64)))

    def refresh(self) -> None:
        """Show the same moment again: an encoder is ready, or another is chosen."""
        self.path_panel.offer(self.believers.paths)
        with self._lock:
            self._changed = True
        self.stage.ask()

    def _first(self) -> Moment:
        if isinstance(self.subject, PlayedSources):
            return self.subject.moment(next(iter(self.subject.sources)), 0)
        return Moment(np.zeros(len(self.subject.controls)))

    def _chosen(self, readings: Mapping[str, Any]) -> dict[str, Any]:
        return {run: z for run, z in readings.items() if self._choices[run].value}

    def _add_sliders(self, gui: Any) -> None:
        with gui.add_folder("Controls"):
            for k, control in enumerate(self.subject.controls[:MOST_SLIDERS]):
                low, high, step = slider_range(control)
                unit = f" ({control.unit})" if control.unit else ""
                rest = physical(control, 0.0)
                slider = gui.add_slider(f"{control.name}{unit}", low, high, step, rest, hint=control.meaning or None)
                slider.on_update(lambda _, k=k: self._moved(k))
                self._sliders.append(slider)
            rest = gui.add_button("All at rest")
            rest.on_click(lambda _: self._interrupt(np.zeros(len(self.subject.controls))))
            draw = gui.add_button("A state drawn from N(0, I)")
            draw.on_click(lambda _: self._interrupt(self._drawn()))

    def _moved(self, k: int) -> None:
        """Take one slider's value, which a page may send as any number."""
        if self._own.going_on:
            return
        control, slider = self.subject.controls[k], self._sliders[k]
        low, high, _ = slider_range(control)
        value = float(slider.value)
        if not np.isfinite(value):
            return
        self.path_panel.pause()
        with self._lock:
            z = self._moment.z.copy()
            z[k] = standardised(control, min(max(value, low), high))
            self._moment, self._changed = Moment(z), True
        self.stage.ask()

    def _interrupt(self, z: Float[np.ndarray, " n"]) -> None:
        self.path_panel.pause()
        self.go_to(z)

    def _drawn(self) -> Float[np.ndarray, " n"]:
        return np.clip(np.random.default_rng().standard_normal(len(self.subject.controls)), -REACH, REACH)

    def _add_encoders(self, gui: Any) -> None:
        with gui.add_folder("Encoders"):
            for run in self.folder.runs:
                choice = gui.add_checkbox(
                    self.folder.names[run.id], run.role == "measured", hint=f"R² {run.recovery.r2:.2f} in this study"
                )
                choice.on_update(lambda _: self.refresh())
                self._choices[run.id] = choice

    def _add_look_alikes(self, gui: Any) -> None:
        pairs = {pair.label: pair for pair in self.folder.look_alikes()} if self.subject.free else {}
        if not pairs:
            return
        with gui.add_folder("Look-alikes", expand_by_default=False):
            gui.add_markdown("States far apart in a control whose pictures the audit found to be most alike.")
            choice = gui.add_dropdown("Pair", list(pairs))
            for k, name in enumerate(("The one state", "The other state")):
                button = gui.add_button(name)
                button.on_click(lambda _, k=k: self._interrupt(pairs[choice.value].states[k]))

    def _legend_of(self, truth: Float[np.ndarray, " n"], chosen: Mapping[str, Any]) -> str:
        off = summary(truth, chosen)
        entries = [(TRUE_COLOUR, "true", self._where())]
        entries += [
            (self.believers.colours[run], self.folder.names[run], f"off by {off[run]:.2f} sd") for run in chosen
        ]
        if self.goal is not None:
            entries.append((GOAL_COLOUR, "goal", ""))
        problems = [f"{self.folder.names.get(run, run)}: {why}" for run, why in self.believers.problems.items()]
        waiting = "" if self.believers.done.is_set() else "Encoders are being loaded ..."
        return legend_html(entries, " ".join([waiting, *problems]).strip())

    def _where(self) -> str:
        if isinstance(self.subject, PlayedSources):
            moment = self._moment
            kept = "" if self.subject.trained[moment.source][moment.row] else ", kept out of training"
            return f"row {moment.row:,} of {moment.source}{kept}"
        return self.path_panel.where
