"""A study on a Ray cluster of two nodes: the same results as here, whichever worker dies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue, UnwritableFolder, WorldprobeError
from worldprobe.study import Study, load_study, run_study
from worldprobe.study.engines.on_ray import RayEngine
from worldprobe.study.engines.ray_cluster import connect

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own, of files that it leaves open

TIMINGS = {"seconds", "seconds_total", "frames_per_second", "peak_memory_bytes", "command"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two nodes on this machine."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "memory": 8 << 30, "object_store_memory": 80 << 20}
    started = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    started.add_node(**node)
    started.wait_for_nodes()
    yield started.address
    started.shutdown()


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
