"""From a study file, a preset and overrides to a `Study`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from worldprobe.errors import InvalidStudy, UnknownName, WorldprobeError
from worldprobe.study.overrides import at_path, differences, merge
from worldprobe.study.schema import Study
from worldprobe.study.validation_errors import explain

DEFAULT_PRESET = "cpu"


def shipped_studies() -> dict[str, Path]:
    """Return the studies that come with the package, by name."""
    folder = Path(str(resources.files("worldprobe.study"))) / "shipped"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_study(study: str | Path, overrides: Sequence[str] = (), preset: str | None = None) -> Study:
    """Return the resolved study: the file, then the preset's changes, then `key.path=value` overrides (YAML values).

    A file may say `extends: OTHER` and hold only what differs from that study. Where it quotes published numbers, every
    setting that differs from the preset with the paper's settings is added to the deviations.
    `study` is a shipped study's name or a path to a YAML file. Raises UnknownName, InvalidStudy or WorldprobeError.
    """
    path = _find(study)
    settings = _read(path)
    presets = settings.pop("presets", None) or {}
    chosen = preset or (DEFAULT_PRESET if DEFAULT_PRESET in presets else None)
    if chosen is not None and chosen not in presets:
        raise UnknownName(f"preset of study {path.stem!r}:", chosen, presets)
    resolved = _merged(settings, presets.get(chosen), *map(_parse, overrides))
    if quoted := settings.get("published"):
        papers_own = _merged(settings, presets.get(quoted.get("preset", "gpu")))
        told = [f"{path}: {ours!r}, published {theirs!r}" for path, theirs, ours in differences(papers_own, resolved)]
        resolved["published"]["deviations"] = [*told, *quoted.get("deviations", [])]
    try:
        return Study.model_validate(resolved)
    except ValidationError as error:
        raise InvalidStudy(str(study), explain(error, Study)) from None


def _find(study: str | Path) -> Path:
    shipped = shipped_studies()
    if str(study) in shipped:
        return shipped[str(study)]
    path = Path(study)
    if path.is_file():
        return path
    if path.suffix in {".yaml", ".yml"}:
        raise WorldprobeError(f"There is no study file {path}. Shipped studies: {', '.join(shipped)}.")
    raise UnknownName("study", str(study), shipped, "worldprobe run --help")


def _read(path: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidStudy(str(path), [f"it is not readable YAML: {' '.join(str(error).split())}"]) from None
    if not isinstance(settings, dict):
        raise InvalidStudy(str(path), [f"it must be a mapping of keys to values, not {type(settings).__name__}."])
    parent = settings.pop("extends", None)
    return settings if parent is None else _merged(_read(_find(parent)), settings)


def _merged(settings: Mapping[str, Any], *changes: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = deepcopy(dict(settings))
    for change in changes:
        merge(merged, change or {})
    return merged


def _parse(override: str) -> dict[str, Any]:
    key, equals, value = override.partition("=")
    if not equals or not all(key.split(".")):
        raise WorldprobeError(f"{override!r} is not an override. Write key.path=value, as in training.steps=500.")
    return at_path(key, yaml.safe_load(value))
