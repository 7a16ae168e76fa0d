"""What stands in the 3-D view: a camera in its scene, an arm, or the picture alone; truth and belief side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from worldprobe.playing.drawing_thread import ShownMoment
from worldprobe.playing.outside_view import GHOST_DEPTH, TRUE_DEPTH, seat, stride
from worldprobe.playing.palette import GOAL_COLOUR, TRUE_COLOUR
from worldprobe.playing.playable import Playable, PlayedWorld
from worldprobe.playing.scene_parts import moving_scenes, still_scene
from worldprobe.world.camera_world import angle_of_view

FORWARDS = np.diag([1.0, -1.0, -1.0])
"""From our cameras, which look down their -Z with +Y up, to the viewer's, which look along +Z with +Y down."""
UPRIGHT = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""A quarter turn about X: from a frame whose Y is up, as in glTF, to ours, whose Z is."""
HUNG = (np.sqrt(0.5), -np.sqrt(0.5), 0.0, 0.0)
"""The other quarter turn: a picture's Y is down."""

Colours = Mapping[str, tuple[int, int, int]]


class SpatialView(ABC):
    """The 3-D view of one viewer."""

    @abstractmethod
    def show(self, shown: ShownMoment, goal: Float[np.ndarray, " n"] | None) -> None:
        """Move everything to where it is; what has no reading, and a goal that is not given, are hidden."""


class CameraView(SpatialView):
    """The true camera as a frustum that holds the frame, and a ghost for each encoder."""

    def __init__(self, scene: Any, subject: PlayedWorld, colours: Colours) -> None:
        world = subject.camera_world
        assert world is not None
        self.world = world
        self._angle = np.radians(angle_of_view(world))
        height, width = subject.observation_shape[:2]
        self._aspect, self._scene, self._colours = width / height, scene, colours
        self._stride = stride(world, len(subject.controls))
        self._true = self._frustum("/true", TRUE_COLOUR, TRUE_DEPTH, 0.044)
        self._parts: dict[str, Any] = {}
        for name, glb in moving_scenes(world).items():
            self._parts[name] = scene.add_frame(f"/part/{_safe(name)}", show_axes=False)
            scene.add_glb(f"/part/{_safe(name)}/shape", glb, wxyz=UPRIGHT, cast_shadow=False, receive_shadow=False)
        self.ghosts: dict[str, Any] = {}
        self._goal: Any = None

    def show(self, shown: ShownMoment, goal: Float[np.ndarray, " n"] | None) -> None:
        readings = shown.readings
        poses = self.world.cameras(np.stack([shown.moment.z, *readings.values()]))
        self._true.image = shown.observation
        if self._parts:
            moved = self.world.part_poses(shown.moment.z[None])  # type: ignore[attr-defined]
            for name, part in self._parts.items():
                _place(part, moved[name][0], np.eye(3))
        _place(self._true, poses[0])
        for run, pose in zip(readings, poses[1:], strict=True):
            if run not in self.ghosts:
                self.ghosts[run] = self._frustum(f"/ghost/{_safe(run)}", self._colours[run], GHOST_DEPTH, 0.05)
            _place(self.ghosts[run], pose)
        for run, ghost in self.ghosts.items():
            ghost.visible = run in readings
        if goal is not None:
            self._goal = self._goal or self._frustum("/goal", GOAL_COLOUR, GHOST_DEPTH, 0.04)
            _place(self._goal, self.world.cameras(goal[None])[0])
        if self._goal is not None:
            self._goal.visible = goal is not None

    def _frustum(self, name: str, colour: tuple[int, int, int], size: float, thickness: float) -> Any:
        return self._scene.add_camera_frustum(
            name,
            self._angle,
            self._aspect,
            scale=size * self._stride,
            thickness=thickness * self._stride,
            color=colour,
            format="png",
            cast_shadow=False,
            receive_shadow=False,
        )


