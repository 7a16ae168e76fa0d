"""The outside of a glTF 2.0 file: its tree, and bytes, arrays and pictures by their numbers, in bounds or refused.

Both forms are read: `.glb`, one file, and `.gltf` with its buffers and pictures in files beside it, of which none may
lie outside of its folder, or in the text itself.

Read by hand, not by a library: of a baked room trimesh 5.2 loses that its texture does not repeat and that its material
is unlit, and pygltflib 1.16 hands out an array of 2^40 elements in a file of 1 kB as it stands, so that every check
would be made here all the same.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_DTYPES = {5120: np.int8, 5121: np.uint8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
MOST_PIXELS = 64 << 20
MOST_BYTES = 2 << 30
PICTURES = ("PNG", "JPEG", "WEBP")


class Container:
    """A file's tree, and what its numbers point at; every method raises ValueError for what is out of bounds."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES >> 30} GiB")
        data = path.read_bytes()
        self._folder = path.parent
        self._blobs: dict[int, bytes] = {}
        if path.suffix.lower() == ".gltf":
            text = data
        else:
            text, self._blobs[0] = _chunks(data)
        try:
            self.tree: dict[str, Any] = json.loads(text)
        except RecursionError:
            raise ValueError("its JSON is nested too deeply") from None
        if not isinstance(self.tree, dict):
            raise ValueError("its JSON is no object")

    def view(self, index: int) -> bytes:
        """Return the bytes of a buffer view."""
        view = self.tree["bufferViews"][_index(index)]
        buffer = self._buffer(_index(view.get("buffer", 0)))
        start, length = _count(view.get("byteOffset", 0)), _count(view["byteLength"])
        if start + length > len(buffer):
            raise ValueError(f"a view ends at byte {start + length} of a buffer of {len(buffer)}")
        return buffer[start : start + length]

    def accessor(self, index: int) -> Float[np.ndarray, "..."]:
        """Return an accessor's numbers, one row an element; whole numbers as the fractions that they stand for."""
        accessor = self.tree["accessors"][_index(index)]
        if "sparse" in accessor or "bufferView" not in accessor:
            raise ValueError("it stores a sparse array")
        dtype, width = np.dtype(_DTYPES[accessor["componentType"]]), _WIDTHS[accessor["type"]]
        buffer, count = self.view(accessor["bufferView"]), _count(accessor["count"])
        start = _count(accessor.get("byteOffset", 0))
        view = self.tree["bufferViews"][accessor["bufferView"]]
        stride = _count(view.get("byteStride", dtype.itemsize * width))
        if stride < dtype.itemsize * width or start + stride * (count - 1) + dtype.itemsize * width > len(buffer):
            raise ValueError(f"an array of {count} elements does not fit into its buffer of {len(buffer)} bytes")
        raw: np.ndarray = np.ndarray((count, width), dtype, buffer, start, (stride, dtype.itemsize))
        values = raw.astype(np.float64)
        if accessor.get("normalized"):
            values = np.maximum(values / float(np.iinfo(dtype.str).max), -1.0)
        if not np.isfinite(values).all():
            raise ValueError("it stores a number that is not finite")
        return values[:, 0] if width == 1 else values

    def picture(self, index: int) -> UInt8[np.ndarray, "h w 4"]:
        """Return an image of the file, RGBA."""
        image = self.tree["images"][_index(index)]
        encoded = self.view(image["bufferView"]) if "bufferView" in image else self._beside(image["uri"])
        with Image.open(io.BytesIO(encoded), formats=PICTURES) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(f"a picture has {picture.width} x {picture.height} pixels")
            return np.asarray(picture.convert("RGBA"))

    def _buffer(self, index: int) -> bytes:
        if index not in self._blobs:
            described = self.tree["buffers"][index]
            if "uri" not in described:
                raise ValueError("a buffer is not there")
            self._blobs[index] = self._beside(described["uri"])
        return self._blobs[index]

    def _beside(self, uri: str) -> bytes:
        """Return what a URI holds: data in itself, or a plain file below this one's folder."""
        if uri.startswith("data:"):
            head, comma, text = uri.partition(",")
            if not comma or not head.endswith(";base64"):
                raise ValueError("it holds data that is not in base64")
            try:
                return base64.b64decode(text, validate=True)
            except binascii.Error as error:
                raise ValueError(f"it holds data that is not in base64: {error}") from None
        folder = self._folder.resolve()
        path = (folder / unquote(uri)).resolve()
        if not path.is_relative_to(folder) or "\0" in uri:
            raise ValueError(f"it names {uri[:80]!r}, which lies outside of its folder")
        if not path.is_file():
            raise ValueError(f"it names {uri[:80]!r}, which is not there")
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"{uri[:80]!r} has more than {MOST_BYTES >> 30} GiB")
        return path.read_bytes()


def _chunks(data: bytes) -> tuple[bytes, bytes]:
    """Return the JSON text and the binary chunk of a .glb file."""
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
    return chunks[_JSON], chunks.get(_BIN, b"")


def _index(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no index")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 48:
        raise ValueError(f"{value!r} is no length")
    return value
