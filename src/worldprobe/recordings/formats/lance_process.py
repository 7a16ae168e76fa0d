"""A Lance table as another process reads it: some damage makes Lance's library end the process that it is in."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldprobe.errors import MissingDependency
from worldprobe.recordings.capacity import check_capacity
from worldprobe.recordings.formats import lance_worker
from worldprobe.recordings.formats.arrow import arrow
from worldprobe.recordings.problems import UnreadableFile

if TYPE_CHECKING:
    import pyarrow as pa

AGAIN = "It may be cut short or damaged: copy or write it again."


class LanceTable:
    """A table that another process reads, so that damage ends that process alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, columns: Sequence[str] | None, rows: Sequence[int] | None = None) -> pa.Table:
        """Return columns, or all; raises UnreadableFile for whatever Lance says, MissingDependency without it."""
        content = self._asked({"columns": None if columns is None else list(columns), "rows": rows})
        with arrow(self.path):
            from pyarrow import ipc

            return ipc.open_stream(content).read_all()

    def write(self, blob: str, row: int, to: Path) -> None:
        """Write a large value to a file."""
        self._asked({"blob": blob, "row": row, "to": str(to)})

    def stamp(self) -> str:
        """Return what identifies the table's content: the names and sizes of its files."""
        files = sorted((self.path / "data").glob("*"))
        return "\n".join(f"{file.name} {file.stat().st_size}" for file in files)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["path"])  # type: ignore[misc]

    def _asked(self, question: dict[str, Any]) -> bytes:
        with self._lock:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(question).encode() + b"\n")
                process.stdin.flush()
                head = process.stdout.read(9)
                size = int.from_bytes(head[1:], "little")
                if len(head) == 9:
                    check_capacity(str(self.path), size)
                content = process.stdout.read(size) if len(head) == 9 else b""
            except OSError:
                head = content = b""
            if len(head) < 9 or len(content) < size:
                self._end()
                raise UnreadableFile(
                    self.path, "Lance could not read it and ended", "It may be damaged: write it again."
                )
        if head[:1] == b"-":
            said = content.decode(errors="replace").rstrip(".")
            raise UnreadableFile(self.path, said, AGAIN)
        return content

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            if find_spec("lance") is None:
                what = f"the Lance table {self.path.name}"
                raise MissingDependency("lance", what, "pip install 'worldprobe[lance]'")
            command = [sys.executable, "-P", lance_worker.__file__, str(self.path)]
            pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)
            self._finalizer = weakref.finalize(self, _end, self._process)
        return self._process

    def _end(self) -> None:
        """End the process; the next question starts another one."""
        if self._process is not None:
            self._finalizer()
            self._process = None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # a question that it did not hear
                stream.close()
