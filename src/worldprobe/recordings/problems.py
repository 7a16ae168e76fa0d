"""Errors about recordings: each names the file, the place in it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from worldprobe.errors import DamagedData, MissingDependency, WorldprobeError, option

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
LONGEST = 2000
"""Characters of a message; values that a file holds may be longer than what can be read."""
LISTED = 20
"""How many candidates or rows a message names before it counts the rest."""


class UnreadableFile(DamagedData):
    """A file that is missing, empty, cut short, or not what its name says; a Git LFS pointer is called one."""

    def __init__(self, path: Path, reason: str, mend: str = "") -> None:
        if is_lfs_pointer(path):
            reason, mend = (
                "it is a Git LFS pointer, not the file that it stands for",
                "Run `git lfs pull` in its folder.",
            )
        super().__init__(one_line(f"{path} cannot be read: {reason}." + (f" {mend}" if mend else "")))
        self.path, self.reason, self.mend = path, reason, mend


class UnknownLayout(WorldprobeError):
    """A file or folder that no registered format recognises, or not the one that was asked for."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class SeveralReadings(WorldprobeError):
    """A recording that could be read in more than one way: the candidates, and the option that decides."""

    def __init__(self, path: Path, option: str, candidates: Iterable[str], example: str) -> None:
        self.option, self.candidates = option, tuple(candidates)
        said = f"{path}: several columns could be the {option}: {shortened(self.candidates)}. Pass {example}."
        super().__init__(one_line(said))


class UnusableData(WorldprobeError):
    """Data that was read as it was written and still cannot be used: where, why, and how to correct it."""

    def __init__(self, path: Path, place: str, problem: str, mend: str = "") -> None:
        super().__init__(one_line(f"{path}, {place}: {problem}." + (f" {mend}" if mend else "")))
        self.path, self.place, self.problem, self.mend = path, place, problem, mend


class BadRows(UnusableData):
    """Rows with NaN or infinity in a chosen column; `rows` holds all of them."""

    def __init__(self, path: Path, names: Sequence[str], bad: Bool[np.ndarray, "rows columns"]) -> None:
        counts = bad.sum(axis=0)
        self.rows = np.flatnonzero(bad.any(axis=1))
        columns = [f"{name!r} in {count:,}" for name, count in zip(names, counts, strict=True) if count]
        problem = f"NaN or infinity in {rows_in_words(self.rows)} of {len(bad):,}: {shortened(columns)}"
        drop = option("drop_bad", True)
        mend = f"Correct the data, choose other columns, or pass {drop} to drop the rows and split episodes there."
        super().__init__(path, "states and actions", problem, mend)


def is_lfs_pointer(path: Path) -> bool:
    """Return whether a file is what Git leaves in place of a large file that was not downloaded."""
    try:
        if not path.is_file():
            return False
        with open(path, "rb") as handle:
            return handle.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False


def one_line(text: str) -> str:
    """Return a message in one line, the middle left out where a file's own words make it too long to read."""
    joined = " ".join(text.splitlines())
    return joined if len(joined) <= LONGEST else f"{joined[: LONGEST // 2]} ... {joined[-LONGEST // 2 :]}"


def shortened(names: Sequence[str]) -> str:
    """Return names with commas between them, the rest counted after the first 20."""
    listed = ", ".join(names[:LISTED])
    return listed + (f" and {len(names) - LISTED:,} more" if len(names) > LISTED else "")


def rows_in_words(rows: Sequence[int] | np.ndarray) -> str:
    """Return "row 7" or "3 rows (7, 9, 12)" or "900 rows (0, 1, 2, 3, 4, ...)"; rows count from 0."""
    first = ", ".join(str(int(row)) for row in rows[:5])
    if len(rows) == 1:
        return f"row {first}"
    return f"{len(rows):,} rows ({first}{', ...' if len(rows) > 5 else ''})"


@contextmanager
def reading(path: Path, *failures: type[Exception]) -> Iterator[None]:
    """Turn what a library says of a damaged file into UnreadableFile, with the file's name."""
    try:
        yield
    except failures as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableFile(path, said.rstrip("."), "It may be cut short: copy or record it again.") from error


@contextmanager
def needing(package: str, purpose: str, extra: str = "data") -> Iterator[None]:
    """Turn a missing or unsuitable optional package into an error with the command that installs it."""
    try:
        yield
    except ImportError as error:
        if (error.name or package).split(".")[0] != package:
            raise
        what = package if isinstance(error, ModuleNotFoundError) else f"A {package} that can be imported here ({error})"
        raise MissingDependency(what, purpose, f"pip install 'worldprobe[{extra}]'") from error
