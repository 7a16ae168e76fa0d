"""Strict YAML: numbers are what they look like, words are words, and a doubtful text is refused with its place."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from worldprobe._util.strict_yaml import read_yaml, write_yaml
from worldprobe._util.text import foreign_character
from worldprobe.errors import InvalidYaml

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0", 0),
        ("~", None),
        ("", None),
        ("[true, False]", [True, False]),
        ("[yes, No, on, OFF, y, n]", ["yes", "No", "on", "OFF", "y", "n"]),
        ("2026-01-01", "2026-01-01"),
        ("'010'", "010"),
        ("{no: 1, 0.5: 2, 1e-3: 3}", {"no": 1, "0.5": 2, "1e-3": 3}),
    ],
)
def test_a_plain_word_is_what_it_looks_like(text: str, value: Any) -> None:
    assert read_yaml(text, "here") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", r"line 2, column 1: the key 'a' occurs twice"),
        ("a: {b: 1, c: 2, b: 3}", "the key 'b' occurs twice"),
        ("1:30", "1:30 is read in different ways"),
        ("010", "010 is read in different ways"),
        ("1_000", "1_000 is read in different ways"),
        ("[.inf]", ".inf is not a finite number"),
        ("-.INF", "not a finite number"),
        (".nan", "not a finite number"),
        ("1e999", "1e999 is not a finite number"),
        ("9" * 5000, "more than 300 digits"),
        ("!!python/object/apply:os.system [ls]", "the tag .*os.system is not read"),
        ("!!int '3'", "the tag"),
        ("!!map 5", "the tag"),
        (BOMB, "anchors"),
        ("&a [*a]", "anchors"),
        ("[" * 100_000, "nested deeper than 32 levels"),
        ("a: [1", "line 1, column 6: expected"),
        ("a: b: c", "mapping values are not allowed"),
        ("? [1]\n: 2", "a key must be text"),
        ("--- 1\n--- 2", "another document"),
        ('"\\0"', r"the character U\+0000"),
        ('{"\\ud800": 1}', r"the character U\+D800"),
        ('"\\e[31m"', r"the character U\+001B"),
        ("a\0b", "unacceptable character"),
        ("a\ud800b", "unacceptable character"),
        ("x" * 2_000_000, "2,000,000 characters"),
    ],
)
def test_a_text_in_doubt_is_refused_in_a_line(text: str, message: str) -> None:
    start = time.process_time()  # what other processes take of the machine does not count
    with pytest.raises(InvalidYaml, match=message) as caught:
        read_yaml(text, "here")
    assert time.process_time() - start < 2.0
    assert str(caught.value).startswith("here is not readable YAML: ")
    assert str(caught.value).isprintable()


KEYS = st.sampled_from(["a", "1e-3", "no", "010"])
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=12).filter(lambda t: foreign_character(t) is None)
    | st.sampled_from(["1e-3", "010", "no", "1:30", "1_000", ".inf", "~", "<<", "=", "2026-01-01", "0o7", "1e5"]),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(["a", "1e-3", "no", "010"]), children)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(PLAIN)
def test_what_is_written_is_read_as_the_same_here_and_elsewhere(value: Any) -> None:
    text = write_yaml(value)
    assert read_yaml(text, "here") == value
    assert yaml.safe_load(text) == value


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("[]{}:,&*!- \n\"'01ea?|>%@#", max_size=40))
def test_any_text_is_a_plain_value_or_refused(text: str) -> None:
    try:
        value = read_yaml(text, "here")
    except InvalidYaml:
        return
    assert read_yaml(write_yaml(value), "here") == value
