"""A scene and its cameras seen from outside: from where, and where their edges are in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, UInt8

from worldprobe.playing.playable import PlayedWorld
from worldprobe.playing.scene_parts import moving_names, outside_parts
from worldprobe.world.camera_world import CameraWorld, angle_of_view

BEHIND, ASIDE, ABOVE = 7.8, 4.6, 4.2
"""From the camera at rest to where it is seen from: behind it, to its right, and above it, in strides."""
AHEAD = 1.2
"""Strides before the camera at rest: the point that is looked at."""
FOV_DEGREES = 46.0
NEAR = 0.05
"""Metres before which nothing is drawn."""
TRUE_DEPTH, GHOST_DEPTH = 0.84, 0.68
"""Strides from a camera to the rectangle that it sees."""

EDGES = ((0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (2, 3), (3, 4), (4, 1), (5, 6), (6, 7))
"""Of a frustum's points: its apex, the corners of what it sees, and a mark that says which side is up."""


@dataclass(frozen=True)
class OutsideView:
    """A camera outside: its pose, looking down its -Z with +Y up, and the picture's size."""

    pose: Float[np.ndarray, "4 4"]
    width: int
    height: int

    def project(self, points: Float[np.ndarray, "*N 3"]) -> Float64[np.ndarray, "*N 2"]:
        """Return where points are in the picture, in pixels from its upper left corner; NaN for those behind it."""
        local = (points - self.pose[:3, 3]) @ self.pose[:3, :3]
        depth = np.where(local[..., 2] < -NEAR, -local[..., 2], np.nan)
        focal = self.height / 2 / np.tan(np.radians(FOV_DEGREES) / 2)
        across = self.width / 2 + focal * local[..., 0] / depth
        down = self.height / 2 - focal * local[..., 1] / depth
        return np.stack([across, down], axis=-1)


def stride(seen: CameraWorld, n: int) -> float:
    """Return the metres that one standard deviation of the control moves the camera that moves it most: .5 in the room.

    By it everything that is drawn of cameras is measured, so that a scene may be a dolls' house or a hall. It is .5 of
    a camera that only turns.
    """
    at = seen.cameras(np.concatenate([np.zeros((1, n)), np.eye(n)]))[:, :3, 3]
    return float(np.linalg.norm(at[1:] - at[0], axis=1).max()) or 0.5


def seat(seen: CameraWorld, n: int) -> tuple[Float64[np.ndarray, "3"], Float64[np.ndarray, "3"]]:
    """Return from where the camera at rest is seen best, and the point that is looked at."""
    rest = seen.cameras(np.zeros((1, n)))[0]
    at, right, ahead = rest[:3, 3], rest[:3, 0], -rest[:3, 2]
    back = -BEHIND * ahead + ASIDE * right + np.array([0.0, 0.0, ABOVE])
    return at + stride(seen, n) * back, at + stride(seen, n) * AHEAD * ahead


def outside_view(world: PlayedWorld, width: int, height: int) -> OutsideView:
    """Return the view of a world's scene and camera from outside."""
    seen = world.camera_world
    assert seen is not None
    position, aim = seat(seen, len(world.controls))
    ahead = (aim - position) / np.linalg.norm(aim - position)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(right, ahead), -ahead], axis=1)
    pose[:3, 3] = position
    return OutsideView(pose, width, height)


def scenery(world: PlayedWorld, view: OutsideView, z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "pictures H W 3"]:
    """Return the scene as that view sees it, without any camera in it: N pictures, or one where nothing else changes.

    What controls move is where they put it, and light and paints are as they set them.
    """
    from worldprobe.render.painter import FAR_METRES
    from worldprobe.render.raster import Raster

    seen = world.camera_world
    assert seen is not None
    far = 2.0 * getattr(seen, "far", FAR_METRES)
    relit = seen.relit() if hasattr(seen, "relit") else None
    moving = moving_names(seen) if relit is None else ()
    states = z if moving or relit is not None else z[:1]
    with Raster(relit or outside_parts(seen), (view.height, view.width), FOV_DEGREES, moving, far) as raster:
        poses = seen.part_poses(states) if moving else None  # type: ignore[attr-defined]
        light = seen.lighting(states) if relit is not None else None  # type: ignore[attr-defined]
        return raster.draw(np.repeat(view.pose[None], len(states), axis=0), poses, light)


def frustums(world: PlayedWorld, z: Float[np.ndarray, "N n"], depth: float) -> Float64[np.ndarray, "N points 3"]:
    """Return the points of the cameras at these controls, in the order of `EDGES`."""
    seen = world.camera_world
    assert seen is not None
    depth *= stride(seen, z.shape[1])
    tall = depth * np.tan(np.radians(angle_of_view(seen)) / 2)
    wide = tall * world.observation_shape[1] / world.observation_shape[0]
    mark = 0.25 * tall
    local = np.array([
        (0, 0, 0), (-wide, -tall, -depth), (wide, -tall, -depth), (wide, tall, -depth), (-wide, tall, -depth),
        (-mark, tall, -depth), (0, tall + mark, -depth), (mark, tall, -depth),
    ])  # fmt: skip
    poses = seen.cameras(z)
    points: np.ndarray = local @ poses[:, :3, :3].transpose(0, 2, 1) + poses[:, None, :3, 3]
    return points
