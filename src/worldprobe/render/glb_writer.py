"""Writes parts as a binary glTF 2.0 file with unlit materials, which any viewer opens."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from worldprobe._util.files import atomic_write
from worldprobe.render.glb import GlbPart, Material

_Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # (x, y, z) with +Z up -> (x, z, -y)
_FLOAT, _UINT, _CLAMP, _REPEAT = 5126, 5125, 33071, 10497


class _Document:
    """The tree of the file and its blobs, as they grow."""

    def __init__(self, extras: dict[str, Any]) -> None:
        self.tree: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "worldprobe", "extras": extras},
            "extensionsUsed": ["KHR_materials_unlit"],
            "scene": 0,
            "scenes": [{"nodes": []}],
            "samplers": [
                {"magFilter": 9729, "minFilter": 9987, "wrapS": wrap, "wrapT": wrap} for wrap in (_CLAMP, _REPEAT)
            ],
        }
        self.blobs: list[bytes] = []
        self._materials: dict[int, int] = {}
        self._textures: dict[tuple[int, int, bool], int] = {}

    def add(self, key: str, value: dict[str, Any]) -> int:
        """Append to one of the tree's lists; return the index."""
        self.tree.setdefault(key, []).append(value)
        return len(self.tree[key]) - 1

    def blob(self, data: bytes, **view: Any) -> int:
        """Append a buffer view; return its index."""
        offset = sum(map(len, self.blobs))
        self.blobs.append(data + b"\0" * (-len(data) % 4))
        return self.add("bufferViews", {"buffer": 0, "byteOffset": offset, "byteLength": len(data), **view})

    def accessor(self, values: np.ndarray, shape: str, kind: int, target: int, **bounds: Any) -> int:
        """Append an array; return its accessor's index."""
        view = self.blob(values.tobytes(), target=target)
        return self.add(
            "accessors", {"bufferView": view, "componentType": kind, "count": len(values), "type": shape, **bounds}
        )

    def material(self, material: Material) -> int:
        """Append a material once; return its index."""
        if id(material) not in self._materials:
            surface: dict[str, Any] = {"baseColorFactor": [*map(float, material.colour), 1.0], "metallicFactor": 0.0}
            if material.image is not None:
                surface["baseColorTexture"] = {"index": self.texture(material)}
            described: dict[str, Any] = {
                "pbrMetallicRoughness": surface,
                "doubleSided": material.double_sided,
                "extensions": {"KHR_materials_unlit": {}},
            }
            described |= {"name": material.name} if material.name else {}
            described |= {"alphaMode": "MASK"} if material.alpha is not None else {}
            self._materials[id(material)] = self.add("materials", described)
        return self._materials[id(material)]

    def texture(self, material: Material) -> int:
        """Append a material's picture once; return its texture's index."""
        key = id(material.image), id(material.alpha), material.repeat
        if key not in self._textures:
            image = self.add("images", {"bufferView": self.blob(self._picture(material)), "mimeType": "image/png"})
            self._textures[key] = self.add("textures", {"source": image, "sampler": int(material.repeat)})
        return self._textures[key]

    def _picture(self, material: Material) -> bytes:
        encoded, image = io.BytesIO(), material.image
        if image is None:
            raise ValueError("a material without a picture has none to write")
        pixels = image if material.alpha is None else np.dstack([image, material.alpha])
        Image.fromarray(pixels).save(encoded, format="PNG")
        return encoded.getvalue()


def write_parts(path: Path, parts: Sequence[GlbPart], extras: dict[str, Any]) -> None:
    """Write parts, one node each, with `extras` of the asset, whole or not at all."""
    document = _Document(extras)
    for part in parts:
        positions = (part.positions @ _Y_UP.T).astype("<f4")
        attributes = {
            "POSITION": document.accessor(
                positions, "VEC3", _FLOAT, 34962, min=positions.min(axis=0).tolist(), max=positions.max(axis=0).tolist()
            ),
            "TEXCOORD_0": document.accessor(part.uv.astype("<f4"), "VEC2", _FLOAT, 34962),
        }
        if part.tints is not None:
            attributes["COLOR_0"] = document.accessor(part.tints.astype("<f4"), "VEC3", _FLOAT, 34962)
        indices = document.accessor(part.triangles.ravel().astype("<u4"), "SCALAR", _UINT, 34963)
        primitive = {"attributes": attributes, "indices": indices, "material": document.material(part.material)}
        node = {"name": part.name, "mesh": document.add("meshes", {"primitives": [primitive]})}
        to_world = np.eye(4)
        to_world[:3, :3] = _Y_UP @ part.to_world[:3, :3] @ _Y_UP.T
        to_world[:3, 3] = _Y_UP @ part.to_world[:3, 3]
        if not np.array_equal(to_world, np.eye(4)):
            node["matrix"] = to_world.T.ravel().tolist()
        document.tree["scenes"][0]["nodes"].append(document.add("nodes", node))
    body = b"".join(document.blobs)
    document.tree["buffers"] = [{"byteLength": len(body)}]
    text = json.dumps(document.tree, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(body), len(text), 0x4E4F534A)
    with atomic_write(path) as aside:
        aside.write_bytes(head + text + struct.pack("<II", len(body), 0x004E4942) + body)
