"""pydantic's validation errors, said to a person: the key's path, what was given, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

LONGEST_VALUE = 60


def explain(error: ValidationError, model: type[BaseModel], path: str = "") -> list[str]:
    """Return one line for each problem; `path` is where in the study the model stands."""
    return [_line(problem, model, path) for problem in error.errors()]


def nearest(given: str, allowed: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest allowed name, or nothing."""
    near = get_close_matches(given, list(allowed), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def _owner(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """Return the nested model that a path of field names leads to."""
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return model
        model = field.annotation
    return model


def _line(problem: Any, model: type[BaseModel], path: str) -> str:
    where = ".".join(str(part) for part in (path, *problem["loc"]) if str(part))
    if problem["type"] == "extra_forbidden":
        fields = _owner(model, problem["loc"][:-1]).model_fields
        known = [field.alias or name for name, field in fields.items()]
        hint = nearest(str(problem["loc"][-1]), known)
        return f"{where}: unknown key.{hint} Known here: {', '.join(sorted(known)) or 'none'}."
    if problem["type"] == "missing":
        return f"{where}: missing."
    given = repr(problem["input"])
    given = given if len(given) <= LONGEST_VALUE else given[:LONGEST_VALUE] + "..."
    allowed = problem["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return f"{where} = {given}: {allowed}."
