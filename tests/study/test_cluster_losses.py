"""What is said of a cluster that cannot be reached or loses a machine; a stand-in for Ray, which need not be there."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from worldprobe.errors import WorldprobeError
from worldprobe.study.engines import ray_cluster
from worldprobe.study.engines.on_ray import LOST_WORKERS, carry_out_on
from worldprobe.study.engines.ray_cluster import GREETING, connect
from worldprobe.study.engines.task_reports import Made, TaskRefused
from worldprobe.study.task_graph import StudyTask, Takes, TaskKind

SETTINGS_FRAME = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


class WorkerCrashed(Exception): ...


class OutOfMemory(Exception): ...


class NodeDied(Exception): ...


class StandIn:
    """As much of Ray as the engine uses: every task is carried out at once, here, and `lost` raises in its place."""

    exceptions = SimpleNamespace(WorkerCrashedError=WorkerCrashed, OutOfMemoryError=OutOfMemory, NodeDiedError=NodeDied)

    def __init__(self, lost: dict[str, Exception] | None = None) -> None:
        self.lost, self.asked, self.cancelled, self.initialised = lost or {}, [], [], []  # type: ignore[var-annotated]

    def is_initialized(self) -> bool:
        return False

    def init(self, **given: Any) -> None:
        self.initialised.append(given)

    def put(self, job: object) -> object:
        return job

    def remote(self, work: Callable[..., Any]) -> Any:
        def options(**given: Any) -> Any:
            self.asked.append(given)
            return SimpleNamespace(remote=lambda job, task, *needed: (task.name, work))

        return SimpleNamespace(options=options)

    def wait(self, refs: list[Any], **_: object) -> tuple[list[Any], list[Any]]:
        return refs[:1], refs[1:]

    def get(self, ref: tuple[str, Callable[[], Any]]) -> Any:
        name, work = ref
        if name in self.lost:
            raise self.lost[name]
        return work()

    def cancel(self, ref: tuple[str, object], force: bool) -> None:
        self.cancelled.append(ref[0])


def tasks(*names: str) -> list[StudyTask]:
    return [StudyTask(TaskKind.RUNS, name, (name,), takes=Takes(2, 0.5, 1 << 30)) for name in names]


def carried_out(ray: StandIn, *names: str, work: Callable[[], Any] = lambda: Made(1.0)) -> list[str]:
    made = carry_out_on(ray, tasks(*names), None, work)  # type: ignore[arg-type]
    return [task.name for ready in made for task, _ in ready]


def test_every_task_may_be_given_to_other_machines_and_says_what_it_takes() -> None:
    ray = StandIn()
    assert carried_out(ray, "a", "b") == ["a", "b"]
    assert [each["max_retries"] for each in ray.asked] == [LOST_WORKERS] * 2
    takes = {"num_cpus": 2, "num_gpus": 0.5, "memory": 1 << 30}
    assert all(takes.items() <= each.items() for each in ray.asked)


@pytest.mark.parametrize("lost", [NodeDied("node 7\nis dead"), WorkerCrashed("gone"), OutOfMemory("too much")])
def test_a_machine_that_is_lost_too_often_is_one_line_and_the_rest_is_cancelled(lost: Exception) -> None:
    ray = StandIn({"b": lost})
    with pytest.raises(
        WorldprobeError, match=r"lost the worker of runs b 6 times: .*the same command continues"
    ) as one:
        carried_out(ray, "a", "b", "c", "d")
    assert "\n" not in str(one.value)
    assert one.value.__suppress_context__
    assert ray.cancelled == ["c", "d"]


def test_what_a_worker_refuses_ends_the_study_and_cancels_the_rest() -> None:
    ray = StandIn()
    with pytest.raises(WorldprobeError, match=r"^No room\.$"):
        carried_out(ray, "a", "b", work=lambda: TaskRefused("NotEnoughRoom", "No room."))
    assert ray.cancelled == ["b"]


@pytest.fixture
def host() -> Iterator[Callable[[Callable[[socket.socket], object]], str]]:
    """A function that starts a host which treats a connection so, and gives its address."""
    with ExitStack() as stack:

        def start(treat: Callable[[socket.socket], object]) -> str:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            accepted: list[socket.socket] = []

            def serve() -> None:
                accepted.append(listening.accept()[0])
                treat(accepted[0])

            serving = threading.Thread(target=serve, daemon=True)
            serving.start()
            stack.callback(lambda: [connection.close() for connection in accepted])
            stack.callback(serving.join, 10)
            return f"127.0.0.1:{listening.getsockname()[1]}"

        yield start


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    found = StandIn()
    monkeypatch.setitem(sys.modules, "ray", found)  # type: ignore[arg-type]
    monkeypatch.setattr(ray_cluster, "GREETING_SECONDS", 1.0)
    return found


@pytest.mark.parametrize("prefix", ["", "ray://"])
def test_a_host_that_accepts_and_stays_silent_is_given_up(
    prefix: str, host: Callable[[Callable[[socket.socket], object]], str], stand_in: StandIn
) -> None:
    address, start = prefix + host(lambda connection: None), time.perf_counter()
    reason = r"\(it accepts a connection and then says nothing for 1 s\)"
    with pytest.raises(WorldprobeError, match=rf"No Ray cluster can be reached at {address} {reason}.*ray status"):
        connect(address)
    assert time.perf_counter() - start < 5
    assert not stand_in.initialised


def test_a_host_that_is_something_else_is_said_at_once(
    host: Callable[[Callable[[socket.socket], object]], str], stand_in: StandIn
) -> None:
    with pytest.raises(WorldprobeError, match="what answers there is no Ray cluster"):
        connect(host(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    with pytest.raises(WorldprobeError, match="it closes the connection"):
        connect(host(lambda connection: (connection.recv(len(GREETING)), connection.close())))
    assert not stand_in.initialised


def test_a_host_that_greets_as_ray_does_is_left_to_ray(
    host: Callable[[Callable[[socket.socket], object]], str],
    stand_in: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = host(lambda connection: connection.sendall(SETTINGS_FRAME))
    assert connect(address) is stand_in
    monkeypatch.setenv("RAY_USE_TLS", "1")  # nothing can be read off an encrypted connection
    silent = host(lambda connection: None)
    connect(silent)
    assert [given["address"] for given in stand_in.initialised] == [address, silent]
