"""A .world folder: scene.glb, what is drawn, and manifest.yaml, where the camera rests and how its controls move it."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from worldprobe._util.files import atomic_write, file_sha256, inside
from worldprobe._util.strict_yaml import read_yaml, write_yaml
from worldprobe.errors import DamagedData, WorldprobeError
from worldprobe.world.world import Control

SCENE, LIGHT, MANIFEST = "scene.glb", "light.npz", "manifest.yaml"
SUFFIX = ".world"
AXES = ("truck", "pedestal", "dolly", "yaw", "pitch", "roll")
Number = float  # a whole number of the file is taken for a real one


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Pose(_Part):
    """The camera at rest: metres, +Z up; degrees as `render.camera.camera_to_world` takes them."""

    at: list[Number] = Field(min_length=3, max_length=3)
    yaw: Number
    pitch: Number = Field(ge=-90, le=90)
    roll: Number
    fov: Number = Field(gt=1, lt=179, description="vertical angle of view, degrees")
    chosen_by: str = Field("the manifest", max_length=200)


class Motion(_Part):
    """How a control moves parts of the scene, in metres and degrees, +Z up.

    A rotation is counter-clockwise about `axis`, of length 1, through `point`; a translation is along `axis`, that many
    metres for each of the control's. `centre` is the value at which the file shows the parts and light was baked.
    """

    kind: Literal["rotation", "translation"]
    axis: list[Number] = Field(min_length=3, max_length=3)
    point: list[Number] = Field(min_length=3, max_length=3)
    centre: Number

    @field_validator("axis")
    @classmethod
    def _some_axis(cls, axis: list[Number]) -> list[Number]:
        if not 1e-9 < sum(x * x for x in axis) < 1e9:
            raise ValueError("an axis has a direction")
        return axis


class Lit(_Part):
    """Which lamp's light a control scales, in stops, or which paint's hue it turns, in degrees: the first is number 1.

    `centre` is the value at z = 0.
    """

    kind: Literal["energy", "hue"]
    number: int = Field(ge=1, le=64)
    centre: Number = 0.0
    colour: list[Number] = Field([1.0, 1.0, 1.0], min_length=3, max_length=3, description="linear, for a swatch")


class Moved(_Part):
    """One control: what one standard deviation of it is, and how far it can go; of parts that move or are lit, how."""

    name: str = Field(max_length=80)
    unit: str = Field(max_length=20)
    scale: Number = Field(gt=0)
    limit: Number = Field(gt=0)
    meaning: str = Field("", max_length=200)
    motion: Motion | None = None
    lit: Lit | None = None

    @property
    def is_cameras(self) -> bool:
        """Whether it moves the camera."""
        return self.motion is None and self.lit is None

    def control(self) -> Control:
        """Return the world's control."""
        changed = self.motion or self.lit
        centre = 0.0 if changed is None else changed.centre
        return Control(self.name, self.unit, self.scale, self.meaning, centre, self.limit)


class MovingPart(_Part):
    """A part of the scene's file that controls move: the outermost of them first."""

    name: str = Field(max_length=80)
    controls: list[str] = Field(min_length=1, max_length=32)


class NamedLamp(_Part):
    """A lamp of the file."""

    name: str
    kind: str
    power: Number
    colour: list[Number]


class NamedSurface(_Part):
    """A material of the file, and what became of it."""

    name: str
    treatment: str


class LightSource(_Part):
    """How light got into the texture: traced in Blender, or none but the file's own colours."""

    kind: Literal["baked", "colours of the file"]
    texels: int = Field(0, ge=0)
    samples: int = Field(0, ge=0)
    bounces: int = Field(0, ge=0)
    separate: str | None = Field(None, pattern="^[0-9a-f]{64}$", description=f"SHA-256 of {LIGHT}, where light changes")
    lamps: int = Field(0, ge=0, le=8, description="lamps whose light is kept apart")
    paints: int = Field(0, ge=0, le=32, description="materials that are repainted")


class Fidelity(_Part):
    """PSNR in dB at `side` pixels over `poses` draws of the controls: the drawn world against Cycles.

    `matte` is against the scene with its surfaces made matte, what baking itself costs; `original` against the scene as
    it is in the file; `moved` as `matte`, with everything that moves at draws of its controls, while light stays as it
    was baked; `lit` as `matte`, with light and colours at draws of theirs.
    """

    poses: int
    side: int
    matte: list[Number]
    original: list[Number]
    moved: list[Number] = []
    lit: list[Number] = []


class Manifest(_Part):
    """Everything about a .world but its triangles."""

    format: Literal[1] = 1
    name: str = Field(max_length=200)
    made_from: dict[str, str] = {}
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description=f"of {SCENE}")
    triangles: int = Field(ge=1)
    far: Number = Field(gt=0, description="metres beyond which nothing is drawn")
    camera: Pose
    controls: list[Moved] = Field(min_length=1, max_length=32)
    parts: list[MovingPart] = Field([], max_length=256)
    light: LightSource
    lamps: list[NamedLamp] = []
    materials: list[NamedSurface] = []
    fidelity: Fidelity | None = None
    notes: list[str] = []

    @field_validator("controls")
    @classmethod
    def _once_each(cls, controls: list[Moved]) -> list[Moved]:
        names = [control.name for control in controls]
        wrong = [one.name for one in controls if (one.name in AXES) is not one.is_cameras or (one.motion and one.lit)]
        if wrong or len(set(names)) < len(names):
            raise ValueError(f"each control is one of {', '.join(AXES)}, once, or has a motion, or lights")
        return controls

    @model_validator(mode="after")
    def _lights_that_there_are(self) -> Manifest:
        for moved in self.controls:
            if moved.lit is None:
                continue
            there = self.light.lamps if moved.lit.kind == "energy" else self.light.paints
            if self.light.separate is None or moved.lit.number > there:
                raise ValueError(f"{moved.name} is lit by number {moved.lit.number} of {there}")
        return self


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a .world folder, whose scene is what it was made with.

    Raises WorldprobeError where it is no such folder or its manifest is not valid, DamagedData where the scene is
    another.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise WorldprobeError(f"{folder} is no world: it has no {MANIFEST}. Make one with `worldprobe scene`.")
    try:
        given = read_yaml(path.read_text(encoding="utf8"), str(path))
    except UnicodeDecodeError as error:
        raise WorldprobeError(f"{path} is not text: {error}.") from None
    try:
        manifest = Manifest.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "it"
        raise WorldprobeError(f"{path} is no valid manifest: {where}: {problem['msg']}.") from None
    scene = inside(folder, SCENE)
    if not scene.is_file() or file_sha256(scene) != manifest.sha256:
        raise DamagedData(f"{scene} is not the scene that {path} describes. Make the world again.")
    light = inside(folder, LIGHT)
    if manifest.light.separate and (not light.is_file() or file_sha256(light) != manifest.light.separate):
        raise DamagedData(f"{light} is not the light that {path} describes. Make the world again.")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.yaml, whole or not at all."""
    with atomic_write(folder / MANIFEST) as aside:
        aside.write_text(write_yaml(manifest.model_dump(mode="json")), encoding="utf8")


@contextmanager
def made_aside(out: Path) -> Iterator[Path]:
    """Give an empty folder next to `out`, and put it in its place when all that belongs into it was written."""
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as aside:
        folder = Path(aside) / "world"
        folder.mkdir()
        yield folder
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)


def rounded(value: float) -> float:
    """Return a number to five significant digits, as a manifest holds it."""
    return float(f"{value:.5g}") if math.isfinite(value) else value
