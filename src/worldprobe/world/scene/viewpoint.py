"""Where the camera rests, and how far it can go from there without touching anything: all found by casting rays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.seeds import stream
from worldprobe.render.camera import level_axes
from worldprobe.render.ray_casting import RayCaster

CANDIDATES = 400
DIRECTIONS = 128
ENCLOSED = 0.65
"""Share of rays that hit something, above which a place counts as inside."""
FRONTS = 0.6
"""Share of surfaces that face it, below which a place lies within a solid thing and not in a room."""
ROOMY = 0.1
"""Share of places within the scene's bounds that must be inside, lest the hollow of a thing pass for a room."""
SHARE_OF_FREE, SHARE_OF_DEPTH = 0.5, 0.6
"""How far the camera may go: as a share of the way to the nearest surface along that axis, of the median distance."""
MARGIN = 0.04
"""Smallest distance to a surface that the camera may come to, as a share of the median distance to what it sees."""
WIDEST_FOV, NARROWEST_FOV, DEFAULT_FOV = 100.0, 20.0, 75.0
SIDE_RAYS, RAYS_AT_ONCE = 120_000, 2000


@dataclass(frozen=True)
class Rest:
    """A camera at rest, in metres and degrees as `render.camera` counts them, and who chose it."""

    at: Float[np.ndarray, "3"]
    yaw: float
    pitch: float
    roll: float
    fov: float
    chosen_by: str

    @property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """The directions of truck, dolly and pedestal, one a row: level but for the last."""
        return level_axes(self.yaw)


def cameras_rest(matrix: Any, fov: float | None, name: str) -> Rest:
    """Return the pose of a camera of the file, from its camera-to-world matrix; `fov` is the wider angle of view."""
    given = np.array(matrix, dtype=np.float64)
    axes = given[:3, :3] / np.maximum(np.linalg.norm(given[:3, :3], axis=0), 1e-12)
    forward = -axes[:, 2]
    pitch = np.degrees(np.arcsin(np.clip(forward[2], -1, 1)))
    level = np.hypot(forward[0], forward[1])
    yaw = np.degrees(np.arctan2(-forward[0], forward[1]) if level > 1e-6 else np.arctan2(axes[1, 0], axes[0, 0]))
    right = level_axes(yaw)[0]
    roll = np.degrees(np.arctan2(-axes[:, 0] @ np.cross(right, forward), axes[:, 0] @ right))
    view = float(np.clip(DEFAULT_FOV if fov is None else fov, NARROWEST_FOV, WIDEST_FOV))
    return Rest(given[:3, 3], float(yaw), float(pitch), float(roll), view, f"the file's camera {name!r}")


