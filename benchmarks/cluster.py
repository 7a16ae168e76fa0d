"""How well a study uses a Ray cluster: results/cluster.json, one part for each question.

    pip install 'worldprobe[cluster]'
    python benchmarks/cluster.py                         # all parts: a quarter of an hour on two quiet cores
    python benchmarks/cluster.py --only sweep overhead   # these; what is recorded of the others is kept

sweep: 24 small runs, one a task, on one and on two workers of one core. overhead: `worldprobe run camera --preset
smoke` with `--engine ray`, its start included, and without. killed: a worker killed with SIGKILL in each kind of task
(a test of the package; it compares every file). simulated: the 189 runs of lambda-rho-grid, one a task, on nodes that
Ray simulates on this machine; tasks sleep for what the tasks of `sweep` took, times --scale, so that one machine can
play many: `sweep` trains for 400 steps, and the grid's preset `cpu` for 3.75 times as many. The scheduler has only
this machine, which bounds its share from above.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from ray.cluster_utils import Cluster

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe.datasets import Store
from worldprobe.plugins import include
from worldprobe.study import load_study, run_study
from worldprobe.study.engines import on_ray
from worldprobe.study.engines.ray_cluster import connect
from worldprobe.study.engines.task_reports import Made
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.task_graph import tasks_of

FILE = RESULTS / "cluster.json"
SMALL = {"include_dashboard": False, "object_store_memory": 80 << 20}
SWEEP = ("seeds=[0]", "references.pixels=false", "references.untrained=false", "training.steps=400")
ONE_A_TASK = "from worldprobe.study.training_groups import TOGETHER\n\nTOGETHER['cpu'] = 1\n"
"""What driver and workers include, so that encoders are not stacked and every run is a task."""
KILLED = "tests/study/test_ray_engine.py::test_a_worker_killed_in_each_kind_of_task_loses_nothing"
OVERHEAD_ROUNDS = 2


class Sleep(NamedTuple):
    """A task as the engine submits it, with nothing that a worker would have to load torch for."""

    kind: str
    name: str
    needs: tuple[int, ...]
    takes: SimpleNamespace


@contextmanager
def nodes(count: int, cores: int = 1) -> Iterator[str]:
    """Give the address of a cluster of this machine's processes."""
    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": cores, **SMALL})
    try:
        for _ in range(count - 1):
            cluster.add_node(wait=False, num_cpus=cores, **SMALL)
        cluster.wait_for_nodes(timeout=600)
        yield cluster.address
    finally:
        cluster.shutdown()


