"""The parent's side of the Blender process: start it, ask it, and turn its death into an error that shows why."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from worldprobe._util import cores
from worldprobe.errors import BlenderFailed, MissingDependency
from worldprobe.world.room.tracing import Tracing

_TOLD_LINES = 12


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


class BlenderProcess:
    """One Blender child with one room loaded; a context manager. `threads` are Cycles' own (None: one a core).

    Raises MissingDependency where bpy is not installed, BlenderFailed with Blender's last lines where the child dies.
    """

    def __init__(self, room: str, *, with_atlas: bool = False, threads: int | None = None) -> None:
        blender_version()
        self._folder = tempfile.TemporaryDirectory(prefix="worldprobe-blender-")
        self._log = open(Path(self._folder.name) / "log", "w+", encoding="utf8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "worldprobe.world.room.blender"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf8",
        )
        threads = threads or cores.available()
        self.version = str(self._ask(do="load", room=room, with_atlas=with_atlas, threads=threads)["version"])

    def render(self, camera_to_world: Float[np.ndarray, "N 4 4"], tracing: Tracing) -> UInt8[np.ndarray, "N H W 3"]:
        """Return Cycles frames as displayed (sRGB), box-filtered, every one with the same sampling seed."""
        cameras, frames = (str(Path(self._folder.name) / name) for name in ("cameras.npy", "frames.npy"))
        np.save(cameras, np.asarray(camera_to_world, dtype=np.float64))
        self._ask(do="render", cameras=cameras, frames=frames, tracing=asdict(tracing))
        rendered: np.ndarray = np.load(frames)
        return rendered

    def bake(self, size: int, samples: int, bounces: int, seed: int = 0) -> dict[str, np.ndarray]:
        """Return `irradiance`, `colour`, `glow` (linear, S x S x 3) and `covered` (S x S): see `blender.bake`."""
        out = Path(self._folder.name) / "light.npz"
        self._ask(do="bake", size=size, samples=samples, bounces=bounces, seed=seed, light=str(out))
        with np.load(out) as arrays:
            return dict(arrays)

    def close(self) -> None:
        """End the child; asking again is an error."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            with suppress(BrokenPipeError):  # a dead child's stdin cannot be flushed
                if stream is not None:
                    stream.close()
        self._folder.cleanup()

    def __enter__(self) -> BlenderProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        reply: dict[str, Any] = json.loads(answer) if answer else {"error": "it ended without an answer"}
        if "error" in reply:
            said = self._last_lines()
            code = self._process.wait() if not answer else self._process.poll()
            self.close()
            raise BlenderFailed(
                f"Blender failed at {request['do']!r} (exit status {code}): {reply['error']}\n"
                f"Its last lines were:\n{said}"
            )
        return reply

    def _last_lines(self) -> str:
        self._log.flush()
        self._log.seek(0)
        return "\n".join(self._log.read().splitlines()[-_TOLD_LINES:])
