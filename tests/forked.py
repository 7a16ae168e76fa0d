"""Processes that start at once: forked from one that has loaded worldprobe and torch, and has run nothing.

The standard library's fork server starts with the first process that a test asks for. Every process is new: no thread,
no registered world, no random state of another one, and no check of types. What is tested about imports themselves
needs an interpreter of its own: `subprocess`.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch.multiprocessing

from thoroughness import is_thorough, set_thorough

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *("torch.distributed", "torch._dynamo", "numba", "sklearn.linear_model", "moderngl", "jinja2"),
        *("worldprobe.api.arrays", "worldprobe.study.resumable_run", "worldprobe.audits", "worldprobe.cli"),
    ]
)


def start_ranks(work: Callable[..., None], folder: Path, ranks: int = 2) -> None:
    """Run work(rank, folder) in so many processes at once; what fails in one of them is raised here."""
    given = (work, str(folder), is_thorough())
    torch.multiprocessing.start_processes(_rank, args=given, nprocs=ranks, start_method="forkserver")


def _rank(rank: int, work: Callable[..., None], folder: str, thorough: bool) -> None:
    set_thorough(thorough)
    work(rank, folder)


class Forked:
    """A function in a process of its own, in a folder, with what it prints in two files; used as `subprocess.Popen`."""

    def __init__(
        self,
        function: Callable[..., Any],
        *given: Any,
        folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._printed = tempfile.TemporaryDirectory(prefix="worldprobe-forked-")
        self.out, self.err = (Path(self._printed.name) / name for name in ("out", "err"))
        place = str(folder or Path.cwd())
        arguments = (function, given, place, dict(environment), is_thorough(), self.out, self.err)
        self.process = _CONTEXT.Process(target=_run, args=arguments)
        self.process.start()

    def wait(self, seconds: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Return how it ended and what it printed; it is killed where it takes longer."""
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        status = self.process.exitcode
        assert status is not None
        said = [path.read_text(encoding="utf8") if path.exists() else "" for path in (self.out, self.err)]
        self._printed.cleanup()
        return subprocess.CompletedProcess([], status, *said)


def run_python(code: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run code as `python -c` would."""
    return Forked(execute, code, folder=folder).wait()


def run_command(
    arguments: Sequence[str], folder: Path | None = None, *, few_predicted: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `worldprobe ARGUMENTS`; `few_predicted` spares the seconds that a study's predictions take, by few frames."""
    return Forked(_few_predicted if few_predicted else command, *arguments, folder=folder).wait()


def execute(code: str) -> None:
    """Execute code in the module `__main__`."""
    exec(compile(code, "<string>", "exec"), vars(sys.modules["__main__"]))


def command(*arguments: str) -> None:
    """Be the command line."""
    from worldprobe.cli import main

    sys.argv = ["worldprobe", *arguments]
    main()


def _few_predicted(*arguments: str) -> None:
    from worldprobe.study import study_predictions

    study_predictions.FRAMES = 2000
    command(*arguments)


def _run(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    folder: str,
    environment: dict[str, str],
    thorough: bool,
    *printed: Path,
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path.insert(0, "")
    set_thorough(thorough)
    for descriptor, path in enumerate(printed, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    function(*given)
