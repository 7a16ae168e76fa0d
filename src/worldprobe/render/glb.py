"""Binary and textual glTF 2.0: the subset that an unlit, textured, baked scene needs, read into Blender's frame.

Read: triangle meshes with positions, texture coordinates and vertex colours, node transforms; of materials base colour,
emission, cut-outs and whether they are unlit. Ignored: normals, lights, cameras, animations, roughness. glTF is +Y up;
what comes out is +Z up.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from worldprobe.errors import DamagedData
from worldprobe.render.gltf_container import Container
from worldprobe.render.gltf_surface import KNOWN, Material, Placed, placed_material

__all__ = ["GlbPart", "Material", "read_glb"]

_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
MOST_TRIANGLES = 20_000_000
"""Of a whole scene, a mesh counted for every node that shows it."""


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
    tints: Float[np.ndarray, "V 3"] | None = None
    """Vertex colours, linear: what the material shows is multiplied by them."""


@dataclass(frozen=True)
class GlbCamera:
    """A camera of a file: its name, camera-to-world matrix (metres, +Z up), vertical angle of view in degrees."""

    name: str
    to_world: Float[np.ndarray, "4 4"]
    fov: float


def read_glb(path: Path) -> list[GlbPart]:
    """Return the parts of a `.glb` or `.gltf` file, one per node and primitive, named as their nodes.

    Raises DamagedData where the file is not whole, not glTF 2.0, or uses what this reader does not know.
    """
    return read_scene(path)[0]


def read_scene(path: Path) -> tuple[list[GlbPart], list[GlbCamera]]:
    """Return the parts of a file, as `read_glb` does, and its perspective cameras."""
    try:
        reader = _Reader(Container(Path(path)))
        return reader.parts(), reader.cameras
    except FileNotFoundError:
        raise
    except (
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        struct.error,
        OSError,
        OverflowError,
        MemoryError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise DamagedData(
            f"{path} cannot be read as a binary glTF 2.0 scene: {_reason(error)}. Export it again "
            "(Blender: File > Export > glTF 2.0, format glTF Binary, without compression)."
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    return str(error) or type(error).__name__


class _Reader:
    """The way from a file's nodes to their triangles."""

    def __init__(self, file: Container) -> None:
        self.file, self.tree = file, file.tree
        if unknown := set(self.tree.get("extensionsRequired", ())) - KNOWN:
            raise ValueError(f"it requires the extensions {sorted(unknown)}")
        self.materials = [placed_material(file, described) for described in self.tree.get("materials", ())]
        self._plain = Placed(Material())
        self.cameras: list[GlbCamera] = []
        self._triangles = 0

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
            if "camera" in node:
                self._add_camera(node, index, to_world)
            if "mesh" in node:
                name = node.get("name", f"node{index}")
                primitives = self.tree["meshes"][node["mesh"]]["primitives"]
                found += [self._part(name, to_world, primitive) for primitive in primitives]
        if not found:
            raise ValueError("it has no mesh")
        return found

    def _add_camera(self, node: dict[str, Any], index: int, to_world: Float[np.ndarray, "4 4"]) -> None:
        """Keep a perspective camera; glTF's looks along -Z with +Y up, as every camera here."""
        described = self.tree["cameras"][node["camera"]]
        if described.get("type") == "perspective":
            fov = float(np.degrees(described["perspective"]["yfov"]))
            self.cameras.append(GlbCamera(str(node.get("name", f"node{index}")), _Z_UP @ to_world, fov))

    def _part(self, name: str, to_world: Float[np.ndarray, "4 4"], primitive: dict[str, Any]) -> GlbPart:
        if primitive.get("mode", 4) != 4:
            raise ValueError(f"{name!r} is not made of triangles")
        attributes, file = primitive["attributes"], self.file
        positions = file.accessor(attributes["POSITION"]) @ _Z_UP[:3, :3].T
        placed = self.materials[primitive["material"]] if "material" in primitive else self._plain
        coordinates = f"TEXCOORD_{placed.coordinates}"
        uv = file.accessor(attributes[coordinates]) if coordinates in attributes else np.zeros((len(positions), 2))
        if placed.transform is not None:
            uv = uv @ placed.transform[:, :2].T + placed.transform[:, 2]
        corners = file.accessor(primitive["indices"]) if "indices" in primitive else np.arange(len(positions))
        triangles = corners.astype(np.int64).reshape(-1, 3)
        self._triangles += len(triangles)
        if self._triangles > MOST_TRIANGLES:
            raise ValueError(f"it has more than {MOST_TRIANGLES:,} triangles")
        if triangles.max(initial=0) >= len(positions) or triangles.min(initial=0) < 0:
            raise ValueError(f"{name!r} has a triangle with a corner that does not exist")
        tints = file.accessor(attributes["COLOR_0"])[:, :3] if "COLOR_0" in attributes else None
        for values, what in ((uv, "texture coordinates"), (tints, "colours")):
            if values is not None and len(values) != len(positions):
                raise ValueError(f"{name!r} has {len(values)} {what} for {len(positions)} vertices")
        return GlbPart(name, positions, uv, triangles, placed.material, _Z_UP @ to_world @ _Z_UP.T, tints)


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