def chosen_rest(space: RayCaster) -> Rest:
    """Return a pose for a scene without a camera: inside, where most is near and free, or before it, looking at it."""
    size = float(np.linalg.norm(space.high - space.low))
    rays = sphere(DIRECTIONS // 4)
    places = stream(0, "scene", "rest").uniform(space.low, space.high, (CANDIDATES, 3))
    hits = space.cast(np.repeat(places, len(rays), axis=0), np.tile(rays, (CANDIDATES, 1)))
    met = (hits.triangles >= 0).reshape(CANDIDATES, -1)
    fronts = (hits.fronts > 0).reshape(CANDIDATES, -1).sum(axis=1) / np.maximum(met.sum(axis=1), 1)
    distances = np.where(met, hits.distances.reshape(CANDIDATES, -1), np.nan)
    inside = (met.mean(axis=1) >= ENCLOSED) & (fronts >= FRONTS)
    if inside.mean() < ROOMY:
        return _before(space, size)
    height = (places[:, 2] - space.low[2]) / max(space.high[2] - space.low[2], 1e-9)
    value = space.nearest(places) * met.mean(axis=1) * (0.3 + fronts)
    value *= np.where((height > 0.15) & (height < 0.6), 1.0, 0.6) * inside
    value[inside] *= np.minimum(1.0, np.nanmedian(distances[inside], axis=1) / (0.05 * size))
    best = places[value.argmax()]
    around = np.minimum(space.cast(np.tile(best, (24, 1)), _level(24)).distances, size)
    smooth = sum(np.roll(np.minimum(around, 3 * np.median(around)), k) for k in range(-3, 4))
    yaw = float(np.argmax(smooth) * 360 / 24)
    return Rest(best, yaw if yaw < 180 else yaw - 360, 0.0, 0.0, 90.0, "the tool: inside, where it is most free")


def free_reach(space: RayCaster, rest: Rest) -> tuple[Float[np.ndarray, "3"], float]:
    """Return half extents (right, forwards, up) of a box about the rest that no surface enters, and the median depth.

    A box counts as free if from the rest every one of its 5 x 5 x 5 points is in sight and no nearer than a margin to
    any surface; the most harmful extent shrinks until it is.
    """
    rays = np.concatenate([rest.axes, -rest.axes, sphere(DIRECTIONS)])
    distances = space.cast(np.tile(rest.at, (len(rays), 1)), rays).distances
    ahead = distances[6:][np.isfinite(distances[6:])]
    depth = float(np.median(ahead)) if len(ahead) else float(np.linalg.norm(space.high - space.low))
    reach = np.minimum(SHARE_OF_FREE * np.minimum(distances[:3], distances[3:6]), SHARE_OF_DEPTH * depth)
    margin = min(MARGIN * depth, 0.5 * float(space.nearest(rest.at[None])[0]))
    steps = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    steps = steps[np.abs(steps).max(axis=1) > 0]
    for _ in range(60):
        blocked = _blocked(space, rest.at, (steps * reach) @ rest.axes, margin)
        if not blocked.any():
            break
        harm = (np.abs(steps[blocked]) * reach).mean(axis=0)
        reach[harm.argmax()] *= 0.85
    return reach, depth


def seen_sides(
    space: RayCaster, rest: Rest, reach: Float[np.ndarray, "3"], triangles: int
) -> Float[np.ndarray, " triangles"]:
    """Return how often rays from the explored box hit each triangle's front, less how often its back."""
    random, lattice = stream(0, "scene", "sides"), sphere(RAYS_AT_ONCE)
    seen = np.zeros(triangles)
    for _ in range(SIDE_RAYS // RAYS_AT_ONCE):
        at = rest.at + (random.uniform(-1, 1, 3) * reach) @ rest.axes
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
        hits = space.cast(np.tile(at, (RAYS_AT_ONCE, 1)), lattice @ turn)
        met = hits.triangles >= 0
        np.add.at(seen, hits.triangles[met], hits.fronts[met])
    return seen


def pixel_sizes(
    corners: Float[np.ndarray, "T 3 3"], rest: Rest, reach: Float[np.ndarray, "3"], side: int
) -> Float[np.ndarray, " T"]:
    """Return how long a pixel of a frame of `side` pixels is at each triangle, where the camera comes nearest."""
    beyond = np.abs((corners - rest.at) @ rest.axes.T) - reach
    distance = np.linalg.norm(np.maximum(beyond, 0.0), axis=-1).min(axis=1)
    return np.maximum(distance, 0.25 * float(np.linalg.norm(reach))) * 2 * np.tan(np.radians(rest.fov) / 2) / side


def sphere(count: int) -> Float[np.ndarray, "count 3"]:
    """Return directions that cover the sphere evenly (a Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    z, angle = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    r = np.sqrt(1 - z * z)
    return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=1)


def _before(space: RayCaster, size: float) -> Rest:
    fov, pitch, yaw = 60.0, -20.0, 30.0
    away = size / 2 / np.sin(np.radians(fov / 2)) * 1.05
    y, p = np.radians(yaw), np.radians(pitch)
    forward = np.array([-np.sin(y) * np.cos(p), np.cos(y) * np.cos(p), np.sin(p)])
    at = (space.low + space.high) / 2 - away * forward
    return Rest(at, yaw, pitch, 0.0, fov, "the tool: before the scene, which encloses no place")


def _level(count: int) -> Float[np.ndarray, "count 3"]:
    angle = 2 * np.pi * np.arange(count) / count
    return np.stack([-np.sin(angle), np.cos(angle), np.zeros(count)], axis=1)


def _blocked(space: RayCaster, at: np.ndarray, moves: np.ndarray, margin: float) -> np.ndarray:
    lengths = np.linalg.norm(moves, axis=1)
    ways = moves / np.maximum(lengths, 1e-12)[:, None]
    distances = space.cast(np.tile(at, (len(moves), 1)), ways).distances
    found: np.ndarray = (distances < lengths + margin) | (space.nearest(at + moves) < margin)
    return found & (lengths > 1e-12)
