"""pydantic's validation errors in words: the key's path, what was given, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from worldprobe._util.registry import ImpossibleSetting

LONGEST_VALUE = 60
_ALTERNATIVE = re.compile(
    r"(?:list|dict|tuple|constrained-\w+|function-\w+|nullable|literal|union)\[.*|\[key\]|float|int|str"
)
"""Parts of pydantic's paths that name a type which was tried, not a key."""


def explain(error: ValidationError, model: type[BaseModel], path: str = "") -> list[str]:
    """Return one line for each problem; `path` is the key in the study under which the model is."""
    lines: dict[str, list[str]] = {}
    for problem in error.errors():
        where, allowed = _described(problem, model, path)
        lines.setdefault(where, []).append(allowed)
    return [f"{where}: {'; or: '.join(dict.fromkeys(allowed))}" for where, allowed in lines.items()]


def nearest(given: str, allowed: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest allowed name, or nothing."""
    near = get_close_matches(given, list(allowed), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else ""


def shown(value: object) -> str:
    """Return a value as a message shows it: on one line, shortened, with what cannot be printed escaped."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def _owner(model: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """Return the nested model that a path leads to; indices of lists and keys of mappings change nothing."""
    for part in path:
        field = model.model_fields.get(str(part))
        model = (None if field is None else _model_in(field.annotation)) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the first model in a type, such as X in `dict[str, X] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _described(problem: Any, model: type[BaseModel], path: str) -> tuple[str, str]:
    """Return where a problem is, with what was given there, and what is allowed."""
    keys = [str(part) for part in problem["loc"] if not (isinstance(part, str) and _ALTERNATIVE.fullmatch(part))]
    where = _joined([path, *keys])
    if problem["type"] == "extra_forbidden":
        fields = _owner(model, problem["loc"][:-1]).model_fields
        known = [field.alias or name for name, field in fields.items()]
        hint = nearest(str(problem["loc"][-1]), known)
        return where, f"unknown key.{hint} Known here: {', '.join(sorted(known)) or 'none'}."
    if problem["type"] == "missing":
        return where, "missing."
    reason = problem.get("ctx", {}).get("error")
    if isinstance(reason, ImpossibleSetting):
        return f"{_joined([path, *keys, reason.key])} = {shown(reason.given)}", f"{reason.allowed}."
    allowed = problem["msg"].removeprefix("Input ").removeprefix("Value error, ")
    if problem["type"] == "value_error" and isinstance(problem["input"], Mapping):
        return where or "its settings", f"{allowed}."
    return f"{where} = {shown(problem['input'])}", f"{allowed}."


def _joined(keys: Sequence[str]) -> str:
    return ".".join(key if key.isprintable() else repr(key) for key in keys if key)
