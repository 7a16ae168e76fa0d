"""From a study file, a preset and overrides to a `Study`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from worldprobe._util.strict_yaml import read_yaml
from worldprobe._util.text import foreign_character
from worldprobe.errors import InvalidStudy, InvalidYaml, UnknownName, WorldprobeError
from worldprobe.results.differences import differences
from worldprobe.study.overrides import merge, read_override
from worldprobe.study.schema import Study, unannotated
from worldprobe.study.validation_errors import explain, shown
from worldprobe.world import WORLDS

DEFAULT_PRESET = "cpu"
OF_A_WORLD = "camera"
"""The study that explores a world which is given in place of a study."""


def shipped_studies() -> dict[str, Path]:
    """Return the studies that come with the package, by name."""
    folder = Path(str(resources.files("worldprobe.study"))) / "shipped"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_study(study: str | Path, overrides: Sequence[str] = (), preset: str | None = None) -> Study:
    """Return the resolved study: the file, then the preset's changes, then `key.path=value` overrides (YAML values).

    A file may say `extends: OTHER` and hold only what differs from that study. Where it quotes published numbers, every
    setting that differs from the preset with the paper's settings is added to the deviations.
    `study` is a shipped study's name, a path to a YAML file, or the path of a world (my_room.world), which the shipped
    study `camera` then explores. Raises UnknownName, InvalidStudy or WorldprobeError.
    """
    path = _find(study)
    settings = _read(path)
    if is_world(study):
        settings |= _of_world(str(study))
    presets = settings.pop("presets", None) or {}
    _check_presets(presets, path)
    chosen = preset or (DEFAULT_PRESET if DEFAULT_PRESET in presets else None)
    if chosen is not None and chosen not in presets:
        raise UnknownName(f"preset of study {path.stem!r}:", chosen, presets)
    resolved = _merged(settings, presets.get(chosen), *map(read_override, overrides))
    published = resolved.get("published")
    if isinstance(published, dict):
        published["deviations"] = _deviations(settings, presets, resolved)
    return study_of(resolved, str(study))


def is_world(study: str | Path) -> bool:
    """Whether a word names a world by the path of its file, and not a study."""
    return WORLDS.resolved(str(study))[0] != str(study)


def _of_world(path: str) -> dict[str, Any]:
    """Return what a study about a world of the user's own says in place of the shipped one."""
    stem = Path(path).name.rsplit(".", 1)[0]
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60] or "world"
    question = (
        f"A camera moves through {stem}. Can an encoder that only ever sees pairs of frames find the camera's hidden "
        "controls, and does it depend on how the camera was moved?"
    )
    return {"name": name, "title": f"The camera in {stem}", "question": question, "world": path, "hypotheses": []}


def presets_of(study: str | Path) -> list[str]:
    """Return the names of a study's presets, in the order of its file."""
    return list(_read(_find(study)).get("presets") or {})


def study_of(settings: Mapping[str, Any], source: str) -> Study:
    """Return the study that resolved settings make. Raises InvalidStudy, naming `source`, or UnknownName."""
    try:
        return Study.model_validate(settings)
    except ValidationError as error:
        raise InvalidStudy(source, explain(error, Study)) from None
    except InvalidStudy as error:  # of a part of it, which its problems name
        raise InvalidStudy(source, error.problems) from None


def _deviations(settings: Mapping[str, Any], presets: Mapping[str, Any], resolved: Mapping[str, Any]) -> Any:
    """Return what a study deviates by from the paper: every setting that differs from its preset, then what it says."""
    published = resolved["published"]
    said, preset = published.get("deviations", []), published.get("preset", "gpu")
    if not isinstance(said, list):
        return said  # the schema refuses it, with its path
    papers_own = _merged(settings, presets.get(preset) if isinstance(preset, str) else None)
    unlike = differences(unannotated(papers_own), unannotated(resolved))
    return [*(f"{path}: {ours!r}, published {theirs!r}" for path, theirs, ours in unlike), *said]


def _check_presets(presets: Any, path: Path) -> None:
    if not isinstance(presets, dict):
        raise InvalidStudy(str(path), [f"presets = {shown(presets)}: allowed is a mapping, {{name: changes}}."])
    for name, changes in presets.items():
        if not isinstance(changes, dict | None):
            allowed = "allowed is a mapping of keys to values"
            raise InvalidStudy(str(path), [f"presets.{name} = {shown(changes)}: {allowed}."])


def _find(study: str | Path, folder: Path = Path()) -> Path:
    """Return the file of a study: a shipped one's by name, else a path, in `folder` or from here."""
    shipped = shipped_studies()
    if is_world(study):
        return shipped[OF_A_WORLD]
    if str(study) in shipped:
        return shipped[str(study)]
    if (found := foreign_character(str(study))) is not None:
        raise WorldprobeError(f"{str(study)!r} is no study's name or path: it has the character {found}.")
    for path in (folder / study, Path(study)):
        if path.is_file():
            return path
    if Path(study).suffix in {".yaml", ".yml"}:
        raise WorldprobeError(f"There is no study file {study}. Shipped studies: {', '.join(shipped)}.")
    raise UnknownName("study", str(study), shipped, "worldprobe studies")


def _read(path: Path, extended_by: Sequence[Path] = ()) -> dict[str, Any]:
    """Return a file's settings over those of the study that it extends; `extended_by` is the way here."""
    if path.resolve() in extended_by:
        way = " -> ".join(step.name for step in (*extended_by, path))
        raise InvalidStudy(str(extended_by[0]), [f"extends: {way}: a study cannot extend itself."])
    try:
        settings = read_yaml(path.read_text(encoding="utf8"), str(path))
    except InvalidYaml as error:
        raise InvalidStudy(str(path), [f"it is not readable YAML: {error.problem}."]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidStudy(str(path), [f"it cannot be read as text: {error}."]) from None
    if not isinstance(settings, dict):
        raise InvalidStudy(str(path), [f"it must be a mapping of keys to values, not {type(settings).__name__}."])
    parent = settings.pop("extends", None)
    if parent is None:
        return settings
    if not isinstance(parent, str) or not parent:
        raise InvalidStudy(str(path), [f"extends = {shown(parent)}: allowed is a study's name or the path of one."])
    return _merged(_read(_find(parent, path.parent), [*extended_by, path.resolve()]), settings)


def _merged(settings: Mapping[str, Any], *changes: Mapping[str, Any] | None) -> dict[str, Any]:
    merged = deepcopy(dict(settings))
    for change in changes:
        merge(merged, change or {})
    return merged
