"""The parent's side of a Blender process: start it, ask it, stop it at its limits, and say why it died."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from worldprobe.errors import BlenderFailed, MissingDependency

_LAST_LINES = 12
_WATCH_SECONDS = 0.2
_PAGE = 4096


@dataclass(frozen=True)
class ChildLimits:
    """Seconds that a child may live, and bytes of memory that it may hold."""

    seconds: float
    memory_bytes: int


def blender_version() -> str:
    """Return the installed bpy's version without importing it; raises MissingDependency."""
    if importlib.util.find_spec("bpy") is None:
        raise MissingDependency(
            "Blender's Python module (bpy, CPython 3.11 only)",
            "baking rooms and rendering with Cycles",
            'pip install "worldprobe[room]"',
        )
    from importlib.metadata import version

    return version("bpy")


class BlenderChild:
    """One Python process that runs `module` with Blender in it; a context manager.

    Raises MissingDependency where bpy is not installed, BlenderFailed with Blender's last lines where the child dies or
    reaches one of its limits. `folder` is a temporary folder that both sides may write in; it goes with the child.
    """

    def __init__(
        self,
        module: str,
        arguments: list[str] | None = None,
        limits: ChildLimits | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        blender_version()
        self._temporary = tempfile.TemporaryDirectory(prefix="worldprobe-blender-")
        self.folder = Path(self._temporary.name)
        self._log = open(self.folder / "log", "w+", encoding="utf8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                module,
                *[part.replace("{folder}", str(self.folder)) for part in arguments or []],
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf8",
            env=None if environment is None else self._environment(environment),
        )
        self._past_limit = ""
        if limits is not None:
            threading.Thread(target=self._watch, args=(limits,), daemon=True).start()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the child's reply to the command `do` with the other arguments; it must be JSON-able."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        reply: dict[str, Any] = json.loads(answer) if answer else {"error": "it ended without an answer"}
        if "error" in reply or "refused" in reply:
            said = self._last_lines()
            code = self._process.wait() if not answer else self._process.poll()
            self.close()
            if self._past_limit or "refused" in reply:
                raise BlenderFailed(self._past_limit or reply["refused"])
            raise BlenderFailed(
                f"Blender failed at {request['do']!r} (exit status {code}): {reply['error']}\n"
                f"Its last lines were:\n{said}"
            )
        return reply

    def close(self) -> None:
        """End the child; asking again is an error."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            with suppress(BrokenPipeError):  # a dead child's stdin cannot be flushed
                if stream is not None:
                    stream.close()
        self._temporary.cleanup()

    def _environment(self, kept: Mapping[str, str]) -> dict[str, str]:
        """Return an environment whose home, settings and temporary files lie in the child's own folder."""
        own = ("HOME", "TMPDIR", "TEMP", "BLENDER_USER_RESOURCES", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
        return dict(kept) | dict.fromkeys(own, str(self.folder))

    def _watch(self, limits: ChildLimits) -> None:
        """Kill the child when it has lived too long or holds too much memory."""
        deadline = time.monotonic() + limits.seconds
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                self._past_limit = (
                    f"Blender was stopped: it had not finished after {limits.seconds / 60:g} minutes. Simplify the "
                    "scene, or give it more with --minutes."
                )
            elif (held := _resident_bytes(self._process.pid)) > limits.memory_bytes:
                self._past_limit = (
                    f"Blender was stopped: it held {held / 2**30:.1f} GiB of memory, more than "
                    f"{limits.memory_bytes / 2**30:.1f} GiB. Simplify the scene, or allow more with --memory."
                )
            if self._past_limit:
                self._process.kill()
                return
            time.sleep(_WATCH_SECONDS)

    def _last_lines(self) -> str:
        self._log.flush()
        self._log.seek(0)
        return "\n".join(self._log.read().splitlines()[-_LAST_LINES:])

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _resident_bytes(process: int) -> int:
    """Return a process's memory, 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0
