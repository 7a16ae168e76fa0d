"""The public names, with their signatures and docstrings: the page docs/api.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import worldprobe

WIDTH = 100  # of a signature; longer ones get a line for each argument


def api(*names: str) -> str:
    """Return a section for each public name."""
    return "\n\n".join(_section(name, getattr(worldprobe, name)) for name in names)


def _section(name: str, thing: Any) -> str:
    heading = f"### `wp.{name}`"
    if isinstance(thing, ModuleType):
        return f"{heading}\n\n{_errors(thing)}"
    if isinstance(thing, Mapping):
        return f"{heading}\n\nA mapping from names to {_kind(thing)}: {', '.join(f'`{key}`' for key in sorted(thing))}."
    text = f"{heading}\n\n{_signature(name, thing)}\n\n{_docstring(thing)}"
    return text + (_members(thing) if inspect.isclass(thing) else "")


def _kind(thing: Mapping[str, Any]) -> str:
    return "classes" if all(inspect.isclass(value) for value in thing.values()) else "definitions"


def _errors(module: ModuleType) -> str:
    """Return the first line of every error, which users meet as its message's kind."""
    lines = [f"{inspect.getdoc(module)}", ""]
    for name, value in vars(module).items():
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == module.__name__:
            lines.append(f"- `{name}`: {_first(value)}")
    return "\n".join(lines)


def _signature(name: str, thing: Any) -> str:
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):  # some classes are never made by hand
        return f"```\nwp.{name}\n```"
    own = [p for p in signature.parameters.values() if p.name != "self"]
    returned = "" if inspect.isclass(thing) else f" -> {_annotation(signature.return_annotation)}"
    if not own and inspect.isclass(thing):  # a base class: what it takes is up to those that extend it
        return f"```\nwp.{name}\n```"
    parts = _parameters(own)
    line = f"wp.{name}({', '.join(parts)}){returned}"
    if len(line) > WIDTH:
        line = f"wp.{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){returned}"
    return f"```\n{line}\n```"


def _parameters(parameters: list[inspect.Parameter]) -> list[str]:
    parts, keyword_only = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            parts, keyword_only = [*parts, "*"], True
        keyword_only = keyword_only or parameter.kind is parameter.VAR_POSITIONAL
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        annotation = "" if parameter.annotation is parameter.empty else f": {_annotation(parameter.annotation)}"
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        parts.append(f"{stars}{parameter.name}{annotation}{default}")
    return parts


def _annotation(annotation: Any) -> str:
    """Return an annotation as it is written, without the modules that it comes from."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=[A-Z])", "", text)


def _members(cls: type) -> str:
    """Return a line for each public property and method that the class itself defines and documents."""
    lines = []
    for name, value in vars(cls).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if name.startswith("_") or not callable(function) or not getattr(function, "__doc__", None):
            continue
        call = "" if isinstance(value, property) else "(...)"
        lines.append(f"- `.{name}{call}`: {_first(function)}")
    return "\n\n" + "\n".join(lines) if lines else ""


def _first(thing: Any) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def _docstring(thing: Any) -> str:
    """Return a docstring as Markdown; a pydantic or dataclass default, which repeats the signature, is left out."""
    text = inspect.getdoc(thing) or ""
    return "" if text.startswith(f"{getattr(thing, '__name__', '')}(") else text
