"""Where the camera rests, and how far it can go from there without touching anything: all found by casting rays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils.bvhtree import BVHTree

CANDIDATES = 400
DIRECTIONS = 128
ENCLOSED = 0.55
"""Share of rays that hit something, above which a place counts as inside."""
SHARE_OF_FREE = 0.5
"""How far the camera may go, as a share of the way to the nearest surface along that axis."""
MARGIN = 0.04
"""Smallest distance to a surface that the camera may come to, as a share of the median distance to what it sees."""
WIDEST_FOV, NARROWEST_FOV, DEFAULT_FOV = 100.0, 20.0, 75.0


@dataclass(frozen=True)
class Rest:
    """A camera at rest, in metres and degrees as `render.camera` counts them, and who chose it."""

    at: np.ndarray
    yaw: float
    pitch: float
    roll: float
    fov: float
    chosen_by: str


class Space:
    """The scene's surfaces, to cast rays at."""

    def __init__(self, positions: np.ndarray, triangles: np.ndarray) -> None:
        self._tree = BVHTree.FromPolygons(positions.tolist(), triangles.tolist(), all_triangles=True)
        used = positions[np.unique(triangles)]
        self.low, self.high = used.min(axis=0), used.max(axis=0)
        self.size = float(np.linalg.norm(self.high - self.low))

    def distance(self, at: np.ndarray, direction: np.ndarray) -> float:
        """Return how far a ray goes, infinity where it hits nothing."""
        found = self._tree.ray_cast(at.tolist(), direction.tolist())[3]
        return float("inf") if found is None else float(found)

    def hit(self, at: np.ndarray, direction: np.ndarray) -> tuple[int, float, bool]:
        """Return the triangle that a ray hits (-1: none), how far away it is, and whether its front was hit."""
        _, normal, index, distance = self._tree.ray_cast(at.tolist(), direction.tolist())
        if index is None:
            return -1, float("inf"), True
        return int(index), float(distance), float(np.dot(normal, direction)) < 0

    def nearest(self, at: np.ndarray) -> float:
        """Return the distance to the nearest surface."""
        found = self._tree.find_nearest(at.tolist())[3]
        return float("inf") if found is None else float(found)


