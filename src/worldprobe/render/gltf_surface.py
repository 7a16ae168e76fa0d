"""A glTF material as what an unlit surface shows: base colour, what it emits, and where it is cut out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from worldprobe._util.colour import linear_from_srgb, srgb_from_linear
from worldprobe.render.gltf_container import Container

_REPEAT = 10497
KNOWN = {
    "KHR_materials_unlit",
    "KHR_materials_emissive_strength",
    "KHR_texture_transform",
    "KHR_mesh_quantization",
    "KHR_lights_punctual",
}
"""Extensions that a file may require."""


@dataclass(frozen=True)
class Material:
    """An unlit surface: what it shows is `colour` times `image`, as linear factor and sRGB display values."""

    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    image: UInt8[np.ndarray, "h w 3"] | None = None
    double_sided: bool = True
    repeat: bool = True
    """Whether the image goes on beyond its borders (else the last texel does)."""
    alpha: UInt8[np.ndarray, "h w"] | None = None
    """Where it is below half, nothing is drawn."""
    name: str = ""
    lit: bool = False
    """Whether the file means it to be lit, which a rasteriser without lamps cannot do."""


@dataclass(frozen=True)
class Placed:
    """A material, and which texture coordinates it reads, through which affine map."""

    material: Material
    coordinates: int = 0
    transform: Float[np.ndarray, "2 3"] | None = None


def placed_material(file: Container, described: dict[str, Any]) -> Placed:
    """Return one of the file's materials; raises ValueError where its textures do not use one set of coordinates."""
    surface = described.get("pbrMetallicRoughness", {})
    red, green, blue, opaque = (*map(float, surface.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))), 1.0)[:4]
    extensions = described.get("extensions", {})
    base, glow = surface.get("baseColorTexture"), described.get("emissiveTexture")
    emitted = np.array(described.get("emissiveFactor", (0.0, 0.0, 0.0)), dtype=np.float64)
    emitted = emitted * float(extensions.get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0))
    if not emitted.any():
        glow = None
    used = [texture for texture in (base, glow) if texture is not None]
    if len({_coordinates(texture) for texture in used}) > 1:
        raise ValueError("a material's textures use different coordinates")
    image, repeat = (None, True) if base is None else _texture(file, base)
    colour, pixels = (red, green, blue), None if image is None else image[..., :3]
    if emitted.any():
        colour, pixels, glows = (1.0, 1.0, 1.0), *_with_glow(file, colour, pixels, emitted, glow)
        repeat = repeat if glows is None else glows
    alpha = None
    if described.get("alphaMode") == "MASK" and image is not None:
        cutoff = float(described.get("alphaCutoff", 0.5))
        alpha = np.clip(np.rint(image[..., 3] * opaque * 0.5 / max(cutoff, 1e-3)), 0, 255).astype(np.uint8)
    material = Material(
        colour,
        pixels,
        bool(described.get("doubleSided", False)),
        repeat,
        alpha,
        str(described.get("name", "")),
        "KHR_materials_unlit" not in extensions,
    )
    return Placed(material, _set_of(used[0]) if used else 0, _transform(used[0]) if used else None)


def _texture(file: Container, texture: dict[str, Any]) -> tuple[np.ndarray, bool]:
    used = file.tree["textures"][texture["index"]]
    repeat = True
    if "sampler" in used:
        repeat = file.tree["samplers"][used["sampler"]].get("wrapS", _REPEAT) == _REPEAT
    source = used.get("source", used.get("extensions", {}).get("EXT_texture_webp", {}).get("source"))
    return file.picture(source), repeat


def _with_glow(
    file: Container,
    colour: tuple[float, float, float],
    pixels: np.ndarray | None,
    emitted: Float[np.ndarray, "3"],
    glow: dict[str, Any] | None,
) -> tuple[np.ndarray, bool | None]:
    """Return base colour plus emission as one picture, added in linear light, and whether the emission's repeats."""
    own = np.full((1, 1, 3), 255, np.uint8) if pixels is None else pixels
    light = emitted.reshape(1, 1, 3)
    repeat = None
    if glow is not None:
        picture, repeat = _texture(file, glow)
        height, width = max(own.shape[:2], picture.shape[:2])
        shown = np.asarray(Image.fromarray(picture[..., :3]).resize((width, height)))
        own = np.asarray(Image.fromarray(own).resize((width, height)))
        light = light * linear_from_srgb(shown / 255.0)
    total = linear_from_srgb(own / 255.0) * np.array(colour) + light
    return np.rint(srgb_from_linear(total) * 255).astype(np.uint8), repeat if pixels is None else None


def _coordinates(texture: dict[str, Any]) -> tuple[Any, ...]:
    transform = _transform(texture)
    return _set_of(texture), None if transform is None else tuple(transform.ravel())


def _set_of(texture: dict[str, Any]) -> int:
    extension = texture.get("extensions", {}).get("KHR_texture_transform", {})
    return int(extension.get("texCoord", texture.get("texCoord", 0)))


def _transform(texture: dict[str, Any]) -> Float[np.ndarray, "2 3"] | None:
    extension = texture.get("extensions", {}).get("KHR_texture_transform")
    if extension is None:
        return None
    (u, v), (x, y), turn = extension.get("offset", (0, 0)), extension.get("scale", (1, 1)), extension.get("rotation", 0)
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[c * x, s * y, u], [-s * x, c * y, v]], dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError("a texture is placed by a number that is not finite")
    return matrix
