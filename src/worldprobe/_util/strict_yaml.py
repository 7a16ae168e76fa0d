"""Strict YAML: the core schema of YAML 1.2, without what surprises, executes or explodes.

PyYAML reads YAML 1.1, in which `1:30` is 90, `010` is 8, `no` is false, `1e-3` is a word and the second of two equal
keys wins. Here plain words are words, numbers are what they look like (https://yaml.org/spec/1.2.2, 10.3.2), and a text
whose meaning is in doubt is refused.
"""

from __future__ import annotations

import math
import re
from typing import Any, ClassVar

import yaml
from yaml.constructor import ConstructorError

from worldprobe._util.text import foreign_character
from worldprobe.errors import InvalidYaml

MOST_CHARACTERS = 1_000_000
DEEPEST = 32
"""Levels of nesting; a study has about six."""
MOST_DIGITS = 300

INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?")
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
GROUPED = re.compile(r"[-+]?[0-9][0-9,]*_[0-9_]*(?:\.[0-9_]*)?")

AMBIGUOUS = "tag:worldprobe,ambiguous"
_TAGS = [
    ("tag:yaml.org,2002:null", re.compile(r"~|null|Null|NULL|")),
    ("tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("tag:yaml.org,2002:int", INTEGER),
    ("tag:yaml.org,2002:float", FLOAT),
    *((AMBIGUOUS, pattern) for pattern in (NOT_FINITE, LEADING_ZERO, SEXAGESIMAL, GROUPED)),
]


def read_yaml(text: str, source: str) -> Any:
    """Return the value that a YAML text holds: mappings with text as keys, lists, text, numbers, true, false, null.

    `source` names the text in messages. Raises InvalidYaml for anything else: two keys of one name, tags, anchors,
    numbers that are not finite or that YAML versions read differently (`010`, `1:30`, `1_000`), control characters.
    """
    if len(text) > MOST_CHARACTERS:
        raise InvalidYaml(source, f"it has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read")
    try:
        loader = StrictLoader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        raise InvalidYaml(source, where + _plain(error.problem or error.context or "not YAML")) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise InvalidYaml(source, _plain(str(error))) from None


def write_yaml(value: Any) -> str:
    """Return a JSON-able value as YAML that `read_yaml` and any other reader take for the same value."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=False)


def number(text: str) -> int | float | None:
    """Return the finite number that a text is in YAML's core schema, or None where it is none."""
    if INTEGER.fullmatch(text) and len(text) <= MOST_DIGITS:
        return int(text, 0)
    if FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return None


class StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, with the core schema's resolvers and constructors only."""

    yaml_constructors: ClassVar[dict[Any, Any]] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node: of a plain scalar by what it looks like."""
        if kind is yaml.ScalarNode and implicit[0]:
            return next((tag for tag, pattern in _TAGS if pattern.fullmatch(value)), "tag:yaml.org,2002:str")
        return super().resolve(kind, value, implicit)

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node; refuses anchors, aliases, tags, and nesting that is too deep."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _at(event, "anchors (&) and aliases (*) are not read; write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _at(event, f"the tag {_plain(str(tag))[:80]} is not read: values are plain text, numbers and lists")
        self._depth += 1
        if self._depth > DEEPEST:
            raise _at(event, f"nested deeper than {DEEPEST} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        """Return a mapping; its keys are text, as they are written, and each occurs once."""
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _at(key_node, "a key must be text, not a list or a mapping")
            key = self._text(key_node)
            if key in found:
                raise _at(key_node, f"the key {key!r} occurs twice")
            found[key] = self.construct_object(value_node, deep=True)
        return found

    def sequence(self, node: yaml.SequenceNode) -> list[Any]:
        """Return a list."""
        return [self.construct_object(child, deep=True) for child in node.value]

    def _text(self, node: yaml.ScalarNode) -> str:
        text = str(node.value)
        if (found := foreign_character(text)) is not None:
            raise _at(node, f"the text has the character {found}, which no text here may have")
        return text

    def _number(self, node: yaml.ScalarNode) -> int | float:
        found = number(node.value)
        if found is None:
            raise _at(node, f"{node.value[:40]} is not a finite number, or has more than {MOST_DIGITS} digits")
        return found if node.tag.endswith(":int") else float(found)

    def _bool(self, node: yaml.ScalarNode) -> bool:
        return str(node.value).lower() == "true"

    def _ambiguous(self, node: yaml.ScalarNode) -> None:
        text = node.value
        if NOT_FINITE.fullmatch(text):
            raise _at(node, f"{text} is not a finite number")
        raise _at(
            node, f"{text} is read in different ways by different versions of YAML: write a plain number, or quote it"
        )


StrictLoader.yaml_constructors = {
    "tag:yaml.org,2002:null": lambda loader, node: None,
    "tag:yaml.org,2002:bool": StrictLoader._bool,
    "tag:yaml.org,2002:int": StrictLoader._number,
    "tag:yaml.org,2002:float": StrictLoader._number,
    "tag:yaml.org,2002:str": StrictLoader._text,
    "tag:yaml.org,2002:seq": StrictLoader.sequence,
    "tag:yaml.org,2002:map": StrictLoader.mapping,
    AMBIGUOUS: StrictLoader._ambiguous,
}


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML takes for anything but text, and writes shared values out."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is yaml.ScalarNode and implicit[0]:
            core = next((tag for tag, pattern in _TAGS if pattern.fullmatch(value)), None)
            if core is not None:
                return core
        return super().resolve(kind, value, implicit)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _at(node: Any, problem: str) -> ConstructorError:
    return ConstructorError(None, None, problem, node.start_mark)


def _plain(text: str) -> str:
    """Return a message of PyYAML's on one line, with what cannot be printed escaped."""
    return " ".join(repr(text)[1:-1].replace("\\n", " ").split())
