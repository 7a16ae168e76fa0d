"""How well a study uses a Ray cluster: `python benchmarks/cluster.py simulated|sweep`.

`simulated`: the 189 runs of lambda-rho-grid on nodes that Ray simulates on this machine. Every task sleeps for what it
takes (`--seconds`), shortened by `--scale` so that one machine can play many; the scheduler takes its own time,
so that its share here is an upper limit. `sweep`: 24 small runs on one and on two workers of one core.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from ray.cluster_utils import Cluster

from worldprobe.datasets import Store
from worldprobe.study import load_study, run_study
from worldprobe.study.engines.on_ray import RayEngine, carry_out_on
from worldprobe.study.engines.ray_cluster import connect
from worldprobe.study.engines.task_reports import Made
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.task_graph import tasks_of
from worldprobe.study.training_groups import TOGETHER

SMALL = {"include_dashboard": False, "object_store_memory": 80 << 20}


class Sleep(NamedTuple):
    """A task as the engine submits it, with nothing that a worker would have to load torch for."""

    kind: str
    name: str
    needs: tuple[int, ...]
    takes: SimpleNamespace


def asleep(seconds: dict[str, float], task: Sleep, *needed: Made) -> Made:
    """Sleep for as long as a task takes."""
    time.sleep(seconds[task.kind])
    return Made(seconds[task.kind])


def simulated(nodes: int, workers: int, seconds: dict[str, float], scale: float) -> None:
    """Print efficiency and the scheduler's share for one run a task, as where encoders are not stacked."""
    TOGETHER["cpu"] = 1
    plan = plan_study(load_study("lambda-rho-grid", [], "gpu"), torch.device("cpu"))
    takes = SimpleNamespace(cores=1, gpus=0, memory=0)
    found = tasks_of(plan, StudyFolder(Path(tempfile.mkdtemp())))
    tasks: Any = [Sleep(str(task.kind), task.name, task.needs, takes) for task in found]
    scaled = {kind: value * scale for kind, value in seconds.items()}
    started = time.perf_counter()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": workers, **SMALL})
    for _ in range(nodes - 1):
        cluster.add_node(wait=False, num_cpus=workers, **SMALL)
    cluster.wait_for_nodes(timeout=600)
    ray = connect(cluster.address)
    try:
        warm = [task for task in tasks if not task.needs][:1] * (nodes * workers)
        for _ in carry_out_on(ray, warm, dict.fromkeys(scaled, 5.0), asleep):
            pass
        print(f"{nodes} nodes of {workers} cores after {time.perf_counter() - started:.0f} s", flush=True)
        started = time.perf_counter()
        for _ in carry_out_on(ray, tasks, scaled, asleep):
            pass
        took = time.perf_counter() - started
    finally:
        ray.shutdown()
        cluster.shutdown()
    slots, work, alone = (
        nodes * workers,
        sum(scaled[task.kind] for task in tasks),
        ideal(tasks, scaled, nodes * workers),
    )
    print(
        f"{len(tasks)} tasks, {work:.0f} s of work on {slots} cores: {took:.1f} s, efficiency {work / slots / took:.1%}"
    )
    share = (took - alone) / took
    print(f"without any overhead {alone:.1f} s; scheduler's share {share:.1%}; load {os.getloadavg()[0]:.1f}")


def ideal(tasks: list[Any], seconds: dict[str, float], slots: int) -> float:
    """Return what the tasks take in order on free cores, each after what it needs."""
    free: list[float] = [0.0] * slots
    done: list[float] = []
    for task in tasks:
        at = max([min(free), *(done[place] for place in task.needs)])
        free[free.index(min(free))] = at + seconds[task.kind]
        done.append(at + seconds[task.kind])
    return max(done)


def sweep() -> None:
    """Print the seconds of 24 runs on one and on two workers, both warm."""
    TOGETHER["cpu"] = 1
    study = load_study("lambda-rho-grid", ["seeds=[0]", "references.pixels=false", "training.steps=400"], "cpu")
    took: dict[int, float] = {}
    for workers in (1, 2):
        cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        for _ in range(workers - 1):
            cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            run_study(
                study, Path(folder) / "out", store=Store(Path(folder) / "data"), engine=RayEngine(cluster.address)
            )
            took[workers] = time.perf_counter() - start
        cluster.shutdown()
        print(f"{workers} workers: {took[workers]:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"speed-up {took[1] / took[2]:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["simulated", "sweep"])
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1, help="cores of each node")
    parser.add_argument(
        "--seconds", nargs=3, type=float, metavar=("FRAMES", "EXPL", "RUN"), help="measured, of one task"
    )
    parser.add_argument("--scale", type=float, default=0.1)
    given = parser.parse_args()
    if given.what == "sweep":
        sweep()
    elif given.seconds is None:
        parser.error("simulated needs --seconds, as they were measured")
    else:
        simulated(
            given.nodes,
            given.workers,
            dict(zip(("frames", "exploration", "runs"), given.seconds, strict=True)),
            given.scale,
        )
