"""A recorded session: one path, what is seen on it, and what every encoder believes; it plays without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.playing.believers import Believers
from worldprobe.playing.outside_view import (
    EDGES,
    GHOST_DEPTH,
    TRUE_DEPTH,
    OutsideView,
    frustums,
    outside_view,
    scenery,
)
from worldprobe.playing.own_paths import TOUR, own_paths, tour
from worldprobe.playing.palette import TRUE_COLOUR
from worldprobe.playing.playable import Moment, Playable, PlayedSources, PlayedWorld, open_playable
from worldprobe.playing.played_folder import PlayedFolder, read_played
from worldprobe.world.world import Control

WIDTH, HEIGHT = 600, 480
"""Pixels of the picture from outside."""
MOST_STATES = 600
"""States of a session: the frames of a page, or of a loop."""
ARM_EXTENT = 0.27
"""Metres from the shoulder to the edge of the picture: more than an arm reaches."""


@dataclass(frozen=True, eq=False)
class Actor:
    """Truth, or an encoder: its name, colour, R^2 in the study, controls along the path, points in the picture."""

    name: str
    colour: tuple[int, int, int]
    r2: float | None
    z: Float[np.ndarray, "states n"]
    points: Float[np.ndarray, "states points 2"] | None = None
    """NaN for what lies behind the viewer."""


@dataclass(frozen=True, eq=False)
class Session:
    """Everything that is shown along one path."""

    title: str
    path: str
    controls: tuple[Control, ...]
    observations: Shaped[np.ndarray, "states ..."]
    actors: Sequence[Actor]
    """The truth first."""
    scene: UInt8[np.ndarray, "pictures H W 3"] | None = None
    """The world from outside: a picture for every state, or one where nothing but the camera moves."""
    edges: Sequence[tuple[int, int]] = field(default=())
    swatches: Mapping[str, UInt8[np.ndarray, "actors states 3"]] = field(default_factory=dict)
    """The colours of controls that are lights or paints, by their names."""

    def __len__(self) -> int:
        return len(self.observations)


def record(
    folder: Path, *, encoders: Sequence[str] = (), path: str | None = None, states: int = 180, measured: bool = False
) -> Session:
    """Play a path of a results folder, and keep what was shown.

    `path` is an exploration's label or, of recordings, a source's; without one a tour of all controls, or the first
    source. `measured` leaves out references such as the supervised encoder. Raises as `read_played`, and UnknownName
    for a path that there is not.
    """
    if not 2 <= states <= MOST_STATES:
        raise InvalidValue("states", states, f"2 to {MOST_STATES}")
    played = read_played(Path(folder), encoders)
    subject = open_playable(played)
    try:
        name, moments = _moments(subject, played, path, states)
        seen = subject.observe(moments)
        truth = np.stack([moment.z for moment in moments])
        actors = [Actor("true", TRUE_COLOUR, None, truth)]
        believers = Believers(played)
        believers.load()
        for believer in believers.ready:
            if not measured or believer.run.role == "measured":
                actors.append(Actor(believer.name, believer.colour, believer.run.recovery.r2, believer(seen)))
        return staged(Session(played.title, name, tuple(subject.controls), seen, actors), subject)
    finally:
        subject.close()


def _moments(subject: Playable, folder: PlayedFolder, path: str | None, states: int) -> tuple[str, list[Moment]]:
    if isinstance(subject, PlayedSources):
        source = path or next(iter(subject.sources))
        if source not in subject.sources:
            raise UnknownName("path", source, subject.sources)
        rows = range(min(states, len(subject.samples[source])))
        return source, [subject.moment(source, row) for row in rows]
    if path is None or path == TOUR:
        z = tour(len(subject.controls), states)
        return TOUR, [Moment(row) for row in z]
    own = own_paths(folder)
    if path not in own:
        raise UnknownName("path", path, own)
    return path, [Moment(row) for row in own[path][:states]]


def _swatches(subject: Playable, actors: Sequence[Actor]) -> dict[str, UInt8[np.ndarray, "actors states 3"]]:
    found = [subject.swatches(np.nan_to_num(actor.z)) for actor in actors]
    return {name: np.stack([own[name] for own in found]) for name in found[0]}


def staged(session: Session, subject: Playable) -> Session:
    """Return the session with colours, and with the picture from outside where something is known of it in space."""
    if not isinstance(subject, PlayedWorld):
        return session
    session = replace(session, swatches=_swatches(subject, session.actors))
    if subject.camera_world is not None:
        view = outside_view(subject, WIDTH, HEIGHT)
        return _drawn(
            session, scenery(subject, view, session.actors[0].z), EDGES, lambda z, depth: _seen(subject, view, z, depth)
        )
    if subject.arm is not None:
        blank = np.full((1, HEIGHT, HEIGHT, 3), 24, dtype=np.uint8)
        joints = subject.arm_points(session.actors[0].z[:1]).shape[1]
        edges = [(k, k + 1) for k in range(joints - 1)]
        return _drawn(session, blank, edges, lambda z, _: _from_above(subject.arm_points(z)))
    return session


def _drawn(session: Session, scene: np.ndarray, edges: Sequence[tuple[int, int]], points: object) -> Session:
    assert callable(points)
    depths = [TRUE_DEPTH, *[GHOST_DEPTH] * (len(session.actors) - 1)]
    actors = [
        Actor(a.name, a.colour, a.r2, a.z, points(a.z, depth)) for a, depth in zip(session.actors, depths, strict=True)
    ]
    return replace(session, actors=actors, scene=scene, edges=edges)


def _seen(subject: PlayedWorld, view: OutsideView, z: np.ndarray, depth: float) -> np.ndarray:
    return view.project(frustums(subject, z, depth))


def _from_above(points: np.ndarray) -> np.ndarray:
    across = HEIGHT / 2 * (1.0 + points[..., 0] / ARM_EXTENT)
    down = HEIGHT / 2 * (1.0 - points[..., 1] / ARM_EXTENT)
    return np.stack([across, down], axis=-1)
