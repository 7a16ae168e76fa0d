"""Text that people give: which characters it may have, and what a label is."""

from __future__ import annotations

import re

LONGEST_LABEL = 64
LABELS = f"1 to {LONGEST_LABEL} of the characters A-Z a-z 0-9 . _ -, and neither '.' nor '..'"
"""What a label is, for messages."""
_LABEL = re.compile(rf"[A-Za-z0-9._-]{{1,{LONGEST_LABEL}}}")


def foreign_character(text: str) -> str | None:
    """Return the first character, as "U+0000", that is a control character or half of a pair; None where all are text.

    Line breaks and tabs are text. The others end strings early (NUL), drive terminals (escape), or cannot be encoded
    (lone surrogates).
    """
    for character in text:
        code = ord(character)
        control = code < 0x20 and character not in "\n\r\t"
        if control or 0x7F <= code < 0xA0 or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
            return f"U+{code:04X}"
    return None


def is_label(text: str) -> bool:
    """Whether a text may name a regime, an objective, an axis or one of its points, and with it files and folders."""
    return _LABEL.fullmatch(text) is not None and text not in (".", "..")
