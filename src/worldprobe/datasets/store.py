"""The store of rendered datasets: renders what is missing, keeps what is whole, replaces what is damaged."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from worldprobe._util.files import atomic_write, cache_dir, inside, write_json
from worldprobe._util.locks import lock
from worldprobe.datasets.dataset import Dataset
from worldprobe.datasets.shards import Frames, disk_errors, find_shards, read_shard, shard_rows, write_shard
from worldprobe.datasets.spec import DatasetSpec
from worldprobe.errors import InvalidValue, NotEnoughRoom

log = logging.getLogger(__name__)

SPARE_BYTES = 64 << 20
"""Bytes that are left free on the disk for other programs."""

BATCH = 512
"""Frames that are rendered at a time, between two reports of progress."""

Progress = Callable[[int], object]
"""Called with the number of frames rendered since the last call."""


class Store:
    """Datasets under a folder, one subfolder per key; shared by every study that asks for the same dataset."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or cache_dir() / "datasets"
        self._verified: dict[Path, tuple[int, int, int, int]] = {}

    def folder(self, spec: DatasetSpec) -> Path:
        """Return where this dataset lives."""
        return inside(self.root, spec.key)

    def missing(self, spec: DatasetSpec) -> int:
        """Return how many frames `ensure` would render if nothing on disk is damaged."""
        return sum(rows.stop - rows.start for rows in self._gaps(spec).values())

    def ensure(self, spec: DatasetSpec, progress: Progress = lambda frames: None) -> Dataset:
        """Return the dataset, verified; whatever is missing or damaged is rendered first, shard by shard.

        Waits where another process is making the same dataset. Raises NotEnoughRoom before the first frame where the
        disk would not hold it, UnwritableFolder, and InvalidValue where a frame is not what the source declares.
        """
        folder = self.folder(spec)
        with self._locked(folder):
            repaired = self._discard_damaged(spec)
            gaps = self._gaps(spec)
            self._check_disk(spec, gaps)
            self._describe(spec)
            for number, rows in gaps.items():
                write_shard(folder, number, render(spec, rows, progress))
        return Dataset(spec, folder, repaired)

    def _gaps(self, spec: DatasetSpec) -> dict[int, slice]:
        """Return the shards that are not there, by number."""
        there = find_shards(self.folder(spec))
        shards = enumerate(shard_rows(spec.frames, spec.frame_bytes))
        return {number: rows for number, rows in shards if number not in there}

    def _discard_damaged(self, spec: DatasetSpec) -> tuple[str, ...]:
        """Remove every shard whose bytes changed since they were written, say so, and return their names."""
        folder = self.folder(spec)
        damaged = [path for path in sorted(folder.glob("*-*.npy")) if not self._whole(path)]
        for path in damaged:
            log.warning("%s is not what was written (checksum differs); it is rendered again", path)
            with disk_errors(folder), open(folder / "damaged.txt", "a", encoding="utf8") as record:
                record.write(f"{path.name}\n")
            path.unlink()
        return tuple(path.name for path in damaged)

    def _whole(self, path: Path) -> bool:
        """Return whether a shard is what was written; one that this store has read is read again once it changes."""
        found = path.stat()
        state = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        if self._verified.get(path) != state:
            if read_shard(path) is None:
                return False
            self._verified[path] = state
        return True

    def _check_disk(self, spec: DatasetSpec, gaps: dict[int, slice]) -> None:
        frames = sum(rows.stop - rows.start for rows in gaps.values())
        need = frames * spec.frame_bytes + SPARE_BYTES
        free = shutil.disk_usage(self.folder(spec)).free
        if frames and need > free:
            raise NotEnoughRoom(
                f"The dataset {spec.title} needs {size(need)} in {self.root}, where {size(free)} are free. "
                "Ask for fewer frames, free some space, or set WORLDPROBE_CACHE to a folder on another disk."
            )

    def _describe(self, spec: DatasetSpec) -> None:
        """Write controls, pairs and ingredients next to the shards, for other programs; nothing here reads them."""
        folder = self.folder(spec)
        with disk_errors(folder):
            if (folder / "dataset.json").exists():
                return
            for name, array in (("controls", spec.pairs.controls), ("pairs", spec.pairs.index)):
                with atomic_write(folder / f"{name}.npy") as aside, open(aside, "wb") as handle:
                    np.save(handle, array, allow_pickle=False)
            write_json(folder / "dataset.json", spec.ingredients)

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Hold the folder for this process; a lock ends with its process, however that ends."""
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            handle = open(folder / ".lock", "a")  # noqa: SIM115 - closed below, outside this block's errors
        with handle:
            if lock(handle):
                for left_by_a_kill in folder.glob(".*.part"):
                    left_by_a_kill.unlink()
            yield


def render(spec: DatasetSpec, rows: slice, progress: Progress) -> Frames:
    """Return the frames of some rows of a sample, in batches that never depend on what is on disk.

    Raises InvalidValue where an observation has another shape or type than the source declares, or is not finite.
    """
    observed = np.empty((rows.stop - rows.start, *spec.observation_shape), dtype=spec.dtype)
    for start in range(rows.start, rows.stop, BATCH):
        stop = min(start + BATCH, rows.stop)
        batch = spec.source.frames(spec.sample, np.arange(start, stop))
        declared = (stop - start, *spec.observation_shape)
        if batch.shape != declared or batch.dtype != spec.dtype:
            given, allowed = f"{batch.dtype} {batch.shape}", f"{spec.dtype} {declared}, as the world declares"
            raise InvalidValue(f"{spec.source.world_name}'s observe", given, allowed)
        if spec.dtype.kind == "f" and not np.isfinite(batch).all():
            raise InvalidValue(f"{spec.source.world_name}'s observe", "NaN or infinity", "finite values")
        observed[start - rows.start : stop - rows.start] = batch
        progress(stop - start)
    return observed


def size(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
