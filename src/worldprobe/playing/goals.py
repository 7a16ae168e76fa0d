"""Planning to a picture: a view is taken as the goal, an encoder plans towards it, and the plan is watched."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Float64

from worldprobe._util.seeds import stream
from worldprobe.errors import WorldprobeError
from worldprobe.playing.playable import PlayedWorld

if TYPE_CHECKING:
    from worldprobe.playing.viewer import Viewer

EXPERIENCE = 4000
"""Random actions on which the transition is fitted: enough for a linear one, in a second or two."""


class GoalPanel:
    """The part of a page that takes a goal and plans to it."""

    def __init__(self, gui: Any, viewer: Viewer) -> None:
        self.viewer = viewer
        self._by_name = {viewer.folder.names[run.id]: run.id for run in viewer.folder.runs}
        self._busy = threading.Lock()
        with gui.add_folder("Plan to a picture", expand_by_default=False):
            gui.add_markdown("Take a view as the goal, move away, and let an encoder plan back: it sees pictures only.")
            self._take = gui.add_button("This view is the goal")
            self._choice = gui.add_dropdown("Encoder", list(self._by_name))
            self._go = gui.add_button("Plan from here", disabled=True)
            self._said = gui.add_markdown("")
        self._take.on_click(lambda _: self._taken())
        self._go.on_click(lambda _: self._plan())

    def _taken(self) -> None:
        self.viewer.goal = np.clip(self.viewer.z, -_reach(), _reach())
        self._go.disabled = False
        self._said.content = "The goal is marked in yellow. Move away and plan."
        self.viewer.refresh()

    def _plan(self) -> None:
        goal, run = self.viewer.goal, self._by_name[self._choice.value]
        believer = next((b for b in self.viewer.believers.ready if b.run.id == run), None)
        if believer is None:
            self._said.content = "This encoder is still being loaded."
            return
        if goal is None or not self._busy.acquire(blocking=False):
            return
        try:
            self._said.content = "Planning: gathering experience, fitting how actions move the embedding ..."
            subject = self.viewer.subject
            assert isinstance(subject, PlayedWorld)
            start = np.clip(self.viewer.z, -_reach(), _reach())
            path = plan(subject, believer.encoder.encode, start, goal)
            gap = float(np.abs(path[-1] - goal).max())
            self._said.content = (
                f"{len(path) - 1} actions. At the end the control that is farthest from its goal is off by {gap:.2f} "
                f"standard deviations."
            )
            self.viewer.path_panel.watch(path)
        except WorldprobeError as error:
            self._said.content = str(error)
        finally:
            self._busy.release()


def plan(
    subject: PlayedWorld, encode: Any, start: Float[np.ndarray, " n"], goal: Float[np.ndarray, " n"]
) -> Float64[np.ndarray, "points n"]:
    """Return the states on the way from `start` to the view at `goal`, as the planner with this encoder goes.

    The transition is linear, fitted on random actions; it acts as `worldprobe.planning.reach` says.
    """
    from worldprobe.planning import Experience, PlanningSettings, Transition, reach

    settings = PlanningSettings()
    draw = partial(stream, settings.seed, "playing")
    with subject.another() as world:
        experience = Experience.gather(world, settings.motion, EXPERIENCE, draw("experience"))
        transition = Transition.fit(encode, world, experience, "linear")
        seen = world.observe(goal[None])
        paths = reach(
            encode, world, transition, start[None], seen, settings.motion, draw("planner"),
            steps=settings.steps, planner=settings.planner,
        )  # fmt: skip
    path: np.ndarray = paths[0]
    still = np.flatnonzero(np.abs(np.diff(path, axis=0)).max(axis=1) > 0)
    return path[: still[-1] + 2] if len(still) else path[:1]


def _reach() -> float:
    from worldprobe.planning.planning_settings import PlanningSettings

    return PlanningSettings().reach