def sphere(count: int) -> np.ndarray:
    """Return directions that cover the sphere evenly (a Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    z, angle = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=1)


def cameras_rest(camera: Any, metres: float) -> Rest:
    """Return the pose of a camera of the scene; a square frame gets the wider of its two angles of view."""
    matrix = np.array(camera.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    forward = -axes[:, 2]
    pitch = np.degrees(np.arcsin(np.clip(forward[2], -1, 1)))
    level = np.hypot(forward[0], forward[1])
    yaw = np.degrees(np.arctan2(-forward[0], forward[1]) if level > 1e-6 else np.arctan2(axes[1, 0], axes[0, 0]))
    y = np.radians(yaw)
    right = np.array([np.cos(y), np.sin(y), 0.0])
    up = np.cross(right, forward)
    roll = np.degrees(np.arctan2(-axes[:, 0] @ up, axes[:, 0] @ right))
    fov = np.degrees(camera.data.angle) if camera.data.type == "PERSP" else DEFAULT_FOV
    return Rest(
        matrix[:3, 3] * metres,
        float(yaw),
        float(pitch),
        float(roll),
        float(np.clip(fov, NARROWEST_FOV, WIDEST_FOV)),
        f"the file's camera {camera.name!r}",
    )


def chosen_rest(space: Space) -> Rest:
    """Return a pose for a scene without a camera: inside, where most is near and free, or before it, looking at it."""
    rng = np.random.default_rng(0)
    rays = sphere(DIRECTIONS)
    best, score = None, 0.0
    for at in rng.uniform(space.low, space.high, (CANDIDATES, 3)):
        hits = [space.hit(at, ray) for ray in rays[::4]]
        met = np.array([index >= 0 for index, _, _ in hits])
        if met.mean() < ENCLOSED:
            continue
        fronts = np.mean([front for index, _, front in hits if index >= 0])
        distances = np.array([d for index, d, _ in hits if index >= 0])
        height = (at[2] - space.low[2]) / max(space.high[2] - space.low[2], 1e-9)
        value = space.nearest(at) * met.mean() * (0.3 + fronts) * (1.0 if 0.15 < height < 0.6 else 0.6)
        value *= min(1.0, np.median(distances) / (0.05 * space.size))
        if value > score:
            best, score = at, float(value)
    if best is None:
        return _before(space)
    distances = np.array([min(space.distance(best, ray), space.size) for ray in _level(24)])
    smooth = sum(np.roll(np.minimum(distances, np.median(distances) * 3), k) for k in range(-3, 4))
    yaw = float(np.argmax(smooth) * 360 / 24)
    return Rest(best, yaw, 0.0, 0.0, 90.0, "the tool: inside, where it is most free")


def _before(space: Space) -> Rest:
    middle, radius = (space.low + space.high) / 2, space.size / 2
    fov, pitch, yaw = 60.0, -20.0, 30.0
    away = radius / np.sin(np.radians(fov / 2)) * 1.05
    y, p = np.radians(yaw), np.radians(pitch)
    forward = np.array([-np.sin(y) * np.cos(p), np.cos(y) * np.cos(p), np.sin(p)])
    return Rest(middle - away * forward, yaw, pitch, 0.0, fov, "the tool: before the scene, which encloses no place")


def _level(count: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(count) / count
    return np.stack([-np.sin(angle), np.cos(angle), np.zeros(count)], axis=1)


def free_reach(space: Space, rest: Rest) -> tuple[np.ndarray, float]:
    """Return half extents (right, forwards, up) of a box about the rest that no surface enters, and the median depth.

    A box counts as free if from the rest every one of its 5 x 5 x 5 points is in sight and no nearer than a margin to
    any surface; the most harmful extent shrinks until it is.
    """
    y = np.radians(rest.yaw)
    axes = np.array([[np.cos(y), np.sin(y), 0], [-np.sin(y), np.cos(y), 0], [0, 0, 1.0]])
    ahead = [space.distance(rest.at, ray) for ray in sphere(DIRECTIONS)]
    depth = float(np.median([d for d in ahead if np.isfinite(d)] or [space.size]))
    reach = np.array([min(space.distance(rest.at, s * axis) for s in (-1, 1)) for axis in axes])
    reach = np.minimum(SHARE_OF_FREE * reach, 0.6 * depth)
    margin = min(MARGIN * depth, 0.5 * space.nearest(rest.at))
    steps = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    for _ in range(60):
        blocked = np.array([_blocked(space, rest.at, (step * reach) @ axes, margin) for step in steps])
        if not blocked.any():
            break
        harm = (np.abs(steps[blocked]) * reach).mean(axis=0)
        reach[harm.argmax()] *= 0.85
    return reach, depth


def _blocked(space: Space, at: np.ndarray, move: np.ndarray, margin: float) -> bool:
    length = float(np.linalg.norm(move))
    if length < 1e-12:
        return False
    return space.distance(at, move / length) < length + margin or space.nearest(at + move) < margin


def seen_sides(space: Space, rest: Rest, reach: np.ndarray, count: int, rays: int = 120_000) -> np.ndarray:
    """Return how often rays from the explored box hit each triangle's front, less how often its back."""
    rng = np.random.default_rng(1)
    y = np.radians(rest.yaw)
    axes = np.array([[np.cos(y), np.sin(y), 0], [-np.sin(y), np.cos(y), 0], [0, 0, 1.0]])
    seen = np.zeros(count)
    lattice = sphere(2000)
    for _ in range(rays // len(lattice)):
        at = rest.at + (rng.uniform(-1, 1, 3) * reach) @ axes
        turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        for ray in lattice @ turn:
            index, _, front = space.hit(at, ray)
            if index >= 0:
                seen[index] += 1 if front else -1
    return seen
