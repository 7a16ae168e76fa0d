"""A context with a scene and a stack of layers in it: draws views, a stackful at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.render.gl import SOFTWARE, calls, open_context
from worldprobe.render.layers import GRID, SAMPLE_BYTES, LayeredTarget
from worldprobe.render.lighting import Lighting
from worldprobe.render.meshes import IndirectMesh, SceneMesh, Shape, scene_programs
from worldprobe.render.relit import RelitMesh, RelitShape

NEAR_METRES, FAR_METRES = 0.02, 50.0
# On a CPU a stack that stays in the cache is drawn faster than one that saves calls; on a GPU calls are dear.
_SOFTWARE_STACK_BYTES, _STACK_BYTES = 2 << 20, 16 << 20
_MOST_ROWS, _MOST_LAYERS = 8192, 256


class Painter:
    """Draws a scene in a context of its own, for one thread at a time; `rest` are the moving parts' own matrices.

    Raises MissingDependency where moderngl or a driver is missing.
    """

    def __init__(
        self,
        shapes: Sequence[Shape] | RelitShape,
        height: int,
        width: int,
        fov_degrees: float,
        rest: Mapping[str, Float[np.ndarray, "4 4"]],
        far_metres: float = FAR_METRES,
        display: int = 0,
    ) -> None:
        self._clip_from_camera = projection(fov_degrees, width / height, far_metres)
        self._rest = rest
        self._context = open_context(display)
        with self._context as context:
            info = context.info
            self.driver = {"renderer": str(info["GL_RENDERER"]), "version": str(info["GL_VERSION"])}
            stack = _SOFTWARE_STACK_BYTES if self.is_software else _STACK_BYTES
            room = stack // (height * width * GRID**2 * SAMPLE_BYTES)
            self._layers = max(1, min(room, _MOST_ROWS // height, _MOST_LAYERS))
            gl = calls(context)
            relit = isinstance(shapes, RelitShape)
            self._target = LayeredTarget(context, gl, height, width, self._layers, encodes=relit)
            self._meshes: list[IndirectMesh] = []
            if isinstance(shapes, RelitShape):
                self._meshes.append(RelitMesh(context, gl, shapes, self._layers))
            plain = shapes.backdrop if isinstance(shapes, RelitShape) else shapes
            if plain:
                programs = scene_programs(context)
                self._meshes += [SceneMesh(context, gl, programs, shape) for shape in plain]

    @property
    def is_software(self) -> bool:
        """Whether the driver draws on the CPU."""
        return self.driver["renderer"].startswith(SOFTWARE)

    def draw(
        self,
        cameras: Float[np.ndarray, "n 4 4"],
        moved: Mapping[str, Float[np.ndarray, "n 4 4"]],
        frames: UInt8[np.ndarray, "n H W 3"],
        lighting: Lighting | None = None,
    ) -> None:
        """Write the frames of n cameras; `moved` gives the matrices of parts that are not at rest."""
        with self._context:
            for start in range(0, len(cameras), self._layers):
                batch = slice(start, start + self._layers)
                clip_from_world = product(self._clip_from_camera, rigid_inverse(cameras[batch]))
                self._target.start()
                for mesh in self._meshes:
                    clip = clip_from_world
                    if mesh.name in self._rest:
                        poses = moved[mesh.name][batch] if mesh.name in moved else self._rest[mesh.name]
                        clip = product(clip_from_world, poses)
                    if lighting is not None and isinstance(mesh, RelitMesh):
                        mesh.light(lighting[batch])
                    mesh.draw(clip)
                self._target.read(frames[batch])

    def release(self) -> None:
        """Give the context back."""
        self._context.release()


def projection(fov_degrees: float, aspect: float, far: float = FAR_METRES) -> Float[np.ndarray, "4 4"]:
    """Return OpenGL's perspective matrix for a vertical angle of view and an aspect of width over height.

    What is nearer than 2 cm is not drawn; in a scene that is smaller than usual, than as much less.
    """
    near = NEAR_METRES * min(1.0, far / FAR_METRES)
    scale, span = 1.0 / np.tan(np.radians(fov_degrees) / 2), far - near
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = scale / aspect, scale
    matrix[2, 2], matrix[2, 3] = -(far + near) / span, -2 * far * near / span
    matrix[3, 2] = -1.0
    return matrix


def rigid_inverse(matrix: Float[np.ndarray, "n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """Return the inverses of rotations with translations."""
    inverse = np.zeros_like(matrix)
    inverse[:, :3, :3] = matrix[:, :3, :3].transpose(0, 2, 1)
    inverse[:, :3, 3] = -(inverse[:, :3, :3] * matrix[:, None, :3, 3]).sum(axis=2)
    inverse[:, 3, 3] = 1.0
    return inverse


def product(a: Float[np.ndarray, "*#n 4 4"], b: Float[np.ndarray, "*#n 4 4"]) -> Float[np.ndarray, "n 4 4"]:
    """Return the matrix products, each summed in the same order, however many there are: `@` does not promise that."""
    return (a[..., :, :, None] * b[..., None, :, :]).sum(axis=-2)
