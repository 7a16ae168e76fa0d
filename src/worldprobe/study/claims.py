"""Which process trains which runs, where several work in one results folder: a lock file for every group of runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from worldprobe._util.locks import try_lock
from worldprobe.study.cells import Cell
from worldprobe.study.study_folder import StudyFolder


@contextmanager
def claimed(folder: StudyFolder, group: Sequence[Cell]) -> Iterator[bool]:
    """Give True where the runs of a group are this process's until the context closes, False where another has them.

    A claim ends with its process, however that ends. Where the system has no locks every process has every claim: runs
    may then be made twice, with the same result.
    """
    folder.claims.mkdir(exist_ok=True)
    path = folder.claims / f"{group[0].id}.lock"
    with open(path, "a") as handle:
        mine = try_lock(handle)
        yield mine
        if mine:
            path.unlink(missing_ok=True)
