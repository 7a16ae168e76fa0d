"""What is played: a world at chosen controls, or the rows of recordings; both give the observation of a moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from worldprobe.errors import DamagedData
from worldprobe.playing.played_folder import PlayedFolder
from worldprobe.world.camera_world import CameraWorld
from worldprobe.world.world import WORLDS, Control, World

MOST_DRAWN = 2000
"""Frames that are drawn of a source that can draw any number."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A place to be shown: control values, or a row of a source."""

    z: Float[np.ndarray, " n"]
    source: str = ""
    row: int = 0


class Playable(ABC):
    """What is played. It belongs to the thread that made it; close it there."""

    free: ClassVar[bool]
    """Whether any control values can be shown, and not only those that were recorded."""
    controls: tuple[Control, ...]
    observation_shape: tuple[int, ...]

    @abstractmethod
    def observe(self, moments: Sequence[Moment]) -> Shaped[np.ndarray, "N ..."]:
        """Return what is seen at these moments."""

    def swatches(self, z: Float[np.ndarray, "N n"]) -> dict[str, UInt8[np.ndarray, "N 3"]]:
        """Return the colour of every control that is a light or a paint, by its name, at N control vectors."""
        return {}

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds."""


class PlayedWorld(Playable):
    """A world, whose controls are free."""

    free = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.controls, self.observation_shape = world.controls, world.observation_shape

    @property
    def camera_world(self) -> CameraWorld | None:
        """The world where it is seen by a camera in a scene, else None."""
        # By the type: asking the instance for its scene might make one.
        seen = all(hasattr(type(self.world), name) for name in ("glb", "cameras"))
        return cast(CameraWorld, self.world) if seen else None

    def observe(self, moments: Sequence[Moment]) -> Shaped[np.ndarray, "N ..."]:
        return self.world.observe(np.stack([moment.z for moment in moments]))

    def swatches(self, z: Float[np.ndarray, "N n"]) -> dict[str, UInt8[np.ndarray, "N 3"]]:
        return self.world.swatches(z) if hasattr(self.world, "swatches") else {}

    @property
    def arm(self) -> Any:
        """The world where it is an arm, whose bodies and joints can be asked for; else None."""
        jointed = all(hasattr(type(self.world), name) for name in ("body_poses", "joint_angles"))
        return self.world if jointed else None

    def arm_points(self, z: Float[np.ndarray, "N n"]) -> Float[np.ndarray, "N points 3"]:
        """Return where an arm's shoulder, joints and fingertip are, in metres."""
        bodies = self.arm.body_poses(self.arm.joint_angles(z))
        points: np.ndarray = np.stack([pose[:, :3, 3] for pose in bodies.values()], axis=1)
        return points

    def another(self) -> World:
        """Return the same world once more, for another thread."""
        return type(self.world).model_validate(self.world.settings())

    def close(self) -> None:
        self.world.close()


class PlayedSources(Playable):
    """Recordings and other sources, whose rows are shown in their order."""

    free = False

    def __init__(self, sources: dict[str, Any], seed: int) -> None:
        self.sources = sources
        first = next(iter(sources.values()))
        self.controls, self.observation_shape = first.controls, first.observation_shape
        self.samples = {label: _every_row(source, seed) for label, source in sources.items()}
        self.trained = {label: _trained(source, self.samples[label], seed) for label, source in sources.items()}

    def moment(self, source: str, row: int) -> Moment:
        """Return the moment of a row."""
        sample = self.samples[source]
        row = min(max(row, 0), len(sample) - 1)
        return Moment(np.asarray(sample.controls[row], dtype=np.float64), source, row)

    def observe(self, moments: Sequence[Moment]) -> Shaped[np.ndarray, "N ..."]:
        shown = [self.sources[m.source].frames(self.samples[m.source], np.array([m.row]))[0] for m in moments]
        return np.stack(shown)

    def close(self) -> None:
        for source in self.sources.values():
            source.close()


def open_playable(folder: PlayedFolder) -> Playable:
    """Return what a folder's runs were trained on.

    Raises DamagedData where study.yaml is not what a study writes, and what opening a recording raises.
    """
    if not folder.recorded and not _world_varies(folder):
        return PlayedWorld(_world(folder))  # without a study's machinery, whose import takes seconds
    study = folder.study()
    if study.world is not None:
        return PlayedWorld(study.world)
    return PlayedSources({label: study.source(label) for label in study.labels}, study.seeds[0])


def _world_varies(folder: PlayedFolder) -> bool:
    """Whether an axis of the study changes its world."""
    axes = dict(folder.settings.get("axes") or {}).values()
    keys = [axis["key"].split(".")[0] for axis in axes if axis.get("key")]
    named = [name for axis in axes if isinstance(axis["values"], dict) for name in axis["values"].values()]
    return "world" in keys or any("world" in changed for changed in named)


def _world(folder: PlayedFolder) -> World:
    given = folder.settings.get("world")
    settings = {"name": given} if isinstance(given, str) else dict(given or {})
    name, implied = WORLDS.resolved(str(settings.pop("name", "")))
    try:
        return WORLDS[name].model_validate(implied | settings)
    except ValueError as error:
        raise DamagedData(f"{folder.path / 'study.yaml'}: its world cannot be made ({error}).") from None


def _every_row(source: Any, seed: int) -> Any:
    """Return all rows of a recording in their order; of a source that draws, some that an encoder trained on."""
    return source.sample("train", MOST_DRAWN, seed) if source.draws else source.every_pair()


def _trained(source: Any, sample: Any, seed: int) -> Int[np.ndarray, " rows"]:
    """Return 1 for the rows that an encoder may have trained on, 0 for those that were kept out."""
    if source.draws or sample.rows is None:
        return np.ones(len(sample), dtype=np.int64)
    return np.isin(sample.rows, source.sample("train", None, seed).rows).astype(np.int64)
