"""What moves in a scene that is being converted: found by asking Blender, checked, and divided into parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from worldprobe.errors import WorldprobeError
from worldprobe.world.scene.manifest import Manifest, Moved, MovingPart, rounded
from worldprobe.world.scene.motion import MovingObjects, followers, off_by_owner, part_poses, poses, rigid_motion, swept
from worldprobe.world.scene.motion_request import MotionRequest
from worldprobe.world.scene.scene_child import SceneChild

MIXED = (0.3, 0.8)
"""Shares of their ranges at which several motions are tried together."""
SHARES = 2
"""Standard deviations from the middle of a motion's range to its end."""


@dataclass(frozen=True)
class MovingParts:
    """Every motion of a scene, the outermost first."""

    moving: tuple[MovingObjects, ...] = ()

    def controls(self) -> list[Moved]:
        """Return the controls: a standard deviation is half the way to the end of the range."""
        found = []
        for one in self.moving:
            request, limit = one.request, rounded((one.request.high - one.request.low) / 2)
            verb = "turns" if request.kind == "rotation" else "moves"
            meaning = f"{verb} {request.target!r} {'about' if verb == 'turns' else 'along'} its {request.axis}"[:200]
            found.append(
                Moved(
                    name=request.name, unit=request.unit, scale=rounded(limit / SHARES), limit=limit, meaning=meaning,
                    motion=one.motion,
                )
            )  # fmt: skip
        return found

    def notes(self) -> list[str]:
        """Say of what moves that light does not follow it."""
        at = ", ".join(f"{one.request.name} at {one.request.centre:g} {one.request.unit}" for one in self.moving)
        return [f"light was baked with {at}: frames with it elsewhere are approximate"] if at else []

    def parts(self, names: Sequence[str]) -> list[MovingPart]:
        """Return the parts that objects of these names fall into, by which controls move them."""
        chains = dict.fromkeys(chain for name in names if (chain := self._chain(name)))
        return [MovingPart(name=f"moving {k}", controls=list(chain)) for k, chain in enumerate(chains, 1)]

    def part_of(self, names: Sequence[str]) -> Int[np.ndarray, " objects"]:
        """Return for each object which of `parts` it is in: 0 for one that stands still, 1 for the first, ..."""
        chains = [tuple(part.controls) for part in self.parts(names)]
        return np.array([chains.index(chain) + 1 if (chain := self._chain(name)) else 0 for name in names])

    def obstacles(
        self, positions: np.ndarray, triangles: np.ndarray, owners: np.ndarray, names: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return a scene's surfaces with copies of what moves, all along its way."""
        follows = [
            (one, np.isin(owners, [k for k, name in enumerate(names) if name in one.owners])) for one in self.moving
        ]
        return swept(positions, triangles, follows)

    def placed(
        self, manifest: Manifest, z: Float[np.ndarray, "N n"], positions: Float[np.ndarray, "V 3"], part: np.ndarray
    ) -> Float[np.ndarray, "N V 3"]:
        """Return where all vertices are at N control vectors; `part` says in which part each vertex is."""
        found = np.tile(positions, (len(z), 1, 1))
        for k, matrices in enumerate(part_poses(manifest, z).values(), 1):
            chosen = part == k
            found[:, chosen] = positions[chosen] @ matrices[:, :3, :3].transpose(0, 2, 1) + matrices[:, None, :3, 3]
        return found

    def _chain(self, name: str) -> tuple[str, ...]:
        return tuple(one.request.name for one in self.moving if name in one.owners)


def owner_of_vertices(vertices: int, triangles: Int[np.ndarray, "T 3"], owners: Int[np.ndarray, " T"]) -> np.ndarray:
    """Return which object each vertex belongs to, -1 for one that no triangle has."""
    found = np.full(vertices, -1)
    found[triangles.ravel()] = np.repeat(owners, 3)
    return found


def asked_motions(child: SceneChild, requests: Sequence[MotionRequest]) -> MovingParts:
    """Find what each request moves and how, and leave everything at the middle of its range.

    Raises BlenderFailed for an object that there is not, WorldprobeError for motion that is not rigid.
    """
    if not requests:
        return MovingParts()
    wanted = [{"target": one.target, "kind": one.kind, "axis": one.axis} for one in requests]
    ordered = [requests[k] for k in child.ask(do="channels", wanted=wanted)["order"]]
    rest = [one.centre for one in ordered]
    _, still = _moved(child, ordered, rest)
    found = []
    for k, request in enumerate(ordered):
        seen = [_moved(child, ordered, [*rest[:k], value, *rest[k + 1 :]]) for value in request.values]
        frames = np.array([matrices[k] for matrices, _ in seen])
        motion = rigid_motion(request, frames)
        places = np.stack([_alike(request, still, surfaces) for _, surfaces in seen])
        owner_of = owner_of_vertices(len(places[0]), still["triangles"], still["owners"])
        owners = followers(request, motion, places, owner_of, still["names"])
        found.append(MovingObjects(request, motion, owners))
    if len(found) > 1:
        _check_together(child, found, still)
    _moved(child, ordered, rest)
    return MovingParts(tuple(found))


def _moved(
    child: SceneChild, requests: Sequence[MotionRequest], values: Sequence[float]
) -> tuple[list[Any], dict[str, Any]]:
    """Put everything to values; return where it is, and all surfaces."""
    given = [float(np.radians(v)) if r.kind == "rotation" else v for r, v in zip(requests, values, strict=True)]
    matrices = child.ask(do="move", values=given)["matrices"]
    out = child.folder / "moved.npz"
    names = child.ask(do="gather", out=str(out))["names"]
    with np.load(out) as arrays:
        return matrices, {**arrays, "names": names}


def _alike(request: MotionRequest, still: dict[str, Any], surfaces: dict[str, Any]) -> np.ndarray:
    if surfaces["positions"].shape != still["positions"].shape or surfaces["names"] != still["names"]:
        raise WorldprobeError(
            f"--control {request.name}: surfaces come and go when it does (a modifier depends on it). Only what moves "
            "as a whole can be drawn: apply the modifier in Blender."
        )
    found: np.ndarray = surfaces["positions"]
    return found


def _check_together(child: SceneChild, found: Sequence[MovingObjects], still: dict[str, Any]) -> None:
    """Raise WorldprobeError where several motions at once are not what one after the other gives."""
    requests = [one.request for one in found]
    values = [r.low + MIXED[k % len(MIXED)] * (r.high - r.low) for k, r in enumerate(requests)]
    _, surfaces = _moved(child, requests, values)
    places, owner_of = still["positions"], owner_of_vertices(
        len(still["positions"]), still["triangles"], still["owners"]
    )  # fmt: skip
    expected = places.copy()
    for k, name in enumerate(still["names"]):
        matrix = np.eye(4)
        for one, value in zip(found, values, strict=True):
            if name in one.owners:
                matrix = matrix @ poses(one.motion, np.array([value]))[0]
        chosen = owner_of == k
        expected[chosen] = places[chosen] @ matrix[:3, :3].T + matrix[:3, 3]
    off = off_by_owner(_alike(requests[0], still, surfaces), expected, owner_of, len(still["names"]))
    if off.any():
        names = [still["names"][k] for k in np.flatnonzero(off)]
        raise WorldprobeError(
            f"--control: {', '.join(map(repr, names[:3]))} moves in another way when "
            f"{' and '.join(request.name for request in requests)} change together. Give fewer of them."
        )
