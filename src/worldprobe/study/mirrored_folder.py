"""A results folder at a URL of fsspec (s3://, gs://, ...): worked on in a local copy, mirrored file by whole file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from worldprobe._util.files import atomic_write, cache_dir, content_key, inside
from worldprobe.errors import InvalidValue, MissingDependency, WorldprobeError

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "az", "adl", "oci", "oss", "memory"}
"""What shows a file when all of it has arrived; everywhere else it is written aside and renamed."""
LAST = ("results.json", "report.html")
"""Of the whole folder, written after what they describe; of a run that is `run.json`, which makes it finished."""


def is_url(out: str) -> bool:
    """Return whether `out` names a folder elsewhere, not one of this machine's by its path."""
    return "://" in out


class MirroredFolder:
    """The results folder at `url`, and its local copy `folder`, in which a study is run.

    Checkpoints, locks and files that are not finished stay local. One command at a time may write the same run: locks
    do not reach beyond the local copy. Raises InvalidValue for a URL that is none, MissingDependency where a protocol
    needs a package, and WorldprobeError where the folder cannot be read and written.
    """

    def __init__(self, url: str) -> None:
        self._files, self._root = _filesystem(url)
        self.url = url.rstrip("/")
        self.folder = cache_dir() / "remote" / content_key(self.url)
        self._mirrored: dict[str, tuple[int, int]] = {}

    def check(self) -> None:
        """Write a small file and remove it; raises WorldprobeError where that is refused."""
        probe = f"{self._root}/.probe-{secrets.token_hex(8)}"
        try:
            self._files.makedirs(self._root, exist_ok=True)
            self._files.pipe_file(probe, b"probe")
            self._files.rm_file(probe)
        except Exception as error:  # whatever the protocol's package raises
            raise self._unreachable("written", error) from error

    def pull(self) -> None:
        """Copy what is there to the local folder, and what is only local from an earlier call stays.

        A file that both have is the remote one, which another machine may have continued.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._files.invalidate_cache()
            found = self._files.find(self._root) if self._files.exists(self._root) else []
            for name in found:
                relative = str(name)[len(self._root) :].lstrip("/")
                path = inside(self.folder, *relative.split("/"))
                if _kept_local(path):
                    continue
                with atomic_write(path) as aside:
                    self._files.get_file(name, str(aside))
                self._mirrored[relative] = _state(path)
        except WorldprobeError:
            raise
        except Exception as error:
            raise self._unreachable("read", error) from error

    def push(self) -> None:
        """Copy every local file that is finished and changed, each whole or not at all, a run's `run.json` last."""
        if not self.folder.is_dir():
            return
        paths = [path for path in self.folder.rglob("*") if path.is_file() and not _kept_local(path)]
        try:
            for path in sorted(paths, key=self._turn):
                relative = path.relative_to(self.folder).as_posix()
                state = _state(path)
                if self._mirrored.get(relative) != state:
                    self._put(path, f"{self._root}/{relative}")
                    self._mirrored[relative] = state
        except Exception as error:
            raise self._unreachable("written", error) from error

    def _turn(self, path: Path) -> tuple[int, str]:
        relative = path.relative_to(self.folder).as_posix()
        return (2 if relative in LAST else 1 if path.suffix == ".json" else 0), relative

    def _put(self, path: Path, name: str) -> None:
        parent = name.rpartition("/")[0]
        self._files.makedirs(parent, exist_ok=True)
        kinds = self._files.protocol
        if OBJECT_STORES & ({kinds} if isinstance(kinds, str) else set(kinds)):
            self._files.put_file(str(path), name)
            return
        aside = f"{parent}/.{path.name}.{os.getpid()}.part"
        self._files.put_file(str(path), aside)
        self._files.mv(aside, name)

    def _unreachable(self, what: str, error: Exception) -> WorldprobeError:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        return WorldprobeError(
            f"The results folder {self.url} cannot be {what}: {reason.rstrip('.')}. What is finished is kept in "
            f"{self.folder}; the same command continues there and copies it."
        )


def _filesystem(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the folder's name in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingDependency("fsspec", f"--out {url}", "pip install 'worldprobe[remote]'") from None
    try:
        files, root = url_to_fs(url)
    except ImportError as error:
        package = str(error).removeprefix("Install ").split()[0] if str(error).startswith("Install ") else "its package"
        raise MissingDependency(package, f"--out {url}", f"pip install {package}") from None
    except ValueError as error:
        raise InvalidValue("--out", url, "a folder or a URL of fsspec: s3://BUCKET/RUN", f"{error}.") from None
    root = str(root).rstrip("/")
    if not root:
        raise InvalidValue("--out", url, "a URL that names a folder: s3://BUCKET/RUN")
    return files, root


def _kept_local(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith("checkpoint.pt") or path.parent.name == "claims"


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
