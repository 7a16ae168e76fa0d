"""What is checked of a Ray cluster before any work: versions, folders that all machines share, room for every task."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, no_type_check

from worldprobe.datasets.shards import disk_errors
from worldprobe.datasets.store import SPARE_BYTES, size
from worldprobe.errors import NotEnoughRoom, UnwritableFolder, WorldprobeError
from worldprobe.study.engines.parts import PartTask
from worldprobe.study.task_graph import StudyTask

ANSWER_SECONDS = 120.0
"""A machine that has not answered by then takes no part; its first process may have to be started."""


@dataclass(frozen=True)
class Node:
    """A machine of the cluster, and what it has."""

    id: str
    name: str
    cores: float
    gpus: float
    memory: float


@dataclass(frozen=True)
class Answer:
    """What a machine says of itself: the version of worldprobe, and of each folder whether it sees the probe file."""

    version: str | None
    probes: dict[str, str | None]
    unwritable: dict[str, str]
    free: dict[str, int]


def nodes_of(ray: Any) -> list[Node]:
    """Return the machines that take tasks."""
    alive = (node for node in ray.nodes() if node["Alive"])
    found = []
    for node in alive:
        has = node["Resources"]
        name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']}, {node['NodeID'][:8]})"
        found.append(Node(node["NodeID"], name, has.get("CPU", 0), has.get("GPU", 0), has.get("memory", 0)))
    return [node for node in found if node.cores]


def check_tasks(tasks: Sequence[StudyTask | PartTask], nodes: Sequence[Node]) -> None:
    """Raise NotEnoughRoom for a task that no machine has the cores, GPUs and memory for: it would wait for ever."""
    for task in tasks:
        need = task.takes
        if not any(n.cores >= need.cores and n.gpus >= need.gpus and n.memory >= need.memory for n in nodes):
            gpus = f", {need.gpus:g} of a GPU" if need.gpus else ""
            has = "; ".join(f"{n.name}: {n.cores:g}, {n.gpus:g} GPUs, {n.memory / 1e9:.1f} GB" for n in nodes)
            raise NotEnoughRoom(
                f"No machine of the Ray cluster has room for {task.name}, which takes {need.cores} cores{gpus} and "
                f"{need.memory / 1e9:.1f} GB of memory. Machines: {has or 'none that takes tasks'}. Lower "
                "training.threads, frames or world.size, or add a larger machine."
            )


def check_cluster(ray: Any, *folders: Path) -> None:
    """Raise WorldprobeErrors where a machine has another version of worldprobe or does not share the folders."""
    nodes, token = nodes_of(ray), secrets.token_hex(8)
    probes = [folder.resolve() / f".shared-{token}" for folder in folders]
    try:
        for probe in probes:
            with disk_errors(probe.parent):
                probe.parent.mkdir(parents=True, exist_ok=True)
                probe.write_text(token, encoding="utf8")
        answers = _ask(ray, nodes, [str(probe) for probe in probes])
    finally:
        for probe in probes:
            with suppress(OSError):
                probe.unlink()
    for node, answer in answers:
        judge(node, answer, token)


def judge(node: Node, answer: Answer, token: str) -> None:
    """Raise what is wrong with a machine, by its answer."""
    here = version("worldprobe")
    if answer.version != here:
        there = "no worldprobe" if answer.version is None else f"worldprobe {answer.version}"
        raise WorldprobeError(
            f"{node.name} has {there}, this process has worldprobe {here}. Install the same version on every machine "
            "of the cluster; it must be found by the Python that `ray start` was called with."
        )
    for path, seen in answer.probes.items():
        folder = Path(path).parent
        if seen != token:
            raise WorldprobeError(
                f"{node.name} does not see {folder} as this process does: a file that was just written there is "
                "missing. Give --out, and set WORLDPROBE_CACHE to, folders that all machines of the cluster share."
            )
        if path in answer.unwritable:
            raise UnwritableFolder(f"{folder} on {node.name}", answer.unwritable[path])
        if answer.free[path] < SPARE_BYTES:
            raise NotEnoughRoom(f"{node.name} has {size(answer.free[path])} free in {folder}. Free some space.")


def _ask(ray: Any, nodes: Sequence[Node], probes: list[str]) -> list[tuple[Node, Answer]]:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as On

    @no_type_check  # the function is sent as code, because the machine may lack worldprobe
    def look(probes: list[str]) -> tuple[Any, ...]:
        import shutil
        import tempfile
        from importlib.metadata import PackageNotFoundError, version
        from pathlib import Path

        try:
            found = version("worldprobe")
        except PackageNotFoundError:
            found = None
        seen: dict[str, str | None] = {}
        unwritable, free = {}, {}
        for probe in map(Path, probes):
            try:
                seen[str(probe)] = probe.read_text(encoding="utf8")
                free[str(probe)] = shutil.disk_usage(probe.parent).free
                with tempfile.TemporaryFile(dir=probe.parent):
                    pass
            except OSError as error:
                unwritable[str(probe)] = str(error.strerror)
                seen.setdefault(str(probe), None)
        return found, seen, unwritable, free

    asked = ray.remote(num_cpus=0, max_retries=1)(look)
    refs = {asked.options(scheduling_strategy=On(node.id, soft=False)).remote(probes): node for node in nodes}
    done, silent = ray.wait(list(refs), num_returns=len(refs), timeout=ANSWER_SECONDS)
    for ref in silent:
        ray.cancel(ref, force=True)
        raise WorldprobeError(
            f"{refs[ref].name} did not answer within {ANSWER_SECONDS:.0f} s. `ray status` may say why."
        )
    return [(refs[ref], Answer(*ray.get(ref))) for ref in done]
