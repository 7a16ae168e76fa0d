"""Binary glTF (`.glb`): the subset that an unlit, textured, baked scene needs, read into Blender's frame.

Read: triangle meshes with positions and texture coordinates, node transforms, base colour factors and textures (PNG,
JPEG) inside the file. Ignored: normals, lights, cameras, animations, roughness. glTF is +Y up; what comes out is +Z up.
"""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from worldprobe.errors import DamagedData

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_REPEAT = 10497
_DTYPES = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])


@dataclass(frozen=True)
class Material:
    """An unlit surface: what it shows is `colour` times `image`, as linear factor and sRGB display values."""

    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    image: UInt8[np.ndarray, "h w 3"] | None = None
    double_sided: bool = True
    repeat: bool = True
    """Whether the image goes on beyond its borders (else the last texel does)."""


@dataclass(frozen=True)
class GlbPart:
    """A named mesh of one material, in its own frame (metres, +Z up), and the matrix that puts it into the world."""

    name: str
    positions: Float[np.ndarray, "V 3"]
    uv: Float[np.ndarray, "V 2"]
    """Texture coordinates with their origin at the image's top left corner."""
    triangles: Int[np.ndarray, "T 3"]
    material: Material
    to_world: Float[np.ndarray, "4 4"]


def read_glb(path: Path) -> list[GlbPart]:
    """Return the parts of a `.glb` file, one per node and primitive, named as their nodes.

    Raises DamagedData where the file is not whole, not glTF 2.0, or uses what this reader does not know.
    """
    try:
        return _Reader(Path(path).read_bytes()).parts()
    except FileNotFoundError:
        raise
    except (ValueError, KeyError, IndexError, TypeError, struct.error, OSError) as error:
        raise DamagedData(
            f"{path} cannot be read as a binary glTF 2.0 scene: {error}. Export it again "
            "(Blender: File > Export > glTF 2.0, format glTF Binary, without compression)."
        ) from error


class _Reader:
    """The two chunks of a file and the way from a node to its triangles."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<III", data)
        if magic != _MAGIC or version != 2:
            raise ValueError("its first bytes are not those of glTF 2.0")
        if length != len(data):
            raise ValueError(f"its header promises {length} bytes, it has {len(data)}")
        chunks, at = {}, 12
        while at < length:
            size, kind = struct.unpack_from("<II", data, at)
            chunks[kind] = data[at + 8 : at + 8 + size]
            at += 8 + size
        self.tree: dict[str, Any] = json.loads(chunks[_JSON])
        self.blob = chunks.get(_BIN, b"")
        if unknown := set(self.tree.get("extensionsRequired", ())) - {"KHR_materials_unlit"}:
            raise ValueError(f"it requires the extensions {sorted(unknown)}")
        self.materials = [self._material(m) for m in self.tree.get("materials", ())]

    def parts(self) -> list[GlbPart]:
        scene = self.tree["scenes"][self.tree.get("scene", 0)]
        found: list[GlbPart] = []
        visited = 0
        waiting = [(node, np.eye(4)) for node in reversed(scene["nodes"])]
        while waiting:
            index, parent = waiting.pop()
            visited += 1
            if visited > len(self.tree["nodes"]):
                raise ValueError("its nodes do not form a tree")
            node = self.tree["nodes"][index]
            to_world = parent @ _local_matrix(node)
            waiting += [(child, to_world) for child in reversed(node.get("children", ()))]
            if "mesh" in node:
                name = node.get("name", f"node{index}")
                primitives = self.tree["meshes"][node["mesh"]]["primitives"]
                found += [self._part(name, to_world, primitive) for primitive in primitives]
        if not found:
            raise ValueError("it has no mesh")
        return found

    def _part(self, name: str, to_world: Float[np.ndarray, "4 4"], primitive: dict[str, Any]) -> GlbPart:
        if primitive.get("mode", 4) != 4:
            raise ValueError(f"{name!r} is not made of triangles")
        attributes = primitive["attributes"]
        positions = self._accessor(attributes["POSITION"]) @ _Z_UP[:3, :3].T
        uv = self._accessor(attributes["TEXCOORD_0"]) if "TEXCOORD_0" in attributes else np.zeros((len(positions), 2))
        corners = self._accessor(primitive["indices"]) if "indices" in primitive else np.arange(len(positions))
        triangles = corners.astype(np.int64).reshape(-1, 3)
        if triangles.max(initial=0) >= len(positions):
            raise ValueError(f"{name!r} has a triangle with a corner that does not exist")
        material = self.materials[primitive["material"]] if "material" in primitive else Material()
        return GlbPart(name, positions, uv, triangles, material, _Z_UP @ to_world @ _Z_UP.T)

    def _accessor(self, index: int) -> Float[np.ndarray, "..."]:
        accessor = self.tree["accessors"][index]
        if "sparse" in accessor or "bufferView" not in accessor:
            raise ValueError("it stores a sparse array")
        view = self.tree["bufferViews"][accessor["bufferView"]]
        dtype, width = np.dtype(_DTYPES[accessor["componentType"]]), _WIDTHS[accessor["type"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        stride = view.get("byteStride", dtype.itemsize * width)
        raw: np.ndarray = np.ndarray((accessor["count"], width), dtype, self.blob, start, (stride, dtype.itemsize))
        values = raw.astype(np.float64)
        if accessor.get("normalized"):
            values = np.maximum(values / float(np.iinfo(dtype.str).max), -1.0)
        if not np.isfinite(values).all():
            raise ValueError("it stores a number that is not finite")
        return values[:, 0] if width == 1 else values

    def _material(self, material: dict[str, Any]) -> Material:
        surface = material.get("pbrMetallicRoughness", {})
        red, green, blue, *_ = surface.get("baseColorFactor", (1.0, 1.0, 1.0))
        image, repeat = None, True
        if "baseColorTexture" in surface:
            texture = surface["baseColorTexture"]
            if texture.get("texCoord", 0) != 0:
                raise ValueError("a texture uses its second set of coordinates")
            used = self.tree["textures"][texture["index"]]
            source = self.tree["images"][used["source"]]
            if "sampler" in used:
                repeat = self.tree["samplers"][used["sampler"]].get("wrapS", _REPEAT) == _REPEAT
            view = self.tree["bufferViews"][source["bufferView"]]
            start = view.get("byteOffset", 0)
            encoded = self.blob[start : start + view["byteLength"]]
            image = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))
        return Material((red, green, blue), image, bool(material.get("doubleSided", False)), repeat)


def _local_matrix(node: dict[str, Any]) -> Float[np.ndarray, "4 4"]:
    if "matrix" in node:
        return np.array(node["matrix"], dtype=np.float64).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.asarray(node.get("scale", (1.0, 1.0, 1.0)))
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix
