"""A study on a Ray cluster of two nodes: the same results as here, whichever worker dies."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.calling import call
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue, UnwritableFolder, WorldprobeError
from worldprobe.study import Study, load_study, run_study
from worldprobe.study.audit_study import audit_study
from worldprobe.study.engines import cluster_checks
from worldprobe.study.engines.cluster_checks import check_tasks, nodes_of
from worldprobe.study.engines.on_ray import RayEngine, carry_out_on
from worldprobe.study.engines.ray_cluster import connect
from worldprobe.study.engines.task_reports import Made
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.task_graph import TaskKind, tasks_of

ray = pytest.importorskip("ray")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.thorough,  # as workers search, which know nothing of the tests
    pytest.mark.filterwarnings("ignore"),  # of Ray, about files that it leaves open
]

NODE = {"num_cpus": 1, "memory": 8 << 30, "object_store_memory": 80 << 20}
TIMINGS = {"seconds", "seconds_total", "frames_per_second", "peak_memory_bytes", "command"}


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two nodes on this machine."""
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    started.add_node(**NODE)
    started.wait_for_nodes()
    yield started
    started.shutdown()


@pytest.fixture(scope="module")
def cluster(nodes: Any) -> str:
    """The address of the cluster."""
    return str(nodes.address)


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("lambda-rho-grid", [], "smoke")


@pytest.fixture(scope="module")
def local(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local") / "out"
    run_study(study, out, store=Store(out.parent / "datasets"))
    return out


def timeless(value: Any) -> Any:
    """Return what was read from JSON without the times."""
    if isinstance(value, dict):
        return {key: timeless(each) for key, each in value.items() if key not in TIMINGS}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def assert_same(made: Path, wanted: Path) -> None:
    """Two results folders hold the same files, and these the same bytes but for times."""
    names = {path.relative_to(wanted) for path in wanted.rglob("*") if path.is_file()}
    assert names == {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    for name in names:
        if name.suffix == ".json":
            assert timeless(json.loads((made / name).read_text())) == timeless(json.loads((wanted / name).read_text()))
        elif name.suffix == ".npz":
            found, expected = np.load(made / name), np.load(wanted / name)
            assert found.files == expected.files
            assert all(np.array_equal(found[key], expected[key]) for key in found.files), name
        else:
            assert (made / name).read_bytes() == (wanted / name).read_bytes(), name


def test_two_nodes_give_what_this_machine_gives(cluster: str, study: Study, local: Path, tmp_path: Path) -> None:
    run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), engine=RayEngine(cluster))
    assert_same(tmp_path / "out", local)
    assert not list(tmp_path.rglob(".shared-*"))


def test_a_sheet_and_an_audit_are_those_of_this_machine(cluster: str, tmp_path: Path) -> None:
    study, there = load_study("mixings-2d", [], "smoke"), ("--engine", "ray", "--address", cluster)
    with RayEngine(cluster) as engine:
        assert audit_study(study, engine=engine) == audit_study(study)
    pictures = [tmp_path / "here.png", tmp_path / "there.png"]
    for picture, options in zip(pictures, ((), there), strict=True):
        drawn = call("render", "room", "--views", "18", "--size", "64", "--out", str(picture), *options)
        assert drawn.status == 0, drawn.err
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


MURDERER = """
import os, signal
from pathlib import Path

from worldprobe.datasets import store
from worldprobe.study import carry_out
from worldprobe.study.engines import worker_tasks


def killed_once(kind, call):
    def instead(*given, **named):
        found = call(*given, **named)
        try:
            Path(__file__).with_name(kind).touch(exist_ok=False)
        except FileExistsError:
            return found
        os.kill(os.getpid(), signal.SIGKILL)

    return instead


store.render = killed_once("frames", store.render)
worker_tasks.explore = killed_once("exploration", worker_tasks.explore)
carry_out.train_group = killed_once("training", carry_out.train_group)
carry_out.score_run = killed_once("measuring", carry_out.score_run)
"""
"""Kills the process that has done a piece of work, before anybody hears of it; each kind once."""


def test_a_worker_killed_in_each_kind_of_task_loses_nothing(
    cluster: str, study: Study, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "murderer.py"
    plugin.write_text(MURDERER, encoding="utf8")
    monkeypatch.setattr("worldprobe.study.engines.worker_tasks.included", lambda: [plugin])
    run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), engine=RayEngine(cluster))
    assert all((tmp_path / kind).exists() for kind in ("frames", "exploration", "training", "measuring"))
    assert_same(tmp_path / "out", local)


