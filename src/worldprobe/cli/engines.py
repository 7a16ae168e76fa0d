"""`--engine` and `--address`: where the work of a command is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from worldprobe.errors import InvalidValue

ENGINE_HELP = "Where the work is done: local, or ray for a cluster."
ADDRESS_HELP = "With --engine ray: HOST:PORT of the cluster. Default: RAY_ADDRESS, or one started here."


def engine_of(
    name: str,
    address: str | None,
    gpu_share: float | None = None,
    processes: int | None = None,
    cells: str | None = None,
) -> Any:
    """Return the engine that the options of `worldprobe run` name; raises InvalidValue for options of the other one."""
    from worldprobe.study.engines.local import LocalEngine
    from worldprobe.study.engines.on_ray import RayEngine

    _check(name, address)
    if name == "local":
        if gpu_share is not None:
            raise InvalidValue("--gpu-share", gpu_share, "only with --engine ray")
        return LocalEngine(processes)
    if gpu_share is not None and not (0 < gpu_share <= 1 or (gpu_share > 1 and gpu_share.is_integer())):
        raise InvalidValue("--gpu-share", gpu_share, "above 0 up to 1, or a whole number of GPUs")
    for option, value in (("--processes", processes), ("--cells", cells)):
        if value is not None:
            raise InvalidValue(option, value, "only with --engine local", "Ray decides where each run is made.")
    return RayEngine(address, 1.0 if gpu_share is None else gpu_share)


@contextmanager
def gatherer(name: str, address: str | None) -> Iterator[Any]:
    """Give what has parts made on the cluster that the options name, None where they are made here.

    Raises InvalidValue as `engine_of`, and WorldprobeErrors where the cluster cannot be reached.
    """
    _check(name, address)
    if name == "local":
        yield None
        return
    from worldprobe.study.engines.on_ray import RayEngine

    with RayEngine(address) as engine:
        yield engine


def _check(name: str, address: str | None) -> None:
    if name not in ("local", "ray"):
        raise InvalidValue("--engine", name, "local or ray")
    if name == "local" and address is not None:
        raise InvalidValue("--address", address, "only with --engine ray")
