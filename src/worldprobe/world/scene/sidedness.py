"""Which surfaces can show a camera their front alone, so that their backs need not be drawn.

A rasteriser that leaves them out sets up nearly half as many triangles of solid things, and draws the same pixels.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

_ALIKE = 1e-6
"""Vertices that are nearer than this share of the scene's size are one."""
_WINDING = 0.01
"""How far a winding number may be from a whole one."""


def front_only(
    positions: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "T 3"], places: Float[np.ndarray, "P 3"]
) -> Bool[np.ndarray, " T"]:
    """Return which triangles cannot show their back at any of these places, nor between them.

    They are those with all places before them, and those of closed surfaces that face away from what they enclose while
    all places lie outside, or inwards while all lie inside. `places` are the corners of a convex room without surfaces.
    """
    if len(triangles) == 0:
        return np.zeros(0, dtype=bool)
    corners = positions[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    before = ((places[None] - corners[:, :1]) * normals[:, None]).sum(axis=2).min(axis=1) > 0.0
    piece, closed = _pieces(positions, triangles)
    around = _winding_numbers(corners, places, piece, len(closed))
    volume = np.bincount(piece, (corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])).sum(axis=1), len(closed))
    outside = (volume > 0.0) & (np.abs(around) < _WINDING).all(axis=1)
    inside = (volume < 0.0) & (np.abs(around + 1.0) < _WINDING).all(axis=1)
    return before | (closed & (outside | inside))[piece]


def _pieces(
    positions: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "T 3"]
) -> tuple[Int[np.ndarray, " T"], Bool[np.ndarray, " C"]]:
    """Return which connected piece each triangle is of, and which pieces are closed and turned one way all over."""
    grain = max(float(np.ptp(positions, axis=0).max()), 1e-12) * _ALIKE
    _, vertex = np.unique(np.round(positions / grain).astype(np.int64), axis=0, return_inverse=True)
    corners = vertex.reshape(-1)[triangles].astype(np.int64)
    count = int(corners.max()) + 1
    start, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    graph = coo_matrix((np.ones(len(start), dtype=np.int8), (start, end)), shape=(count, count))
    piece = connected_components(graph, directed=False)[1][corners[:, 0]]
    _, piece = np.unique(piece, return_inverse=True)
    edges, back = start * count + end, end * count + start
    _, where, times = np.unique(edges, return_inverse=True, return_counts=True)
    matched = (times[where] == 1) & np.isin(back, edges) & (start != end)
    open_edges = np.bincount(np.repeat(piece, 3), ~matched)
    return piece, open_edges == 0


def _winding_numbers(
    corners: Float[np.ndarray, "T 3 3"], places: Float[np.ndarray, "P 3"], piece: Int[np.ndarray, " T"], count: int
) -> Float[np.ndarray, "C P"]:
    """Return how often each piece goes round each place: solid angle / 4 pi (van Oosterom and Strackee, 1983)."""
    found = np.zeros((count, len(places)))
    for k, place in enumerate(places):
        a, b, c = (corners[:, i] - place for i in range(3))
        la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
        volume = (a * np.cross(b, c)).sum(axis=1)
        dots = la * lb * lc + (a * b).sum(axis=1) * lc + (b * c).sum(axis=1) * la + (c * a).sum(axis=1) * lb
        found[:, k] = np.bincount(piece, 2.0 * np.arctan2(volume, dots), count) / (4.0 * np.pi)
    return found
