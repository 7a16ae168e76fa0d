"""Registered components in a study: made from "name" or {"name": ..., setting: value ...}, and described so again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BeforeValidator, PlainSerializer, ValidationError

from worldprobe._util.registry import Component, Registry
from worldprobe.errors import InvalidStudy
from worldprobe.study.labels import RESERVED, check_labels
from worldprobe.study.validation_errors import explain, shown

C = TypeVar("C", bound=Component)


def make_component(registry: Registry[type[C]], value: Any, path: str, default_name: str | None = None) -> C:
    """Make a component from "name", the path of a file that names one, or {"name": ..., setting: value ...}.

    Raises UnknownName for a name that the registry lacks and InvalidStudy, with the key's path, for its settings.
    """
    if isinstance(value, Component):
        return value  # type: ignore[return-value]
    given = {"name": value} if isinstance(value, str) else {} if value is None else value
    if not isinstance(given, Mapping):
        raise InvalidStudy(path, [f"{path} = {shown(value)}: allowed is a name, or {{name: ..., setting: value}}."])
    settings = dict(given)
    name = settings.pop("name", default_name)
    if not isinstance(name, str):
        raise InvalidStudy(path, [f"{path}.name: missing. Known: {', '.join(registry)}."])
    name, implied = registry.resolved(name)
    try:
        return registry[name].model_validate(implied | settings)
    except ValidationError as error:
        raise InvalidStudy(path, explain(error, registry[name], path)) from None


def describe(registry: Registry[type[C]], component: C) -> dict[str, Any]:
    """Return {"name": ..., settings ...}, from which `make_component` makes the same component."""
    return {"name": registry.name_of(type(component)), **component.settings()}


def one_of(registry: Registry[Any], *, optional: bool = False) -> tuple[BeforeValidator, PlainSerializer]:
    """Return what makes a field of a component in a registry; null stays null where it is optional."""

    def make(value: Any, info: Any) -> Any:
        return None if value is None and optional else make_component(registry, value, str(info.field_name))

    def dump(component: Any) -> Any:
        return None if component is None else describe(registry, component)

    return BeforeValidator(make), PlainSerializer(dump)


def labelled(registry: Registry[Any]) -> tuple[BeforeValidator, PlainSerializer]:
    """Return what makes a field of components by label, whose name is the label where it is not given."""

    def make(value: Any, info: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        path = info.field_name
        check_labels(value, path, RESERVED)
        return {key: make_component(registry, given, f"{path}.{key}", str(key)) for key, given in value.items()}

    def dump(components: Mapping[str, Any]) -> dict[str, Any]:
        return {key: describe(registry, component) for key, component in components.items()}

    return BeforeValidator(make), PlainSerializer(dump)
