"""Views of a world that a cluster draws: rows of a contact sheet."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe._util.progress import Reporter
from worldprobe.study.contact_sheets import SHEET_COLUMNS, frames_of
from worldprobe.study.engines.parts import Gatherer, PartTask
from worldprobe.study.preflight import WORKING_BYTES
from worldprobe.study.task_graph import Takes, TaskKind
from worldprobe.world.world import WORLDS, World


def drawn_elsewhere(
    world: World, z: Float[np.ndarray, "N n"], engine: Gatherer, reporter: Reporter
) -> UInt8[np.ndarray, "N H W 3"]:
    """Return what `frames_of` returns: a world's observations do not depend on which others are drawn with them."""
    name, settings = WORLDS.name_of(type(world)), world.settings()
    takes = Takes(memory=WORKING_BYTES)
    parts = [
        PartTask(TaskKind.VIEWS, str(first), partial(_drawn, name, settings, z[first : first + SHEET_COLUMNS]), takes)
        for first in range(0, len(z), SHEET_COLUMNS)
    ]
    return np.concatenate(engine.gather(f"drawing {name}", parts, reporter))


def _drawn(name: str, settings: dict[str, Any], z: Float[np.ndarray, "N n"]) -> UInt8[np.ndarray, "N H W 3"]:
    with WORLDS[name].model_validate(settings) as world:
        return frames_of(world, z)
