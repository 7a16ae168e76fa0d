"""Rays at a scene's triangles: what they hit first, and how near the nearest surface is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from jaxtyping import Float, Int

from worldprobe.render.clusters import clustered


def _compiled(loop: Callable[..., Any]) -> Any:
    return numba.njit(inspect.unwrap(loop), cache=True)  # under type checks it comes wrapped


@dataclass(frozen=True)
class Hits:
    """For each ray the triangle that it hits first (-1: none), how far away (infinity), and on which side."""

    triangles: Int[np.ndarray, " N"]
    distances: Float[np.ndarray, " N"]
    fronts: Int[np.ndarray, " N"]
    """1 where a triangle's front was hit, whose corners go counter-clockwise; -1 its back; 0 none."""


class RayCaster:
    """Triangles in clusters with boxes: a ray is tested against the boxes, then against what is in those it meets."""

    def __init__(self, positions: Float[np.ndarray, "V 3"], triangles: Int[np.ndarray, "T 3"]) -> None:
        clusters = clustered(positions, triangles)
        self._order = clusters.order
        self._corners = np.ascontiguousarray(positions[clusters.triangles], dtype=np.float64)
        starts = clusters.first[:-1]
        self._low = np.minimum.reduceat(self._corners.min(axis=1), starts, axis=0)
        self._high = np.maximum.reduceat(self._corners.max(axis=1), starts, axis=0)
        self._first = clusters.first.astype(np.int64)
        self.low, self.high = self._low.min(axis=0), self._high.max(axis=0)

    def cast(self, origins: Float[np.ndarray, "N 3"], directions: Float[np.ndarray, "N 3"]) -> Hits:
        """Return what N rays of unit direction hit first."""
        found, distances, fronts = _cast(
            np.ascontiguousarray(origins, dtype=np.float64),
            np.ascontiguousarray(directions, dtype=np.float64),
            self._corners,
            self._low,
            self._high,
            self._first,
        )
        return Hits(np.where(found >= 0, self._order[found], -1), distances, fronts)

    def nearest(self, points: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, " N"]:
        """Return each point's distance to the nearest surface."""
        given = np.ascontiguousarray(points, dtype=np.float64)
        return _nearest(given, self._corners, self._low, self._high, self._first)


@_compiled
def _cast(origins, directions, corners, low, high, first):  # type: ignore[no-untyped-def]
    count = len(origins)
    found, distances = np.full(count, -1, np.int64), np.full(count, np.inf)
    fronts = np.zeros(count, np.int64)
    for n in range(count):
        o, d = origins[n], directions[n]
        for c in range(len(low)):
            near, far = 0.0, distances[n]
            for k in range(3):
                if abs(d[k]) < 1e-12:
                    if o[k] < low[c, k] or o[k] > high[c, k]:
                        near = np.inf
                else:
                    a, b = (low[c, k] - o[k]) / d[k], (high[c, k] - o[k]) / d[k]
                    near, far = max(near, min(a, b)), min(far, max(a, b))
            if near > far + 1e-9:
                continue
            for t in range(first[c], first[c + 1]):
                distance, front = _hit(o, d, corners[t])
                if distance < distances[n]:
                    found[n], distances[n], fronts[n] = t, distance, front
    return found, distances, fronts


@_compiled
def _hit(o, d, corners):  # type: ignore[no-untyped-def]
    """Möller and Trumbore (1997): distance along the ray and the side that is hit."""
    e = corners[1] - corners[0]
    f = corners[2] - corners[0]
    px, py, pz = d[1] * f[2] - d[2] * f[1], d[2] * f[0] - d[0] * f[2], d[0] * f[1] - d[1] * f[0]
    det = e[0] * px + e[1] * py + e[2] * pz
    if abs(det) < 1e-14:
        return np.inf, 0
    s = o - corners[0]
    u = (s[0] * px + s[1] * py + s[2] * pz) / det
    if u < 0 or u > 1:
        return np.inf, 0
    qx, qy, qz = s[1] * e[2] - s[2] * e[1], s[2] * e[0] - s[0] * e[2], s[0] * e[1] - s[1] * e[0]
    v = (d[0] * qx + d[1] * qy + d[2] * qz) / det
    if v < 0 or u + v > 1:
        return np.inf, 0
    distance = (f[0] * qx + f[1] * qy + f[2] * qz) / det
    if distance <= 1e-9:
        return np.inf, 0
    return distance, 1 if det > 0 else -1


@_compiled
def _nearest(points, corners, low, high, first):  # type: ignore[no-untyped-def]
    found = np.full(len(points), np.inf)
    for n in range(len(points)):
        p = points[n]
        best = np.inf
        for c in range(len(low)):
            apart = 0.0
            for k in range(3):
                beyond = max(low[c, k] - p[k], 0.0, p[k] - high[c, k])
                apart += beyond * beyond
            if apart >= best:
                continue
            for t in range(first[c], first[c + 1]):
                best = min(best, _squared_distance(p, corners[t, 0], corners[t, 1], corners[t, 2]))
        found[n] = np.sqrt(best)
    return found


@_compiled
def _squared_distance(p, a, b, c):  # type: ignore[no-untyped-def]
    """A point's squared distance to a triangle (Ericson, Real-Time Collision Detection, 5.1.5)."""
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = np.dot(ab, ap), np.dot(ac, ap)
    if d1 <= 0 and d2 <= 0:
        return np.dot(ap, ap)
    bp = p - b
    d3, d4 = np.dot(ab, bp), np.dot(ac, bp)
    if d3 >= 0 and d4 <= d3:
        return np.dot(bp, bp)
    cp = p - c
    d5, d6 = np.dot(ab, cp), np.dot(ac, cp)
    if d6 >= 0 and d5 <= d6:
        return np.dot(cp, cp)
    vc, vb, va = d1 * d4 - d3 * d2, d5 * d2 - d1 * d6, d3 * d6 - d5 * d4
    if vc <= 0 and d1 >= 0 and d3 <= 0:
        rest = ap - ab * (d1 / max(d1 - d3, 1e-30))
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        rest = ap - ac * (d2 / max(d2 - d6, 1e-30))
    elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        rest = bp - (c - b) * ((d4 - d3) / max((d4 - d3) + (d5 - d6), 1e-30))
    else:
        whole = max(va + vb + vc, 1e-30)
        rest = ap - ab * (vb / whole) - ac * (vc / whole)
    return np.dot(rest, rest)
