"""A stack of images that one draw fills, view n in layer n, with 2 x 2 samples a pixel, and its averages as frames.

Why layers and not an atlas of cells: a rasteriser interpolates along x and y of the whole image, so the same view in
another cell rounds differently; on llvmpipe, 1,024 pixels from the origin, every frame of a furnished room has pixels
that differ. In a stack every view lies at the same place, and its bytes cannot depend on its place in a batch.
moderngl has no such image; the few OpenGL calls for it are made here.

Why 2 x 2 samples that are each shaded, and not 4x multisampling: they smooth what lies inside surfaces, too (on 16
poses of the furnished room 0.7 dB nearer to Cycles in the median, 1.9 dB on the worst), and cost a tenth to a quarter
less on a CPU: Mesa shades and stores blocks of 4 x 4, which small triangles fill better at twice the size.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from jaxtyping import UInt8

from worldprobe.render.gl import Calls

GRID = 2
"""Samples a pixel, each way."""
SAMPLE_BYTES = 8
"""What a sample takes: four bytes of colour and four of depth."""

_FRAMEBUFFER, _COMPLETE = 0x8D40, 0x8CD5
_COLOUR_ATTACHMENT, _DEPTH_ATTACHMENT = 0x8CE0, 0x8D00
_ARRAY, _TEXTURE0 = 0x8C1A, 0x84C0
_RGBA8, _DEPTH32F, _RGBA, _BYTES = 0x8058, 0x8CAC, 0x1908, 0x1401

# Frame k is a strip of rows, from k height upwards, each with its first row at the bottom: read back as (N, H, W, 4).
_RESOLVE_VERTEX = """
#version 410
uniform int layers;
flat out int layer;
void main() {
    layer = gl_InstanceID;
    vec2 corner = vec2(gl_VertexID & 1, layer + (gl_VertexID >> 1)) / vec2(1, layers);
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""
# Light adds up linearly, display values do not: the mean of the samples is taken of their squares. Of samples that are
# display values this is nearly right, for a square is nearly the sRGB curve; of samples that are the square roots of
# linear light it is exact, and the mean is then encoded as sRGB.
_SHOWN = "vec3 shown(vec3 mean) { return sqrt(mean); }"
_ENCODED = """
vec3 shown(vec3 mean) {
    bvec3 dark = lessThanEqual(mean, vec3(0.0031308));
    return mix(1.055 * pow(max(mean, 0.0031308), vec3(1.0 / 2.4)) - 0.055, 12.92 * mean, dark);
}
"""
_RESOLVE_FRAGMENT = """
#version 410
SHOWN
uniform sampler2DArray samples;
uniform int height;
flat in int layer;
out vec4 colour;
void main() {
    ivec2 pixel = ivec2(gl_FragCoord.xy);
    ivec3 at = ivec3(2 * pixel.x, 2 * (height * (layer + 1) - 1 - pixel.y), layer);
    vec3 a = texelFetch(samples, at, 0).rgb, b = texelFetch(samples, at + ivec3(1, 0, 0), 0).rgb;
    vec3 c = texelFetch(samples, at + ivec3(0, 1, 0), 0).rgb, d = texelFetch(samples, at + ivec3(1, 1, 0), 0).rgb;
    colour = vec4(shown((a * a + b * b + c * c + d * d) * 0.25), 1.0);
}
"""


class LayeredTarget:
    """Colour and depth of `layers` images of height x width pixels in a moderngl context, which must be current.

    Sample (i, j) of pixel (row, column) is at x = 2 column + j, y = 2 row + i, counted from the bottom left. Samples
    are display values or, if `encodes`, square roots of linear light, which is encoded when it is averaged.
    Raises RuntimeError where the driver refuses it (not enough memory).
    """

    def __init__(self, context: Any, gl: Calls, height: int, width: int, layers: int, encodes: bool = False) -> None:
        self._context, self._gl = context, gl
        high, wide = GRID * height, GRID * width
        self._colour = self._image(_RGBA8, high, wide, layers)
        depth = self._image(_DEPTH32F, high, wide, layers)
        name = ctypes.c_uint()
        gl["glGenFramebuffers"](1, ctypes.byref(name))
        gl["glBindFramebuffer"](_FRAMEBUFFER, name)
        gl["glFramebufferTexture"](_FRAMEBUFFER, _COLOUR_ATTACHMENT, self._colour, 0)
        gl["glFramebufferTexture"](_FRAMEBUFFER, _DEPTH_ATTACHMENT, depth, 0)
        status = gl["glCheckFramebufferStatus"](_FRAMEBUFFER)
        if status != _COMPLETE:
            raise RuntimeError(f"the driver refuses {layers} layers of {width} x {height} pixels (status {status:#x})")
        self._samples = context.detect_framebuffer(name.value)
        self._samples.viewport = (0, 0, wide, high)
        self._means = context.simple_framebuffer((width, height * layers), 4)
        self._staging = np.empty((layers, height, width, 4), dtype=np.uint8)
        fragment = _RESOLVE_FRAGMENT.replace("SHOWN", _ENCODED if encodes else _SHOWN)
        program = context.program(vertex_shader=_RESOLVE_VERTEX, fragment_shader=fragment)
        program["height"], program["layers"] = height, layers
        self._resolve = context.vertex_array(program, [])

    def start(self) -> None:
        """Make all layers black and infinitely far, and the place that draws go to."""
        self._samples.use()
        self._samples.clear(0.0, 0.0, 0.0, 1.0)

    def read(self, frames: UInt8[np.ndarray, "n H W 3"]) -> None:
        """Write the first n layers' averages into `frames`, the origin at the top left."""
        # Software drivers draw when they are flushed: here, and not under Python's lock inside moderngl.
        self._gl["glFlush"]()
        self._means.use()
        self._context.enable_only(self._context.NOTHING)
        self._gl["glActiveTexture"](_TEXTURE0)
        self._gl["glBindTexture"](_ARRAY, self._colour)
        count, height, width, _ = frames.shape
        self._resolve.render(self._context.TRIANGLE_STRIP, 4, instances=count)
        self._gl["glReadPixels"](0, 0, width, height * count, _RGBA, _BYTES, self._staging.ctypes.data)
        for channel in range(3):  # four times as fast as copying all three at once
            frames[..., channel] = self._staging[:count, ..., channel]

    def _image(self, pixel: int, height: int, width: int, layers: int) -> int:
        name = ctypes.c_uint()
        self._gl["glGenTextures"](1, ctypes.byref(name))
        self._gl["glBindTexture"](_ARRAY, name)
        self._gl["glTexStorage3D"](_ARRAY, 1, pixel, width, height, layers)
        return name.value
