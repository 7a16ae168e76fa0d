"""Nested settings changed by path: by presets, on the command line and along the axes of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from worldprobe._util.strict_yaml import DEEPEST, read_yaml
from worldprobe.errors import InvalidStudy, InvalidYaml, WorldprobeError


def read_override(override: str) -> dict[str, Any]:
    """Return the nested settings that "key.path=value" changes; the value is YAML.

    Raises WorldprobeError for what is not of this form and InvalidStudy for a value that is no YAML.
    """
    key, equals, value = override.partition("=")
    keys = key.split(".")
    if not equals or not all(keys) or not key.isprintable() or any(map(str.isspace, key)):
        raise WorldprobeError(f"{override[:80]!r} is not an override. Write key.path=value, as in training.steps=500.")
    if len(keys) > DEEPEST:
        raise WorldprobeError(f"The override {key[:40]!r}... has {len(keys)} keys; at most {DEEPEST} are nested.")
    try:
        return at_path(key, read_yaml(value, key))
    except InvalidYaml as error:
        raise InvalidStudy(f"the override {override[:80]!r}", [f"{key}: not readable YAML: {error.problem}."]) from None


def at_path(path: str, value: Any) -> dict[str, Any]:
    """Return the nested mapping that holds `value` at "key.key.key"."""
    nested = value
    for part in reversed(path.split(".")):
        nested = {part: nested}
    return dict(nested)


def paths_of(changes: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return the path of every value in nested changes; a component given by name counts as one value."""
    found = []
    for key, value in changes.items():
        path = f"{prefix}.{key}".strip(".")
        nested = isinstance(value, Mapping) and value and "name" not in value
        found += paths_of(value, path) if nested else [path]
    return found


def merge(into: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Change nested mappings key by key; a component whose name changes loses its old settings."""
    for key, value in changes.items():
        old = into.get(key)
        renamed = (
            isinstance(value, Mapping)
            and "name" in value
            and isinstance(old, dict)
            and old.get("name") != value["name"]
        )
        if isinstance(value, Mapping) and isinstance(old, str) and "name" not in value:
            into[key] = {"name": old, **deepcopy(dict(value))}  # a component by its name alone gets a setting
        elif isinstance(value, Mapping) and isinstance(old, dict) and not renamed:
            merge(old, value)
        else:
            into[key] = deepcopy(value)
