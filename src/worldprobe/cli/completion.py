"""What the shell completes: names of studies, worlds and presets, found without loading more than it takes."""

from __future__ import annotations

from pathlib import Path

STUDIES = Path(__file__).parent.parent / "study" / "shipped"


def study_names(incomplete: str) -> list[str]:
    """Return the shipped studies that begin so, and study files of this folder."""
    shipped = sorted(path.stem for path in STUDIES.glob("*.yaml"))
    return [name for name in [*shipped, *_files(incomplete)] if name.startswith(incomplete)]


def world_names(incomplete: str) -> list[str]:
    """Return the worlds that begin so."""
    from worldprobe.world.world import WORLDS

    return [name for name in WORLDS if name.startswith(incomplete)]


def preset_names(incomplete: str) -> list[str]:
    """Return the presets that shipped studies have and that begin so."""
    return [name for name in ("smoke", "cpu", "gpu") if name.startswith(incomplete)]


def _files(incomplete: str) -> list[str]:
    folder = Path(incomplete).parent if "/" in incomplete else Path()
    return sorted(str(path) for ending in ("*.yaml", "*.yml") for path in folder.glob(ending))
