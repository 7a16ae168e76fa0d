"""Rows of a long benchmark, made by several processes and kept in a folder, so that an interrupted run goes on."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from worldprobe._util.files import write_json

Row = dict[str, Any]


def kept_rows(folder: Path | None, jobs: int, wanted: dict[str, Callable[[], Row]]) -> list[Row]:
    """Return every wanted row, in order; those that the folder holds under the same name are not made again.

    The callables are pickled: functions of a module, or partials of them. A folder serves one version of the code.
    """
    make = partial(_kept, folder)
    if jobs == 1:
        return [make(item) for item in wanted.items()]
    # Forking a process that runs threads of a BLAS may hang it.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        rows: Sequence[Row] = list(pool.map(make, wanted.items()))
    return list(rows)


def _kept(folder: Path | None, item: tuple[str, Callable[[], Row]]) -> Row:
    name, make = item
    if folder is None:
        return make()
    file = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
    if file.exists():
        found: Row = json.loads(file.read_text(encoding="utf8"))["row"]
        return found
    row = make()
    folder.mkdir(parents=True, exist_ok=True)
    write_json(file, {"name": name, "row": row})
    return row
