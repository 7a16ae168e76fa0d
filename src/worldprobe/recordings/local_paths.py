"""Names of files that a data set holds: looked for in its own folder, wherever it was written, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from worldprobe.recordings.problems import UnusableData


def local_path(folder: Path, name: str) -> Path:
    """Return the file in `folder` that a name stands for, or where it would be.

    Names may have been written on another machine: backslashes separate too, and of a path that leads out of the
    folder (absolute, a drive, "..") the longest end that exists in the folder is taken.
    Raises UnusableData where a path leads out of the folder and no end of it exists there.
    """
    parts, leaves = _parts(name)
    if not leaves:
        asis = folder.joinpath(*parts)
        if _exists(asis) or not parts:
            return asis
    for start in range(len(parts)):
        found = folder.joinpath(*parts[start:])
        if _exists(found):
            return found
    if leaves:
        problem = f"{name!r} lies outside of it, and there is no {parts[-1] if parts else name!r} in it"
        raise UnusableData(folder, "files", problem, "Only a data set's own folder is read: move the file into it.")
    return folder.joinpath(*parts)


def local_names(folder: Path, names: Sequence[str]) -> list[str]:
    """Return names of files relative to `folder`; what leads to the first one leads to those named like it.

    Raises UnusableData as `local_path` does.
    """
    first, _ = _parts(names[0])
    found = local_path(folder, names[0]).relative_to(folder).parts
    prefix = first[: len(first) - len(found)]
    relative = []
    for name in names:
        parts, leaves = _parts(name)
        if parts[: len(prefix)] == prefix and (prefix or not leaves):
            relative.append("/".join(parts[len(prefix) :]))
        else:
            relative.append(local_path(folder, name).relative_to(folder).as_posix())
    return relative


def _exists(path: Path) -> bool:
    """Return whether there is such a file, as there is not for names that are too long or have a null in them."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _parts(name: str) -> tuple[tuple[str, ...], bool]:
    """Return the parts of a path without root, drive and "..", and whether it leads out of its folder."""
    plain = name.replace("\\", "/")
    drive = len(plain) > 1 and plain[1] == ":"
    pure = PurePosixPath(plain[2:] if drive else plain)
    parts = tuple(part for part in pure.parts if part not in ("/", "//", ".."))
    return parts, drive or pure.is_absolute() or ".." in pure.parts
