"""A scene's albedo and the light of every lamp that is a control: written to light.npz, read to be drawn with it.

Pictures hold square roots of linear light, so that what is dark keeps its steps. `scene.glb` has the same mesh with its
light at rest: what is repainted is in parts of their own, "paint 1", "paint 2", ...
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from worldprobe._util.files import atomic_write
from worldprobe.errors import DamagedData
from worldprobe.render.glb import read_glb
from worldprobe.render.relit import RelitScene
from worldprobe.world.room.atlas import filled
from worldprobe.world.room.separate_light import packed_light, unpacked_light
from worldprobe.world.scene.light_texture import doubled, trusted_texels

PAINT, SKY = "paint ", "sky"
MOST_TEXELS = 4096
_DARKEST = 0.05
"""Albedo below which a texel's light is not kept to the brightness at which it would still be seen."""


def write_lamp_textures(path: Path, arrays: dict[str, np.ndarray], dimmest: Sequence[float], exposure: float) -> None:
    """Write what a conversion baked, with gaps filled.

    `dimmest` are the least factors of the groups: what is white at them is white at all others, and kept no brighter.
    A texel that glows is stored as if it sent back as much light of the first group, which does not change.
    """
    irradiance, colour, glow = (arrays[key].astype(np.float64) for key in ("irradiance", "colour", "glow"))
    trusted = trusted_texels(irradiance.sum(axis=0), arrays["traced"])
    covered = arrays["covered"]
    albedo = np.where(glow > 0, np.maximum(colour, np.minimum(glow, 1.0)), colour)
    glows = (glow > 0).any(axis=-1, keepdims=True)
    kept = filled(albedo, covered) if covered.any() else albedo
    brightest = _halved(kept).max(axis=-1, keepdims=True)
    stored: dict[str, np.ndarray] = {"albedo": packed_light(kept, lossless=True)}
    scales = []
    for k, (light, least) in enumerate(zip(irradiance, dimmest, strict=True)):
        light = filled(light, trusted) if trusted.any() else light
        if glows.any():
            fine = doubled(light)
            sent = (fine * colour + (glow if k == 0 else 0.0)) / np.maximum(albedo, 1e-3)
            light = np.where(_halved(glows.astype(float)) > 0, _halved(np.where(glows, sent, fine)), light)
        light = np.clip(2.0**exposure * light, 0.0, 1.0 / (least * np.maximum(brightest, _DARKEST)))
        scales.append(float(light.max()) or 1.0)
        stored[f"light{k}"] = packed_light(light / scales[-1], lossless=False)
    with atomic_write(path) as aside, open(aside, "wb") as handle:
        np.savez(handle, scales=np.array(scales), **stored)


def read_relit(scene: Path, light: Path) -> RelitScene:
    """Return a scene whose light changes; raises DamagedData where a file cannot be read."""
    parts = read_glb(scene)
    try:
        with np.load(light, allow_pickle=False) as file:
            albedo, scales = unpacked_light(file["albedo"]), file["scales"].astype(np.float64)
            if max(albedo.shape) > MOST_TEXELS or not np.isfinite(scales).all():
                raise ValueError("its pictures are too large, or not finite")
            lights = np.stack([scale * unpacked_light(file[f"light{k}"]) for k, scale in enumerate(scales)])
    except (OSError, ValueError, KeyError) as error:
        raise DamagedData(f"{light} is not the light of a scene ({error}). Make the world again.") from error
    drawn = [part for part in parts if part.name == "scene" or part.name.startswith(PAINT)]
    starts = np.cumsum([0] + [len(part.positions) for part in drawn])
    numbers = [int(part.name.removeprefix(PAINT)) if part.name.startswith(PAINT) else 0 for part in drawn]
    return RelitScene(
        np.concatenate([part.positions @ part.to_world[:3, :3].T + part.to_world[:3, 3] for part in drawn]),
        np.concatenate([part.uv for part in drawn]),
        np.concatenate([np.full(len(p.positions), n) for p, n in zip(drawn, numbers, strict=True)]),
        np.concatenate([part.triangles + start for part, start in zip(drawn, starts, strict=False)]),
        albedo,
        lights,
        max(numbers),
        [part for part in parts if part.name == SKY],
    )


def _halved(image: Float[np.ndarray, "H W c"]) -> Float[np.ndarray, "h w c"]:
    height, width, channels = image.shape
    halved: np.ndarray = image.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
    return halved
