"""Frames read from their shards a few at a time, for data sets that memory does not hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Int

from worldprobe.datasets.shards import Frames, find_shards, shard_rows
from worldprobe.datasets.spec import DatasetSpec
from worldprobe.errors import DamagedData

MOST_BUFFERS = 512
"""Rows of one system call; Linux allows 1,024."""


class RowReader:
    """Reads rows of a data set with `preadv`, from any number of threads at once, and holds nothing.

    Files are read, not mapped: a limit on the address space (`ulimit -v`) counts mapped files, and an error of the disk
    is an exception here, but the end of the process there. Shards are compared with their checksums by `Store.ensure`,
    not here, where a few frames of each are read. Raises DamagedData where a shard is not there or too short.
    """

    def __init__(self, spec: DatasetSpec, folder: Path) -> None:
        self.shape, self.dtype, self.frame_bytes = spec.observation_shape, spec.dtype, spec.frame_bytes
        self._frames = spec.frames
        shards, found = shard_rows(spec.frames, spec.frame_bytes), find_shards(folder)
        self._per_shard = shards[0].stop
        missing = [number for number in range(len(shards)) if number not in found]
        if missing:
            raise _unlike(folder / f"{missing[0]:05d}-*.npy")
        self._paths = [found[number] for number in range(len(shards))]
        self._starts = [
            _first_byte(self._paths[place], self) for place in (0, -1)
        ]  # only the last one's header differs

    def __len__(self) -> int:
        return self._frames

    def read(self, rows: Int[np.ndarray, " k"]) -> Frames:
        """Return some frames in the order asked for, (k, *shape)."""
        rows = np.asarray(rows, dtype=np.int64)
        found = np.empty((len(rows), *self.shape), dtype=self.dtype)
        order = np.argsort(rows, kind="stable")
        ordered = rows[order]
        shards = ordered // self._per_shard
        for here in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(shards)) + 1):
            if len(here):
                self._read_shard(int(shards[here[0]]), ordered[here], order[here], found)
        return found

    def _read_shard(self, number: int, rows: np.ndarray, places: np.ndarray, into: Frames) -> None:
        """Read sorted rows of one shard into their places, neighbours with one call."""
        path = self._paths[number]
        first = self._starts[-1 if number == len(self._paths) - 1 else 0]
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError:
            raise _unlike(path) from None
        try:
            for run in _runs(rows):
                start = first + int(rows[run.start] - number * self._per_shard) * self.frame_bytes
                buffers = [memoryview(into[place]).cast("B") for place in places[run]]
                if not _filled(handle, buffers, start):
                    raise _unlike(path)
        finally:
            os.close(handle)


def _runs(rows: np.ndarray) -> Iterator[slice]:
    """Give the slices of sorted rows that follow each other without a gap, none of them longer than one call takes."""
    edges = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    for start, stop in pairwise(edges):
        for part in range(start, stop, MOST_BUFFERS):
            yield slice(part, min(part + MOST_BUFFERS, stop))


def _filled(handle: int, buffers: list[memoryview], start: int) -> bool:
    """Read a file from a place on into buffers; False where it ends before they are full."""
    if not hasattr(os, "preadv"):  # on Windows, where every call has a handle of its own
        os.lseek(handle, start, os.SEEK_SET)
        for buffer in buffers:
            buffer[:] = os.read(handle, len(buffer)).ljust(len(buffer), b"\0")
        return os.fstat(handle).st_size >= start + sum(map(len, buffers))
    while buffers:
        got = os.preadv(handle, buffers, start)
        if got == 0:
            return False
        start += got
        while buffers and got >= len(buffers[0]):
            got -= len(buffers.pop(0))
        if got:
            buffers[0] = buffers[0][got:]
    return True


def _first_byte(path: Path, reader: RowReader) -> int:
    """Return where the frames of a shard begin."""
    with open(path, "rb") as handle:
        np.lib.format.read_magic(handle)
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(handle)
        if shape[1:] != reader.shape or fortran or dtype != reader.dtype:
            raise _unlike(path)
        return handle.tell()


def _unlike(path: Path) -> DamagedData:
    return DamagedData(f"{path} is missing or not what was written; the same command renders it again.")
