"""What is known of a scene before its light: its triangles, where the camera rests among them, what it sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from worldprobe.errors import WorldprobeError
from worldprobe.render.ray_casting import RayCaster
from worldprobe.world.scene.manifest import Moved, Pose, rounded
from worldprobe.world.scene.viewpoint import Rest, chosen_rest, free_reach, pixel_sizes, seen_sides

DEGREES = {
    "yaw": (12.0, 60.0, "pan to the left"),
    "pitch": (6.0, 28.0, "tilt up"),
    "roll": (7.0, 30.0, "lean to the right"),
}
LEAST_REACH = 1e-3
"""Share of the median distance that the camera must be able to move, each way."""
PIXELS_A_TRIANGLE = 2.0
WORTH_MERGING = 0.7
"""Share of an object's triangles that must suffice, for some to be merged."""


@dataclass(frozen=True)
class Survey:
    """A scene's triangles in metres, +Z up, which object each belongs to, and where the camera rests."""

    positions: Float[np.ndarray, "V 3"]
    triangles: Int[np.ndarray, "T 3"]
    owners: Int[np.ndarray, " T"]
    names: list[str]
    rest: Rest
    reach: Float[np.ndarray, "3"]
    """How far the camera can go: to the right, forwards, up."""
    depth: float
    """The median distance to what is seen from the rest."""

    @cached_property
    def size(self) -> float:
        """The diagonal of the scene's bounding box."""
        used = self.positions[np.unique(self.triangles)]
        return float(np.linalg.norm(np.ptp(used, axis=0)))

    @cached_property
    def seen(self) -> Float[np.ndarray, " T"]:
        """How often each triangle is seen from its front, less how often from behind."""
        space = RayCaster(self.positions, self.triangles)
        return seen_sides(space, self.rest, self.reach, len(self.triangles))

    @property
    def corners(self) -> Float[np.ndarray, "8 3"]:
        """The corners of the free box that the camera can go to."""
        signs = np.stack(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        corners: np.ndarray = self.rest.at + (signs * self.reach) @ self.rest.axes
        return corners

    def notes(self) -> list[str]:
        """Say how much is seen from behind."""
        behind = np.abs(self.seen[self.seen < 0]).sum() / max(np.abs(self.seen).sum(), 1)
        return [f"one-sided surfaces seen from behind, turned round: {behind:.0%} of what is seen"] if behind else []

    def shares_needed(self, detail: int) -> dict[str, float]:
        """Return, of every object with triangles smaller than a pixel or two, the share of them that suffices."""
        corners = self.positions[self.triangles]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        pixels = pixel_sizes(corners, self.rest, self.reach, detail)
        needed = np.bincount(self.owners, areas / (PIXELS_A_TRIANGLE * pixels**2), len(self.names))
        shares = needed / np.maximum(np.bincount(self.owners, minlength=len(self.names)), 1)
        return {self.names[k]: float(shares[k]) for k in np.flatnonzero(shares < WORTH_MERGING)}

    def pose(self) -> Pose:
        """Return the rest as a manifest states it."""
        rest = self.rest
        angles = {name: rounded(getattr(rest, name)) for name in ("yaw", "pitch", "roll", "fov")}
        return Pose(at=[rounded(x) for x in rest.at], chosen_by=rest.chosen_by, **angles)

    def controls(self) -> list[Moved]:
        """Return the six controls, scaled to the free space; raises WorldprobeError where there is none."""
        right, ahead, up = (float(x) for x in self.reach)
        if min(right, ahead, up) < LEAST_REACH * self.depth:
            raise WorldprobeError(
                f"The camera cannot move: at {metres(self.rest.at)} ({self.rest.chosen_by}) a surface is too near. "
                "Move the camera in the file, or name another with --camera."
            )
        moves = (
            ("truck", right, 3, "sideways, to the right"),
            ("pedestal", up, 2, "up"),
            ("dolly", ahead, 3, "forwards"),
        )
        moved = [
            Moved(name=name, unit="m", scale=rounded(reach / share), limit=rounded(reach), meaning=meaning)
            for name, reach, share, meaning in moves
        ]
        turned = [
            Moved(name=name, unit="degrees", scale=scale, limit=limit, meaning=meaning)
            for name, (scale, limit, meaning) in DEGREES.items()
        ]
        return moved + turned


def surveyed(
    positions: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "T 3"],
    owners: Int[np.ndarray, " T"],
    names: list[str],
    rest: Rest | None,
    obstacles: tuple[Float[np.ndarray, "W 3"], Int[np.ndarray, "U 3"]] | None = None,
) -> Survey:
    """Return the survey of a scene; where `rest` is None a place for the camera is chosen.

    `obstacles` are the surfaces that the camera keeps away from, where something moves: all along its way.
    """
    space = RayCaster(positions, triangles) if obstacles is None else RayCaster(*obstacles)
    chosen = chosen_rest(space) if rest is None else rest
    reach, depth = free_reach(space, chosen)
    return Survey(positions, triangles, owners, names, chosen, reach, depth)


def metres(at: Float[np.ndarray, "3"]) -> str:
    """Return a place as text."""
    return "(" + ", ".join(f"{x:.3g}" for x in at) + ") m"
