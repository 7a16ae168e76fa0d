"""Text files of numbers, line by line: where a line is not what its layout says, the error names it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float

from worldprobe.recordings.capacity import check_file
from worldprobe.recordings.problems import UnusableData, reading


def lines_of(path: Path, comments: bool = False) -> Iterator[tuple[int, str]]:
    """Give the lines of a text file with their numbers from 1; comments (#) and empty lines only where asked."""
    check_file(path)
    with reading(path, OSError, UnicodeDecodeError), open(path, encoding="utf-8-sig") as handle:
        for number, line in enumerate(handle, start=1):
            if comments or (line.strip() and not line.lstrip().startswith("#")):
                yield number, line.rstrip("\r\n")


def head_of(path: Path, count: int = 1) -> list[str]:
    """Return the first lines that are neither empty nor comments; none of a file that is no text."""
    with open(path, "rb") as handle:
        start = handle.read(1 << 16)
    if b"\x00" in start:
        return []
    text = start.decode("utf-8-sig", errors="replace").splitlines()
    return list(islice((line for line in text if line.strip() and not line.lstrip().startswith("#")), count))


def floats(path: Path, number: int, words: Sequence[str], count: int) -> list[float]:
    """Return the first `count` words of a line as numbers; raises UnusableData with the line."""
    try:
        values = [float(word) for word in words[:count]]
    except ValueError:
        values = []
    if len(values) < count:
        said = " ".join(words)[:80]
        raise UnusableData(
            path, f"line {number:,}", f"{count} numbers belong here, not {said!r}", "Mend or drop the line."
        )
    return values


def table_of(path: Path, separator: str | None, count: int, *, header: bool = False) -> Float[np.ndarray, "rows count"]:
    """Return the first `count` numbers of every line that is no comment, nor a first one that names the columns."""
    lines = islice(lines_of(path), int(header), None)
    rows = [floats(path, number, line.split(separator), count) for number, line in lines]
    return np.array(rows, dtype=np.float64).reshape(-1, count)
