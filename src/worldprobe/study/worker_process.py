"""A process that trains runs of a study which another process executes; it ends when that one does.

It reads what to do from standard input, as JSON, and takes the end of that for the end of the other process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worldprobe._util import cores, locks
from worldprobe._util.memory import total_bytes
from worldprobe.datasets import Store
from worldprobe.plugins import include, included
from worldprobe.study.preflight import memory_need
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan
from worldprobe.study.study_progress import GUESSES, training_steps
from worldprobe.train.ranks import rank_count

WORTH_SECONDS = 60.0
"""Training that is expected to take less is not worth the start of another process."""


def processes_for(plan: StudyPlan, folder: StudyFolder) -> int:
    """Return how many processes train a plan's missing runs fastest on this machine: each takes `training.threads`."""
    missing = [group for group in plan.groups if any(folder.finished_run(cell.id) is None for cell in group)]
    steps = [sum(training_steps(plan, cell) for cell in group) for group in missing]
    if (
        rank_count() > 1
        or plan.device.type != "cpu"
        or not locks.AVAILABLE
        or sum(steps) * GUESSES["steps"] < WORTH_SECONDS
    ):
        return 1
    room = (total_bytes() or 0) // max(memory_need(plan.variants.at(point)) for point in plan.points)
    return max(1, min(cores.available() // plan.study.training.threads, sum(map(bool, steps)), room))


@contextmanager
def beside(plan: StudyPlan, folder: StudyFolder, store: Store, count: int) -> Iterator[None]:
    """Let `count` processes train missing runs in a claimed folder while the context is open, and end them then.

    One that fails leaves its runs, and the reason, to the process that executes the study.
    """
    task = {
        "study": plan.study.model_dump_json(),
        "folder": str(folder.root.resolve()),
        "store": str(store.root.resolve()),
        "include": [str(file) for file in included()],
    }
    started: list[subprocess.Popen[str]] = []
    try:
        for _ in range(count):
            command = [sys.executable, "-m", "worldprobe.study.worker_process"]
            quiet = subprocess.DEVNULL
            worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, text=True)
            started.append(worker)
            assert worker.stdin is not None
            worker.stdin.write(json.dumps(task) + "\n")
            worker.stdin.flush()
        yield
    finally:
        for worker in started:
            worker.kill()
            worker.wait()
            if worker.stdin is not None:
                worker.stdin.close()


def main() -> None:
    """Train what is missing and unclaimed of the study that standard input describes."""
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_other_process, daemon=True).start()
    for file in task["include"]:
        include(file)
    from worldprobe.study.execution import Share, execute_share
    from worldprobe.study.schema import Study
    from worldprobe.study.study_plan import plan_study

    plan = plan_study(Study.model_validate_json(task["study"]), "cpu")
    from worldprobe._util.progress import SilentReporter

    execute_share(plan, StudyFolder(Path(task["folder"])), Store(Path(task["store"])), SilentReporter(), Share(1, 1))


def _end_with_the_other_process() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
