"""Rooms as standard binary glTF 2.0: one unlit textured mesh, and in `asset.extras` the recipe that made it."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from worldprobe._util.files import atomic_write
from worldprobe.errors import DamagedData
from worldprobe.world.room.blueprint import BlueprintMesh

Y_UP = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=float)  # Blender (x, y, z) -> glTF (x, z, -y)
_FLOAT, _UINT = 5126, 5125


def write_glb(path: Path, mesh: BlueprintMesh, texture: UInt8[np.ndarray, "S S 3"], extras: dict[str, Any]) -> None:
    """Write mesh and texture as one .glb file (KHR_materials_unlit), whole or not at all."""
    from PIL import Image

    picture = io.BytesIO()
    Image.fromarray(texture).save(picture, format="PNG", optimize=True)
    positions = (mesh.vertices @ Y_UP.T).astype("<f4")
    arrays = [
        ("VEC3", _FLOAT, positions),
        ("VEC3", _FLOAT, (mesh.normals @ Y_UP.T).astype("<f4")),
        ("VEC2", _FLOAT, mesh.uv.astype("<f4")),
        ("SCALAR", _UINT, mesh.triangles.ravel().astype("<u4")),
    ]
    blobs = [array.tobytes() for _, _, array in arrays] + [picture.getvalue()]
    accessors: list[dict[str, Any]] = [
        {"bufferView": k, "componentType": kind, "count": len(array), "type": shape}
        for k, (shape, kind, array) in enumerate(arrays)
    ]
    accessors[0] |= {"min": positions.min(axis=0).tolist(), "max": positions.max(axis=0).tolist()}
    head = _document(accessors, blobs, extras)
    with atomic_write(path) as aside:
        aside.write_bytes(_container(head, b"".join(_padded(blob, b"\0") for blob in blobs)))


def read_extras(path: Path) -> dict[str, Any]:
    """Return the `asset.extras` of a .glb file; raises DamagedData where it is not one."""
    data = path.read_bytes()
    if len(data) < 20 or data[:4] != b"glTF" or struct.unpack_from("<I", data, 8)[0] != len(data):
        raise DamagedData(f"{path} is not a whole binary glTF file. Delete it; it is made again on the next use.")
    length = struct.unpack_from("<I", data, 12)[0]
    extras: dict[str, Any] = json.loads(data[20 : 20 + length])["asset"].get("extras", {})
    return extras


def _document(accessors: list[dict[str, Any]], blobs: list[bytes], extras: dict[str, Any]) -> dict[str, Any]:
    views, offset = [], 0
    for k, blob in enumerate(blobs):
        target = {3: {"target": 34963}, 4: {}}.get(k, {"target": 34962})
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": len(blob)} | target)
        offset += len(_padded(blob, b"\0"))
    attributes = {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}
    return {
        "asset": {"version": "2.0", "generator": "worldprobe", "extras": extras},
        "extensionsUsed": ["KHR_materials_unlit"],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "room"}],
        "meshes": [{"primitives": [{"attributes": attributes, "indices": 3, "material": 0}]}],
        "materials": [
            {
                "name": "baked",
                "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0},
                "extensions": {"KHR_materials_unlit": {}},
            }
        ],
        "textures": [{"source": 0, "sampler": 0}],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "images": [{"bufferView": len(blobs) - 1, "mimeType": "image/png"}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": offset}],
    }


def _container(head: dict[str, Any], body: bytes) -> bytes:
    text = _padded(json.dumps(head, separators=(",", ":")).encode(), b" ")
    total = 12 + 8 + len(text) + 8 + len(body)
    return (
        struct.pack("<4sIIII", b"glTF", 2, total, len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(body), 0x004E4942)
        + body
    )


def _padded(blob: bytes, fill: bytes) -> bytes:
    return blob + fill * (-len(blob) % 4)
