"""Small scenes with known pictures, and a `.glb` writer that is independent of the package's."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from worldprobe.render.camera import camera_to_world
from worldprobe.render.glb import GlbPart, Material

STILL = np.zeros(1)


def flat(colour: tuple[float, float, float], **settings: Any) -> Material:
    return Material(colour, **settings)


def rectangle(corner, right, up, material: Material, name: str = "rectangle", to_world=None) -> GlbPart:
    """Seen from the side where `right` points right and `up` points up; the image is upright on it."""
    corner, right, up = (np.asarray(v, dtype=float) for v in (corner, right, up))
    positions = np.array([corner, corner + right, corner + right + up, corner + up])
    uv = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    matrix = np.eye(4) if to_world is None else to_world
    return GlbPart(name, positions, uv, np.array([[0, 1, 2], [0, 2, 3]]), material, matrix)


def wall(distance: float, material: Material, width: float = 40.0, name: str = "wall") -> GlbPart:
    """A wall before the camera at rest, which looks along +Y from the origin."""
    half = width / 2
    return rectangle((-half, distance, -half), (width, 0, 0), (0, 0, width), material, name)


def clutter(seed: int, count: int = 120) -> list[GlbPart]:
    """Textured rectangles all around the origin, at 1 to 4 m: no two directions look alike."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    material, parts = Material(image=image), []
    for _ in range(count):
        outward = rng.normal(size=3)
        outward /= np.linalg.norm(outward)
        right = np.cross(outward, rng.normal(size=3))
        right /= np.linalg.norm(right)
        up = np.cross(right, outward)
        corner = outward * rng.uniform(1.0, 4.0)
        parts.append(rectangle(corner, right * rng.uniform(0.2, 1.5), up * rng.uniform(0.2, 1.5), material))
    return parts


def cameras(seed: int, count: int):
    rng = np.random.default_rng(seed)
    angles = rng.normal(size=(3, count)) * [[90.0], [30.0], [30.0]]
    return camera_to_world(rng.normal(size=(count, 3)) * 0.3, *angles)


def camera(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, at=(0.0, 0.0, 0.0)):
    return camera_to_world(np.array([at]), STILL + yaw, STILL + pitch, STILL + roll)


def write_glb(path: Path, document: dict[str, Any], blob: bytes) -> Path:
    """Write a .glb of a JSON document and a binary chunk."""
    text = json.dumps({"asset": {"version": "2.0"}, **document}).encode()
    text += b" " * (-len(text) % 4)
    blob += b"\0" * (-len(blob) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(blob), 0x004E4942) + blob
    path.write_bytes(struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks)
    return path


def triangle_document(node: dict[str, Any], image: np.ndarray | None = None) -> tuple[dict[str, Any], bytes]:
    """One triangle (0, 0, 0), (1, 0, 0), (0, 1, 0) in glTF's frame, under `node`, perhaps textured."""
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype="<f4").tobytes()
    uv = np.array([[0, 0], [0xFFFF, 0], [0, 0xFFFF]], dtype="<u2").tobytes()
    corners = np.array([0, 1, 2, 0], dtype="<u2").tobytes()
    picture = io.BytesIO()
    Image.fromarray(np.zeros((1, 1, 3), np.uint8) if image is None else image).save(picture, "PNG")
    blobs = [positions, uv, corners, picture.getvalue()]
    starts = np.cumsum([0, *map(len, blobs)])
    views = [{"buffer": 0, "byteOffset": int(s), "byteLength": len(b)} for s, b in zip(starts, blobs, strict=False)]
    primitive = {"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2}
    document: dict[str, Any] = {
        "scenes": [{"nodes": [0]}],
        "nodes": [node | {"mesh": 0}],
        "meshes": [{"primitives": [primitive]}],
        "bufferViews": views,
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "VEC2", "normalized": True},
            {"bufferView": 2, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
    }
    if image is not None:
        primitive["material"] = 0
        surface = {"baseColorTexture": {"index": 0}, "baseColorFactor": [0.5, 0.25, 1.0, 1.0]}
        document |= {
            "materials": [{"pbrMetallicRoughness": surface, "doubleSided": True}],
            "textures": [{"source": 0, "sampler": 0}],
            "samplers": [{"wrapS": 33071}],
            "images": [{"bufferView": 3, "mimeType": "image/png"}],
        }
    return document, b"".join(blobs)
