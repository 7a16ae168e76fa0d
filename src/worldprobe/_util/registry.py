"""Registries from names to components: an unknown name is answered with the nearest known one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, field_validator

from worldprobe._util.text import LABELS, foreign_character, is_label
from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.plugins import load_installed

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """A read-only mapping that grows by `register` and raises `UnknownName` for what it lacks.

    `kind` names its things in messages ("regime"); `where` is the command that lists them. `home` is the package whose
    import registers what worldprobe itself has: it is imported when the registry is first read, then the installed
    plug-ins are, so that a registry holds the same whatever was imported before.
    """

    def __init__(self, kind: str, where: str = "", home: str = "") -> None:
        self.kind, self.where, self.home = kind, where, home
        self._things: dict[str, T] = {}
        self._files: dict[str, tuple[str, str]] = {}
        self._filled = not home

    def register(self, name: str, *, files: Mapping[str, str] | None = None) -> Callable[[T], T]:
        """Return a decorator that files a thing under `name`.

        `files` says which paths also name it: a suffix, and the setting that takes the path ({".world": "file"}).

        A class that is defined again, as a notebook's cell does that is run again, takes its own place. Raises
        InvalidValue for a name that another thing has, or that is no label.
        """
        if not isinstance(name, str) or not is_label(name):
            raise InvalidValue("name", name, LABELS)

        def file(thing: T) -> T:
            before = self._things.get(name)
            if before is not None and not _same_definition(before, thing):
                raise InvalidValue("name", name, f"a name that no {self.kind} has yet")
            self._things[name] = thing
            self._files |= {suffix: (name, setting) for suffix, setting in (files or {}).items()}
            return thing

        return file

    def resolved(self, text: str) -> tuple[str, dict[str, Any]]:
        """Return the name, and the settings, that a word stands for: a name, or the path of a file that names one."""
        if text not in self:
            for suffix, (name, setting) in self._files.items():
                if text.rstrip("/").lower().endswith(suffix):
                    return name, {setting: text}
        return text, {}

    def name_of(self, thing: T) -> str:
        """Return the name under which a thing is filed; raises KeyError where it is not."""
        for name, filed in self._all().items():
            if filed is thing:
                return name
        raise KeyError(f"{thing!r} is not a registered {self.kind}")

    def __getitem__(self, name: str) -> T:
        if name not in self._all():
            raise UnknownName(self.kind, name, self._things, self.where)
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"<{len(self)} {self.kind}s: {', '.join(self)}>"

    def fill(self) -> None:
        """Register what worldprobe itself has, then what installed plug-ins have, if that was not done yet."""
        if not self._filled:
            self._filled = True
            import_module(self.home)
            load_installed()

    def _all(self) -> dict[str, T]:
        self.fill()
        return self._things


def _same_definition(before: object, after: object) -> bool:
    return isinstance(before, type) and isinstance(after, type) and _place(before) == _place(after)


def _place(thing: type) -> tuple[str, str]:
    return thing.__module__, thing.__qualname__


class ImpossibleSetting(ValueError):
    """What a component's validator raises for a setting that its other settings rule out.

    `key` is the setting's path within the component, so that the message names it; `allowed` completes "KEY = GIVEN: ".
    """

    def __init__(self, key: str, given: object, allowed: str) -> None:
        super().__init__(f"{key} = {given!r}: {allowed}")
        self.key, self.given, self.allowed = key, given, allowed


class Component(BaseModel):
    """A named, validated, immutable part of a study: a world, regime, encoder or objective.

    Its fields are its settings, validated when it is made (unknown keys are refused); results record `settings()`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def settings(self) -> dict[str, Any]:
        """Return the JSON-able settings from which this component can be made again."""
        return self.model_dump(mode="json")

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any, info: Any) -> Any:
        """Refuse true and false where a number is needed (Python counts them as 1 and 0), and text that is not text."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        if _has_bool(value) and _mentions(annotation, int, float) and not _mentions(annotation, bool, Any):
            raise ValueError("a number is needed, not true or false")
        if (found := _foreign(value)) is not None:
            raise ValueError(f"the text has the character {found}, which no setting may have")
        return value


def _has_bool(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, list | tuple) and any(map(_has_bool, value)))


def _mentions(annotation: Any, *kinds: Any) -> bool:
    return annotation in kinds or any(_mentions(part, *kinds) for part in get_args(annotation))


def _foreign(value: Any) -> str | None:
    """Return the first character in any text of nested plain values that is no text."""
    if isinstance(value, str):
        return foreign_character(value)
    if isinstance(value, Mapping):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return next((found for part in value if (found := _foreign(part)) is not None), None)
    return None
