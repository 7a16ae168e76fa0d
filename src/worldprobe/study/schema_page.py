"""What a study file may say, as rows and as a page: every key with its type, default and meaning, from the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from worldprobe._util.registry import Registry
from worldprobe.explore import REGIMES
from worldprobe.results.hypothesis import GRAMMAR, METRICS, Hypothesis
from worldprobe.study.schema import Study
from worldprobe.train import ENCODERS, OBJECTIVES
from worldprobe.world import WORLDS

REGISTRIES: dict[str, Registry[Any]] = {
    "world": WORLDS,
    "regimes.LABEL": REGIMES,
    "objectives.LABEL": OBJECTIVES,
    "encoder": ENCODERS,
}
"""Where in a study a registered component is named, together with its settings."""
WORDS = {int: "integer", float: "number", str: "text", bool: "true or false", Any: "any value"}
BOUNDS = {"ge": "{} or more", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


@dataclass(frozen=True)
class SchemaRow:
    """One key that a study file may hold."""

    key: str
    """Its path; LABEL and NAME are words that the author chooses."""
    type: str
    """In words, with bounds: "integer, 64 or more"."""
    default: str
    """As it is written in YAML; "required" where there is none."""
    meaning: str


def file_rows() -> list[SchemaRow]:
    """Return the keys that only a file has: the study that results from them no longer holds them."""
    return [
        SchemaRow("extends", "text", "none", "a shipped study's name or the path of a study file: this file says only "
                  "what differs from it; nested keys are merged"),
        SchemaRow("presets.NAME", "mapping", "none", "changes to the settings, chosen with --preset NAME; `cpu` is "
                  "chosen where there is one and no other is asked for"),
    ]  # fmt: skip


def study_rows() -> list[SchemaRow]:
    """Return every key of a study but the settings of worlds, regimes, objectives and encoders (`component_rows`)."""
    return [row for name, field in Study.model_fields.items() for row in _rows(name, field)]


def component_rows() -> dict[str, dict[str, list[SchemaRow]]]:
    """Return the settings of every registered component: by where it is named in a study, then by its name."""
    return {
        place: {name: settings_rows(kind, place) for name, kind in registry.items()}
        for place, registry in REGISTRIES.items()
    }


def settings_rows(model: type[BaseModel], place: str = "") -> list[SchemaRow]:
    """Return the settings of one component, their keys under `place`."""
    fields = ((field.alias or name, field) for name, field in model.model_fields.items() if not field.exclude)
    return [row for key, field in fields for row in _rows(f"{place}.{key}".lstrip("."), field)]


def schema_page() -> str:
    """Return all of it in Markdown."""
    parts = [
        "## A study file\n\nYAML, read strictly: every key once, no tags, no anchors, numbers as they are written "
        "(`1e-3`, `0.5`); unknown keys are refused.\n\n" + _table([*file_rows(), *study_rows()]),
        f"## Hypotheses\n\nA hypothesis is one line: `{GRAMMAR}`.\n\n"
        + "\n".join(f"- `{name}`: {meaning}" for name, meaning in METRICS.items()),
    ]
    for place, kinds in component_rows().items():
        parts.append(f"## {place}\n\nA name, or a mapping with the name and its settings.")
        for name, rows in kinds.items():
            summary = cleandoc(REGISTRIES[place][name].__doc__ or "").split("\n\n")[0]
            parts.append(f"### `{name}`\n\n{' '.join(summary.split())}" + (f"\n\n{_table(rows)}" if rows else ""))
    return "\n\n".join(parts) + "\n"


def _rows(key: str, field: FieldInfo) -> Iterator[SchemaRow]:
    annotation: Any = field.annotation
    yield SchemaRow(key, _type(annotation, field.metadata), _default(field), field.description or "")
    for path, model in _nested(annotation):
        yield from settings_rows(model, f"{key}{path}")


def _nested(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Give the models within a type and where: "" for one, ".NAME" for a mapping's, "[]" for a list's."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _nested(parts[0])
    elif origin in (Union, UnionType):
        for part in parts:
            yield from _nested(part)
    elif origin in (dict, Mapping):
        yield from ((f".NAME{path}", model) for path, model in _nested(parts[1]))
    elif origin in (list, Sequence):
        yield from ((f"[]{path}", model) for path, model in _nested(parts[0]))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel) and not _registered(annotation):
        yield from () if annotation is Hypothesis else [("", annotation)]


def _registered(kind: type) -> bool:
    """Whether a type is one that settings name by a registry."""
    return any(issubclass(found, kind) for registry in REGISTRIES.values() for found in registry.values())


def _type(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    limits = "".join(f", {limit}" for limit in _limits(metadata))
    if origin is Annotated:
        return _type(parts[0], [*parts[1:], *metadata])
    if origin in (Union, UnionType):
        return ", or ".join(dict.fromkeys(_type(part) for part in parts)) + limits
    if origin is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in parts) if len(parts) > 1 else f"`{parts[0]}`"
    if origin in (list, tuple):
        inner = next((part for part in parts if part is not Ellipsis), Any)
        return f"list of {_type(inner)}{limits}"
    if origin is dict:
        return f"mapping to {_type(parts[1])}{limits}"
    if annotation in (None, NoneType):
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(f"`{member.value}`" for member in annotation)
    if annotation is Hypothesis:
        return "hypothesis"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "name or mapping" if _registered(annotation) else "mapping"
    return WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)).lower()) + limits


def _limits(metadata: Sequence[Any]) -> Iterator[str]:
    for limit in metadata:
        if isinstance(limit, FieldInfo):
            yield from _limits(limit.metadata)
        for name, words in BOUNDS.items():
            if (bound := getattr(limit, name, None)) is not None and not isinstance(limit, FieldInfo):
                yield words.format(f"{bound:g}")
        if getattr(limit, "min_length", None):
            yield f"{limit.min_length} or more" if limit.min_length > 1 else "not empty"
        if getattr(limit, "max_length", None):
            yield f"at most {limit.max_length} characters"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "null"
    if isinstance(value, BaseModel):
        return "as below"
    if isinstance(value, bool):
        return str(value).lower()
    return value.value if isinstance(value, Enum) else f"{value}"


def _table(rows: Sequence[SchemaRow]) -> str:
    def cell(text: str) -> str:
        return " ".join(text.split()).replace("|", "\\|")

    lines = [f"| `{row.key}` | {cell(row.type)} | {cell(row.default)} | {cell(row.meaning)} |" for row in rows]
    return "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *lines])
