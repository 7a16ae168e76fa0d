"""Work in parts that need nothing of one another, as tasks of a cluster: an audit's explorations, a sheet's views."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from worldprobe import errors
from worldprobe._util.progress import Reporter
from worldprobe.plugins import include
from worldprobe.study.engines.task_reports import Made, TaskRefused
from worldprobe.study.task_graph import Takes, TaskKind


@dataclass(frozen=True)
class PartTask:
    """What one task makes: `work` is a function of the package, with arguments that any process can read."""

    kind: TaskKind
    name: str
    work: Callable[[], Any]
    takes: Takes
    needs: tuple[int, ...] = ()


@runtime_checkable
class Gatherer(Protocol):
    """What has parts made on other machines."""

    def gather(self, title: str, parts: Sequence[PartTask], reporter: Reporter) -> list[Any]:
        """Return what the parts' works return, in order; raises what one of them raises."""


def carry_out_part(files: tuple[str, ...], part: PartTask) -> Made | TaskRefused:
    """Make a part in a process that knows nothing else of it; `files` register the components that it uses."""
    start = time.perf_counter()
    try:
        for file in files:
            include(Path(file))
        found = part.work()
    except errors.WorldprobeError as error:
        return TaskRefused(type(error).__name__, str(error))
    return Made(time.perf_counter() - start, found=found)