class ArmView(SpatialView):
    """The arm's links from joint to joint: the true one broad, each encoder's thin above it."""

    HIGH = 0.012
    """Metres from one arm to the next, so that none hides another."""

    def __init__(self, scene: Any, subject: PlayedWorld, colours: Colours) -> None:
        self._subject, self._scene, self._colours = subject, scene, colours
        self._arms: dict[str, Any] = {}
        scene.add_grid("/table", width=0.6, height=0.6, cell_size=0.05, section_size=0.3, position=(0.0, 0.0, -0.01))
        self._joints = scene.add_point_cloud("/joints", np.zeros((1, 3)), TRUE_COLOUR, point_size=0.016)

    def show(self, shown: ShownMoment, goal: Float[np.ndarray, " n"] | None) -> None:
        wanted = {"true": (shown.moment.z, TRUE_COLOUR, 0.02)}
        if goal is not None:
            wanted["goal"] = (goal, GOAL_COLOUR, 0.008)
        wanted |= {run: (z, self._colours[run], 0.01) for run, z in shown.readings.items()}
        chains = self._subject.arm_points(np.stack([z for z, _, _ in wanted.values()]))
        self._joints.points = chains[0].astype(np.float32)
        for k, (name, (_, colour, thickness)) in enumerate(wanted.items()):
            points = chains[k] + np.array([0.0, 0.0, k * self.HIGH])
            segments = np.stack([points[:-1], points[1:]], axis=1).astype(np.float32)
            if name in self._arms:
                self._arms[name].points = segments
            else:
                self._arms[name] = self._scene.add_line_segments(
                    f"/arm/{_safe(name)}", segments, colour, thickness=thickness, thickness_units="world"
                )
        for name, arm in self._arms.items():
            arm.visible = name in wanted


class PictureView(SpatialView):
    """The observation alone, upright, where nothing more is known of the world in space."""

    SIDE = 2.0

    def __init__(self, scene: Any, subject: Playable) -> None:
        self._scene, self._drawn = scene, len(subject.observation_shape) == 3
        self._picture: Any = None

    def show(self, shown: ShownMoment, goal: Float[np.ndarray, " n"] | None) -> None:
        if not self._drawn:
            return
        observation = shown.observation
        times = max(1, 512 // max(observation.shape[:2]))
        height, width = observation.shape[:2]
        large = np.asarray(Image.fromarray(observation).resize((width * times, height * times), Image.Resampling.BOX))
        if self._picture is None:
            self._picture = self._scene.add_image(
                "/picture", large, self.SIDE * width / height, self.SIDE, format="jpeg", wxyz=HUNG
            )
        else:
            self._picture.image = large


def view_of(scene: Any, subject: Playable, colours: Colours) -> SpatialView:
    """Return the view that suits what is played."""
    if isinstance(subject, PlayedWorld):
        if subject.camera_world is not None:
            return CameraView(scene, subject, colours)
        if subject.arm is not None:
            return ArmView(scene, subject, colours)
    return PictureView(scene, subject)


def add_surroundings(server: Any, subject: Playable) -> None:
    """Add what all viewers share, the scene; and say from where it is seen at first."""
    camera = server.initial_camera
    # Nothing casts shadows, but viser's lights fill shadow maps for every picture: without a graphics card, half of it.
    server.scene.configure_default_lights(cast_shadow=False)
    if isinstance(subject, PlayedWorld) and subject.camera_world is not None:
        world = subject.camera_world
        server.scene.add_glb("/scene", still_scene(world), wxyz=UPRIGHT, cast_shadow=False, receive_shadow=False)
        camera.position, camera.look_at = seat(world, len(subject.controls))
    elif isinstance(subject, PlayedWorld) and subject.arm is not None:
        camera.position, camera.look_at = np.array([0.0, -0.35, 0.7]), np.zeros(3)
    else:
        camera.position, camera.look_at = np.array([0.0, -3.2, 0.0]), np.zeros(3)


def _place(handle: Any, pose: Float[np.ndarray, "4 4"], turned: np.ndarray = FORWARDS) -> None:
    from viser.transforms import SO3

    handle.position = pose[:3, 3]
    handle.wxyz = SO3.from_matrix(pose[:3, :3] @ turned).wxyz


def _safe(name: str) -> str:
    """Return a name as one part of a path in the scene's tree."""
    return name.replace("/", "_")
