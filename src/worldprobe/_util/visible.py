"""Text that is data, made safe to print: control characters become visible instead of steering the terminal."""

from __future__ import annotations

import unicodedata

KEPT = "\n\t"
"""Control characters that a terminal merely lays out."""
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories: controls, invisible formatting (text direction, zero width), lone surrogates, separators."""


def visible(text: object, keep: str = KEPT) -> str:
    r"""Return text with every control character, direction mark and lone surrogate as an escape: "\x1b", "\u202e"."""
    return "".join(
        character if character in keep or unicodedata.category(character) not in HIDDEN else _escaped(character)
        for character in str(text)
    )


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
