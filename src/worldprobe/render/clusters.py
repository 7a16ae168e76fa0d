"""Triangles in small clusters with bounding boxes, and which of them a view can see.

In a room most triangles are behind the camera or outside of the view. To leave them out before they reach the driver is
cheaper than to clip them there and changes no pixel: a cluster is left out only if its whole box is out of view.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

_TRIANGLES_PER_CLUSTER = 16
_MARGIN_METRES = 1e-3
"""Absorbs the single precision in which the driver computes; a box that is let in costs little."""


@dataclass(frozen=True)
class Clusters:
    """Triangles in an order in which neighbours are near each other, cut into clusters with bounding boxes."""

    triangles: Int[np.ndarray, "T 3"]
    box: Float[np.ndarray, "7 C"]
    """A box's centre (x, y, z), half its sides (x, y, z), and 1; float32."""
    first: Int[np.ndarray, " C+1"]
    """Cluster c holds triangles first[c] up to first[c + 1]."""
    order: Int[np.ndarray, " T"]
    """Where each of the triangles was in what was given."""


def clustered(positions: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "T 3"]) -> Clusters:
    """Return the triangles halved along their longest side again and again, down to 16 in a cluster."""
    middles = positions[triangles].mean(axis=1)
    leaves: list[Int[np.ndarray, " k"]] = []
    waiting = [np.arange(len(triangles))]
    while waiting:
        chosen = waiting.pop()
        if len(chosen) <= _TRIANGLES_PER_CLUSTER:
            leaves.append(chosen)
            continue
        axis = np.ptp(middles[chosen], axis=0).argmax()
        ordered = chosen[np.argsort(middles[chosen, axis], kind="stable")]
        half = len(ordered) // 2
        waiting += [ordered[half:], ordered[:half]]
    corners = [positions[triangles[leaf]].reshape(-1, 3) for leaf in leaves]
    low, high = (np.array([each(c, axis=0) for c in corners]) for each in (np.min, np.max))
    first = np.concatenate([[0], np.cumsum([len(leaf) for leaf in leaves])])
    box = np.concatenate([(low + high) / 2, (high - low) / 2, np.ones((len(leaves), 1))], axis=1)
    order = np.concatenate(leaves)
    return Clusters(triangles[order], np.ascontiguousarray(box.T, dtype=np.float32), first, order)


def visible_runs(
    clusters: Clusters, clip_from_local: Float[np.ndarray, "N 4 4"]
) -> tuple[Int[np.ndarray, " R"], Int[np.ndarray, " R"], Int[np.ndarray, " R"]]:
    """Return the runs of neighbouring clusters that N views may see: view, first triangle, triangles of each run.

    A plane of the view volume is a sum of two rows of the matrix to clip coordinates (Gribb and Hartmann, 2001); a
    cluster is out of view if its box lies wholly behind the left, right, bottom, top or near plane.
    """
    w = clip_from_local[:, 3:4]
    planes = np.concatenate([w + clip_from_local[:, :3], w - clip_from_local[:, :2]], axis=1)
    planes = planes / np.linalg.norm(planes[:, :, :3], axis=2, keepdims=True)
    normals, offset = planes[:, :, :3], planes[:, :, 3:]
    # How far the corner that is farthest along a plane's normal lies before it: one product for all boxes and planes.
    farthest = np.concatenate([normals, np.abs(normals), offset], axis=2).astype(np.float32) @ clusters.box
    seen = farthest.min(axis=1) > -_MARGIN_METRES
    padded = np.zeros((len(seen), seen.shape[1] + 2), dtype=bool)
    padded[:, 1:-1] = seen
    view, edge = np.nonzero(padded[:, 1:] != padded[:, :-1])  # in every view a start, a stop, a start ...
    view, start, stop = view[::2], edge[::2], edge[1::2]
    return view, clusters.first[start], clusters.first[stop] - clusters.first[start]
