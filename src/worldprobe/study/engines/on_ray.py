"""Executes a plan on a Ray cluster: one Ray task for each task of the study, on whichever machine has room for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

import torch

from worldprobe._util.progress import Reporter
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.plugins import included
from worldprobe.study.carry_out import found_elsewhere
from worldprobe.study.engines.cluster_checks import check_cluster, check_tasks, nodes_of
from worldprobe.study.engines.parts import PartTask, carry_out_part
from worldprobe.study.engines.ray_cluster import connect
from worldprobe.study.engines.task_reports import Made, TaskRefused
from worldprobe.study.engines.worker_tasks import Job, carry_out_task
from worldprobe.study.resources import Resources
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan
from worldprobe.study.task_graph import StudyTask, TaskKind, tasks_of

Task = TypeVar("Task", StudyTask, PartTask)

LOST_WORKERS = 5
"""Workers that a task may lose (killed, out of memory, a machine that is gone) before the study is given up."""
LOOK_SECONDS = 1.0
"""Between two looks at what is finished; an interrupt waits no longer."""


class RayEngine:
    """Tasks are carried out on the cluster at `address`, or where none is given on one that is started here.

    The results folder and the store of frames must be the same folders on every machine of it. A training on a GPU
    takes `gpu_share` of one.
    """

    def __init__(self, address: str | None = None, gpu_share: float = 1.0) -> None:
        self.address, self.gpu_share = address, gpu_share
        self._ray: Any = None

    def __enter__(self) -> RayEngine:
        self._ray = connect(self.address)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the cluster; one that was started here ends."""
        self._ray.shutdown()

    def device(self, name: str) -> torch.device:
        """Return the device that the cluster's workers train on: a GPU where a machine has one and none is named."""
        gpus = self._ray.cluster_resources().get("GPU", 0)
        if name not in ("auto", "cpu", "cuda"):
            raise InvalidValue("device", name, "auto, cpu or cuda")
        if name == "cuda" and not gpus:
            raise InvalidValue("device", name, "auto or cpu", "No machine of the Ray cluster has a GPU.")
        return torch.device("cuda" if gpus and name != "cpu" else "cpu")

    def check(self, plan: StudyPlan, folder: StudyFolder, store: Store) -> None:
        """Raise WorldprobeErrors for machines that cannot take part, and for tasks that no machine has room for."""
        check_tasks(tasks_of(plan, folder, self.gpu_share), nodes_of(self._ray))
        check_cluster(self._ray, folder.root, store.root)

    def carry_out(self, resources: Resources) -> Iterator[None]:
        """Submit all that is not finished, and give control back whenever runs are; an error cancels the rest."""
        tasks = tasks_of(resources.plan, resources.folder, self.gpu_share)
        count = len(nodes_of(self._ray))
        places = f"{count} {'machine' if count == 1 else 'machines'} at work"
        cpus = self._ray.cluster_resources().get("CPU", 1)
        resources.progress.processes = max(1, int(cpus // resources.plan.study.training.threads))
        resources.progress.working(places)
        some = any(resources.folder.finished_run(cell.id) is not None for cell in resources.plan.runs)
        for made in carry_out_on(self._ray, tasks, Job.of(resources)):
            for task, result in made:
                _show(resources, task, result)
            resources.progress.working(places)
            some = some or any(task.kind is TaskKind.RUNS for task, _ in made)
            if some and any(task.kind is not TaskKind.FRAMES for task, _ in made):
                yield

    def gather(self, title: str, parts: Sequence[PartTask], reporter: Reporter) -> list[Any]:
        """Return what independent parts find, in order; nothing is written on the machines that make them.

        Raises WorldprobeErrors for machines that cannot take part, and what a part raises.
        """
        check_tasks(parts, nodes_of(self._ray))
        check_cluster(self._ray)
        found: dict[str, Any] = {}
        files = tuple(str(file) for file in included())
        with reporter.task(title, len(parts), "parts") as advance:
            for made in carry_out_on(self._ray, parts, files, carry_out_part):
                found |= {part.name: result.found for part, result in made}
                advance(len(made))
        return [found[part.name] for part in parts]


def carry_out_on(
    ray: Any, tasks: Sequence[Task], job: Any, work: Callable[..., Any] = carry_out_task
) -> Iterator[list[tuple[Task, Made]]]:
    """Submit `work(job, task, *what its needs reported)` for every task, and give what is finished as it comes.

    Raises what a worker refused, and WorldprobeError for a task whose workers are lost again and again.
    """
    remote, shared = ray.remote(work), ray.put(job)
    refs: list[Any] = []
    pending: dict[Any, Task] = {}
    try:
        for task in tasks:
            takes = {"num_cpus": task.takes.cores, "num_gpus": task.takes.gpus, "memory": task.takes.memory}
            placed = remote.options(name=f"{task.kind}: {task.name}", max_retries=LOST_WORKERS, **takes)
            refs.append(placed.remote(shared, task, *(refs[place] for place in task.needs)))
            pending[refs[-1]] = task
        while pending:
            if ray.wait(list(pending), num_returns=1, timeout=LOOK_SECONDS)[0]:
                ready, _ = ray.wait(list(pending), num_returns=len(pending), timeout=0)
                yield [(task, _result(ray, ref, task)) for ref in ready for task in [pending.pop(ref)]]
    finally:
        for ref in pending:
            with suppress(Exception):
                ray.cancel(ref, force=True)


def _result(ray: Any, ref: Any, task: StudyTask | PartTask) -> Made:
    try:
        result = ray.get(ref)
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError, ray.exceptions.NodeDiedError) as error:
        kept = " What is finished is kept; the same command continues." if isinstance(task, StudyTask) else ""
        raise WorldprobeError(
            f"The Ray cluster lost the worker of {task.kind} {task.name} {LOST_WORKERS + 1} times: "
            f"{' '.join(str(error).split())[:300]}{kept}"
        ) from None
    if isinstance(result, TaskRefused):
        raise result.error()
    assert isinstance(result, Made)
    return result


def _show(resources: Resources, task: StudyTask, made: Made) -> None:
    if task.kind is TaskKind.FRAMES:
        resources.progress.frames(made.key, made.frames, made.seconds)
    elif task.kind is TaskKind.EXPLORATION:
        resources.progress.explored_elsewhere(made.seconds)
    else:
        found_elsewhere(resources, [cell for cell in resources.plan.runs if cell.id in task.ids])