SLEEPER = """
import time
from pathlib import Path

import ray
from worldprobe.datasets import store
from worldprobe.study import carry_out
from worldprobe.study.engines import worker_tasks


def asleep_there(call):
    def instead(*given, **named):
        if ray.get_runtime_context().get_node_id() == Path(__file__).with_name("doomed").read_text():
            Path(__file__).with_name("asleep").touch()
            time.sleep(600)
        return call(*given, **named)

    return instead


store.render = asleep_there(store.render)
worker_tasks.explore = asleep_there(worker_tasks.explore)
carry_out.train_group = asleep_there(carry_out.train_group)
"""
"""On the doomed machine every piece of work sleeps until the machine is gone."""


def test_a_machine_that_is_lost_in_the_middle_loses_nothing(
    nodes: Any, cluster: str, study: Study, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "sleeper.py"
    plugin.write_text(SLEEPER, encoding="utf8")
    monkeypatch.setattr("worldprobe.study.engines.worker_tasks.included", lambda: [plugin])
    node = nodes.add_node(**NODE)
    (tmp_path / "doomed").write_text(node.node_id, encoding="utf8")

    def lose() -> None:
        while not (tmp_path / "asleep").exists():
            time.sleep(0.1)
        nodes.remove_node(node, allow_graceful=False)

    losing = threading.Thread(target=lose, daemon=True)
    losing.start()
    run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), engine=RayEngine(cluster))
    losing.join(timeout=60)
    assert not losing.is_alive()
    assert_same(tmp_path / "out", local)


def test_trainings_go_to_the_machine_with_a_gpu_and_the_rest_anywhere(
    nodes: Any, cluster: str, study: Study, tmp_path: Path
) -> None:
    def where(job: object, task: object, *needed: object) -> Made:
        import ray

        return Made(0.0, ray.get_runtime_context().get_node_id())

    node = nodes.add_node(**NODE, num_gpus=1)  # pretended: Ray believes it
    try:
        with RayEngine(cluster) as engine:
            assert [engine.device(name).type for name in ("auto", "cuda", "cpu")] == ["cuda", "cuda", "cpu"]
            tasks = tasks_of(plan_study(study, engine.device("auto")), StudyFolder(tmp_path), 0.5)
            check_tasks(tasks, nodes_of(ray))
            made = [each for ready in carry_out_on(ray, tasks, None, where) for each in ready]  # type: ignore[arg-type]
    finally:
        nodes.remove_node(node)
    assert len(made) == len(tasks)
    assert {found.key for task, found in made if task.kind is TaskKind.RUNS} == {node.node_id}


def test_without_a_gpu_in_the_cluster_cuda_is_refused(cluster: str) -> None:
    with RayEngine(cluster) as engine:
        assert engine.device("auto").type == "cpu"
        with pytest.raises(InvalidValue, match="No machine of the Ray cluster has a GPU"):
            engine.device("cuda")


def test_a_node_with_another_version_is_refused_and_both_are_named(
    nodes: Any, cluster: str, study: Study, tmp_path: Path
) -> None:
    older = tmp_path / "older" / "worldprobe-0.0.9.dist-info"
    older.mkdir(parents=True)
    (older / "METADATA").write_text("Metadata-Version: 2.1\nName: worldprobe\nVersion: 0.0.9\n", encoding="utf8")
    node = nodes.add_node(**NODE, env_vars={"PYTHONPATH": f"{older.parent}:{os.environ.get('PYTHONPATH', '')}"})
    try:
        with pytest.raises(WorldprobeError, match=rf"has worldprobe 0\.0\.9, .* worldprobe {version('worldprobe')}"):
            run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), engine=RayEngine(cluster))
    finally:
        nodes.remove_node(node)
    assert not (tmp_path / "out" / "study.yaml").exists()


def test_a_folder_that_nodes_do_not_share_is_refused(
    cluster: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = cluster_checks._ask

    def unseen(ray: Any, machines: Any, probes: list[str]) -> Any:
        Path(probes[1]).unlink()
        return ask(ray, machines, probes)

    monkeypatch.setattr(cluster_checks, "_ask", unseen)
    with pytest.raises(WorldprobeError, match=rf"does not see {tmp_path}/datasets as this process does"):
        run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), engine=RayEngine(cluster))


def test_no_cluster_is_said_within_seconds() -> None:
    with pytest.raises(
        WorldprobeError, match=r"No Ray cluster can be reached at 127\.0\.0\.1:9 \(Connection refused\)"
    ):
        connect("127.0.0.1:9")
    with pytest.raises(InvalidValue, match="HOST:PORT"):
        connect("head")


def test_a_store_that_cannot_be_written_is_refused_before_any_work(cluster: str, study: Study, tmp_path: Path) -> None:
    (tmp_path / "datasets").write_text("no folder", encoding="utf8")
    with pytest.raises(UnwritableFolder, match="datasets"):
        run_study(study, tmp_path / "out", store=Store(tmp_path / "datasets"), engine=RayEngine(cluster))
    assert not (tmp_path / "out" / "study.yaml").exists()
