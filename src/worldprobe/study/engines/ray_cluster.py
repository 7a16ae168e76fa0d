"""Reaches a Ray cluster, or starts one on this machine."""

from __future__ import annotations

import os
import socket
from importlib import import_module
from typing import Any

from worldprobe._util import cores
from worldprobe.errors import InvalidValue, MissingDependency, WorldprobeError

CONNECT_SECONDS = 5.0
GREETING_SECONDS = 10.0
"""That a host has, once it is connected, to greet as a Ray cluster does."""
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""How a client of gRPC, which is HTTP/2, begins; the server's first frame is of type 4 then, too (RFC 9113, 3.4)."""
OBJECT_STORE_BYTES = 100 << 20
"""Of a cluster that is started here: tasks exchange files, and only numbers as objects."""


def connect(address: str | None) -> Any:
    """Return the `ray` package, connected to the cluster at an address, to RAY_ADDRESS's, or to one started here.

    Raises MissingDependency, InvalidValue for an address that is none and WorldprobeError for one where no cluster is,
    within seconds.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = import_module("ray")
    except ImportError:
        raise MissingDependency("ray", "--engine ray", "pip install 'worldprobe[cluster]'") from None
    if ray.is_initialized():
        raise WorldprobeError("This process is connected to a Ray cluster already. Call ray.shutdown() first.")
    address = address or os.environ.get("RAY_ADDRESS") or None
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "runtime_env": {"env_vars": _environment()}}
    if address is None:
        ray.init(
            address="local",
            num_cpus=cores.available(),
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            **quiet,
        )
        return ray
    if address != "auto":
        _reach(address)
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, TimeoutError, ValueError) as error:
        ray.shutdown()
        raise _no_cluster(address, " ".join(str(error).split())[:300]) from None
    return ray


def _reach(address: str) -> None:
    """Raise where nothing answers at an address: Ray itself would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
        raise InvalidValue("--address", address, "HOST:PORT, ray://HOST:PORT or auto", "`ray start --head` prints it.")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS)
    except OSError as error:
        raise _no_cluster(address, str(error.strerror or error)) from None
    with connection:
        if os.environ.get("RAY_USE_TLS", "0") != "1":
            _greet(connection, address)


def _greet(connection: socket.socket, address: str) -> None:
    """Raise where a host accepts a connection and does not speak gRPC on it."""
    connection.settimeout(GREETING_SECONDS)
    try:
        connection.sendall(GREETING)
        answer = connection.recv(9)
    except TimeoutError:
        silent = f"it accepts a connection and then says nothing for {GREETING_SECONDS:.0f} s"
        raise _no_cluster(address, silent) from None
    except OSError as error:
        raise _no_cluster(address, str(error.strerror or error)) from None
    if answer[3:4] != b"\x04":
        raise _no_cluster(address, "what answers there is no Ray cluster" if answer else "it closes the connection")


def _no_cluster(address: str, reason: str) -> WorldprobeError:
    return WorldprobeError(
        f"No Ray cluster can be reached at {address} ({reason.rstrip('.')}). `ray status` on its head node says "
        "whether it runs; `ray start --head` starts one and prints its address."
    )


def _environment() -> dict[str, str]:
    """Return the variables that change how numbers are computed, where they are set: workers then compute alike."""
    names = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {name: os.environ[name] for name in names if name in os.environ}
