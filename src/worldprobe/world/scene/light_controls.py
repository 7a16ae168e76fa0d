"""Lamps' power and materials' hues as controls of a scene: what was asked for, and what control values mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe.render.lighting import Lighting
from worldprobe.render.paint_colours import painted, shown
from worldprobe.world.scene.light_request import LightRequest
from worldprobe.world.scene.manifest import Lit, Manifest, Moved, rounded
from worldprobe.world.scene.scene_child import SceneChild

SHARES = 2
"""Standard deviations from the middle of a range to its end."""


@dataclass(frozen=True)
class LightControls:
    """What was asked for: lamps first, then hues; `exposure` in stops is the file's own."""

    lamps: tuple[LightRequest, ...] = ()
    hues: tuple[LightRequest, ...] = ()
    exposure: float = 0.0
    view: str = "Standard"
    """What showed light in the file."""

    def __bool__(self) -> bool:
        return bool(self.lamps or self.hues)

    def controls(self) -> list[Moved]:
        """Return the controls: a standard deviation is half the way to the end of the range."""
        found = []
        for kind, requests in (("brightens the lamp", self.lamps), ("turns the hue of", self.hues)):
            for number, request in enumerate(requests, 1):
                limit = rounded((request.high - request.low) / 2)
                found.append(
                    Moved(
                        name=request.name,
                        unit=request.unit,
                        scale=rounded(limit / SHARES),
                        limit=limit,
                        meaning=f"{kind} {request.target!r}"[:200],
                        lit=Lit(kind=request.kind, number=number, centre=rounded(request.centre)),
                    )
                )
        return found

    def notes(self) -> list[str]:
        """Say what is approximate, and what was changed for light to be a control."""
        found = []
        if self and self.view != "Standard":
            found.append(f"light is shown as sRGB (Standard), not by {self.view} as in the file: it has to be summed")
        if self.hues:
            found.append("light that repainted surfaces send to others keeps the colour that they have in the file")
        return found

    def rest(self) -> tuple[list[float], list[float]]:
        """Return the lamps' factors and the hues at z = 0."""
        return [2.0**one.centre for one in self.lamps], [0.0] * len(self.hues)


def asked_lights(child: SceneChild, requests: Sequence[LightRequest]) -> LightControls:
    """Have the child find what the requests name, with lamps in the middle of their ranges.

    Raises BlenderFailed for a lamp or a material that there is not.
    """
    if not requests:
        return LightControls()
    lamps = tuple(one for one in requests if one.kind == "energy")
    hues = tuple(one for one in requests if one.kind == "hue")
    factors = [2.0**one.centre for one in lamps]
    answer = child.ask(
        do="lamps", lamps=[one.target for one in lamps], factors=factors, materials=[one.target for one in hues]
    )
    return LightControls(lamps, hues, float(answer["exposure"]), str(answer["view"]))


def lighting(manifest: Manifest, z: Float[np.ndarray, "N n"]) -> Lighting | None:
    """Return how N control vectors light and paint a scene; None where neither changes.

    A lamp or a hue whose control is left out of the manifest stays as in the file.
    """
    light = manifest.light
    if light.separate is None:
        return None
    lamps, hues = np.ones((len(z), 1 + light.lamps, 3)), np.zeros((len(z), light.paints))
    for k, moved in enumerate(manifest.controls):
        if moved.lit is None:
            continue
        value = moved.control().physical(z[:, k])
        if moved.lit.kind == "energy":
            lamps[:, moved.lit.number] = 2.0 ** value[:, None]
        else:
            hues[:, moved.lit.number - 1] = np.radians(value)
    return Lighting(lamps, hues)


def swatches(manifest: Manifest, z: Float[np.ndarray, "N n"]) -> dict[str, UInt8[np.ndarray, "N 3"]]:
    """Return the colour of every lamp and material that is a control, by its name, at N control vectors.

    A lamp is grey: white at the most that its control gives it.
    """
    found = {}
    for k, moved in enumerate(manifest.controls):
        if moved.lit is None:
            continue
        control, colour = moved.control(), np.array(moved.lit.colour)
        value = control.physical(z[:, k])
        if moved.lit.kind == "hue":
            found[moved.name] = painted(colour, np.radians(value))
        else:
            found[moved.name] = shown(2.0 ** (value - control.centre - control.limit)[:, None] * colour)
    return found