def sweep(given: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of 24 runs on one and on two workers, and what a task of each kind took on one."""
    study, took, kinds = load_study("lambda-rho-grid", [*SWEEP, *given.setting], "cpu"), {}, {}
    for workers in (1, 2):
        with nodes(workers) as address, tempfile.TemporaryDirectory() as name, task_seconds() as seconds:
            start, folder = time.perf_counter(), Path(name)
            engine = on_ray.RayEngine(address)
            results = run_study(study, folder / "out", store=Store(folder / "data"), engine=engine)
            took[workers] = time.perf_counter() - start
        kinds[workers] = {kind: round(statistics.mean(each), 3) for kind, each in seconds.items()}
        print(f"{workers} workers: {took[workers]:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    return {
        "settings": [*SWEEP, *given.setting],
        "runs": len(results.runs),
        "seconds": {str(workers): round(each, 1) for workers, each in took.items()},
        "speed-up": round(took[1] / took[2], 2),
        "mean seconds of a task on one worker": kinds[1],
        "mean seconds of a task on two workers": kinds[2],
    }


@contextmanager
def task_seconds() -> Iterator[dict[str, list[float]]]:
    """Give the seconds of all tasks that the engine carries out while the context is open, by kind."""
    found: dict[str, list[float]] = {}
    carry_out_on = on_ray.carry_out_on

    def noted(*given: Any) -> Iterator[Any]:
        for made in carry_out_on(*given):
            for task, result in made:
                found.setdefault(str(task.kind), []).append(result.seconds)
            yield made

    on_ray.carry_out_on = noted  # type: ignore[assignment]
    try:
        yield found
    finally:
        on_ray.carry_out_on = carry_out_on


def overhead(given: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of `run camera --preset smoke` with a cluster that it starts, and without one."""
    took: dict[str, list[float]] = {"local": [], "ray": []}
    for _ in range(OVERHEAD_ROUNDS):
        for engine, seconds in took.items():
            with tempfile.TemporaryDirectory() as folder:
                line = [sys.executable, "-m", "worldprobe", "run", "camera", "--preset", "smoke", "--engine", engine]
                own = os.environ | {"WORLDPROBE_CACHE": f"{folder}/cache"}
                start = time.perf_counter()
                subprocess.run([*line, "--out", f"{folder}/out"], env=own, check=True, stdout=subprocess.DEVNULL)
                seconds.append(time.perf_counter() - start)
            print(f"{engine}: {seconds[-1]:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    extra = [with_ray - without for with_ray, without in zip(took["ray"], took["local"], strict=True)]
    return {"seconds": {engine: spread(each) for engine, each in took.items()}, "extra seconds": spread(extra)}


def killed(given: argparse.Namespace) -> dict[str, Any]:
    """Return whether nothing is lost where a worker is killed in each kind of task."""
    test = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-m", "pytest", "-n0", "-q", KILLED], cwd=test, check=False)
    kinds = ["frames", "exploration", "training", "measuring"]
    return {"test": KILLED, "killed once in each of": kinds, "every file as without Ray": done.returncode == 0}


def simulated(given: argparse.Namespace) -> dict[str, Any]:
    """Return efficiency and the scheduler's share for 189 runs, each a task that sleeps for its measured time."""
    measured = recorded().get("sweep", {}).get("mean seconds of a task on one worker")
    if measured is None:
        raise SystemExit("simulated needs the times that sweep measures: --only sweep simulated")
    seconds = {kind: given.scale * each for kind, each in measured.items()}
    plan = plan_study(load_study("lambda-rho-grid", [], "gpu"), torch.device("cpu"))
    takes = SimpleNamespace(cores=1, gpus=0, memory=0)
    found = tasks_of(plan, StudyFolder(Path(tempfile.mkdtemp())))
    tasks: Any = [Sleep(str(task.kind), task.name, task.needs, takes) for task in found]
    before = time.perf_counter()
    with nodes(given.nodes) as address:
        ray = connect(address)
        try:
            for _ in on_ray.carry_out_on(ray, [Sleep("warm", "warm", (), takes)] * given.nodes, {"warm": 5.0}, asleep):
                pass  # every worker's process is started
            started = time.perf_counter() - before
            start = time.perf_counter()
            for _ in on_ray.carry_out_on(ray, tasks, seconds, asleep):
                pass
            took = time.perf_counter() - start
        finally:
            ray.shutdown()
    work, alone = sum(seconds[task.kind] for task in tasks), ideal(tasks, seconds, given.nodes)
    return {
        "nodes": given.nodes,
        "runs": len(plan.runs),
        "tasks": len(tasks),
        "seconds of a task": {kind: round(each, 3) for kind, each in seconds.items()},
        "scale": given.scale,
        "seconds to start the nodes": round(started, 1),
        "seconds": round(took, 1),
        "seconds without any overhead": round(alone, 1),
        "efficiency": round(work / given.nodes / took, 4),
        "efficiency without any overhead": round(work / given.nodes / alone, 4),
        "scheduler's share": round((took - alone) / took, 4),
    }


def asleep(seconds: dict[str, float], task: Sleep, *needed: Made) -> Made:
    """Sleep for as long as a task takes."""
    time.sleep(seconds[task.kind])
    return Made(seconds[task.kind])


def ideal(tasks: list[Any], seconds: dict[str, float], slots: int) -> float:
    """Return what the tasks take in order on free cores, each after what it needs."""
    free: list[float] = [0.0] * slots
    done: list[float] = []
    for task in tasks:
        at = max([min(free), *(done[place] for place in task.needs)])
        free[free.index(min(free))] = at + seconds[task.kind]
        done.append(at + seconds[task.kind])
    return max(done)


def recorded() -> dict[str, Any]:
    """Return what earlier calls recorded, by part."""
    return dict(json.loads(FILE.read_text(encoding="utf8"))) if FILE.exists() else {}


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "sweep": sweep,
    "overhead": overhead,
    "killed": killed,
    "simulated": simulated,
}


def main() -> None:
    """Measure the parts that were asked for, and record each when it is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to measure")
    parser.add_argument("--nodes", type=int, default=64, help="simulated nodes, of one core each")
    parser.add_argument("--scale", type=float, default=3.75, help="by which simulated tasks are longer")
    parser.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE", help="of the sweep's study")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one_a_task.py").write_text(ONE_A_TASK, encoding="utf8")
        include(Path(folder) / "one_a_task.py")
        for name in given.only:
            machine = described()
            found = PARTS[name](given)
            write_json(FILE, recorded() | {name: {"machine": machine, **found}})
            print(name, found, flush=True)


if __name__ == "__main__":
    main()
