"""Registries from names to components: an unknown name is answered with the nearest known one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from worldprobe.errors import UnknownName

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """A read-only mapping that grows by `register` and raises `UnknownName` for what it lacks.

    `kind` names its things in messages ("regime"); `where` is the command that lists them.
    """

    def __init__(self, kind: str, where: str = "") -> None:
        self.kind, self.where = kind, where
        self._things: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files a thing under `name`; a name is taken once."""

        def file(thing: T) -> T:
            if name in self._things:
                raise ValueError(f"the {self.kind} {name!r} is registered twice")
            self._things[name] = thing
            return thing

        return file

    def name_of(self, thing: T) -> str:
        """Return the name under which a thing is filed; raises KeyError where it is not."""
        for name, filed in self._things.items():
            if filed is thing:
                return name
        raise KeyError(f"{thing!r} is not a registered {self.kind}")

    def __getitem__(self, name: str) -> T:
        if name not in self._things:
            raise UnknownName(self.kind, name, self._things, self.where)
        return self._things[name]

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)


class Component(BaseModel):
    """A named, validated, immutable part of a study: a world, regime, encoder or objective.

    Its fields are its settings, checked at the door (unknown keys are refused); `settings()` is what a result records.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def settings(self) -> dict[str, Any]:
        """Return the JSON-able settings from which this component can be made again."""
        return self.model_dump(mode="json")
