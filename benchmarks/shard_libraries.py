"""Shuffled reads of frames that memory does not hold: our shards against WebDataset and LitData, on the same pairs.

    pip install webdataset litdata    # what is not installed is left out
    python benchmarks/shard_libraries.py [--limit 0.8] [--folder FOLDER]

Pairs of 64 px frames of noise, five times the bytes that the reading process may allocate (RLIMIT_DATA), are written by
each of the three as it stores them: our .npy shards, tar files of one sample a pair, LitData's chunks of one. Then an
epoch is read in shuffled batches of 256 pairs, by each in a process of its own, nothing of it in the page cache before
(`posix_fadvise`, DONTNEED): ours as a training reads, in one permutation of all pairs; WebDataset with shards in random
order and a buffer of 64 MB; LitData with its shuffle, which is of chunks and within them. The two have two workers, the
cores of the machine that it is recorded on. Rounds take turns. Results go to results/shard_libraries.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json

SIZE, BATCH, TIMES, ROUNDS, WARM_UP = 64, 256, 5, 2, 5
SHAPE = (SIZE, SIZE, 3)
PAIR_BYTES = 2 * SIZE * SIZE * 3
CHUNK_BYTES = 64 << 20
"""Of a tar file, of LitData's chunks and of WebDataset's buffer; what our threads read ahead, too."""


def pair(number: int) -> np.ndarray:
    """Return a pair's frames, (2, H, W, 3)."""
    return np.random.default_rng(number).integers(0, 256, (2, *SHAPE), dtype=np.uint8)


def write_ours(folder: Path, pairs: int) -> None:
    """Write all frames as our shards."""
    _dataset(folder, pairs)


def read_ours(folder: Path, pairs: int) -> Iterator[Any]:
    """Give batches as a training gets them."""
    import torch

    from worldprobe.study.study_frames import streamed
    from worldprobe.train import OBJECTIVES

    batches = streamed(_dataset(folder, pairs), OBJECTIVES["lejepa"]()).batches(BATCH, 0, torch.device("cpu"))
    for step in range(pairs // BATCH):
        yield batches[step].observations


def _dataset(folder: Path, pairs: int) -> Any:
    from worldprobe.datasets import Store, exploration
    from worldprobe.explore import Gaussian
    from worldprobe.world.world import Control, World

    class Noise(World):
        controls = property(lambda self: (Control("x", "px", 1.0, "to the right"),))  # type: ignore[assignment]
        observation_shape = property(lambda self: SHAPE)  # type: ignore[assignment]
        fingerprint = property(lambda self: {"noise": 2, "size": SIZE})  # type: ignore[assignment]

        def observe(self, z: np.ndarray) -> np.ndarray:
            rng = np.random.default_rng(abs(int(z[0, 0] * 1e6)))
            return rng.integers(0, 256, (len(z), *SHAPE), dtype=np.uint8)

    store = Store(folder)
    spec = exploration(Noise(), Gaussian(), 2 * pairs, 0)
    store._whole = lambda path: True  # type: ignore[method-assign]  # not read through before what is measured
    return store.ensure(spec)


def write_webdataset(folder: Path, pairs: int) -> None:
    """Write tar files of one sample a pair."""
    import webdataset

    with webdataset.ShardWriter(f"{folder}/%05d.tar", maxsize=CHUNK_BYTES, maxcount=10**9, verbose=0) as sink:
        for number in range(pairs):
            sink.write({"__key__": f"{number:08d}", "pair": pair(number).tobytes()})


def read_webdataset(folder: Path, pairs: int) -> Iterator[Any]:
    """Give batches of an epoch, shards in random order, samples from a buffer."""
    import webdataset

    shards = sorted(map(str, folder.glob("*.tar")))
    buffer = CHUNK_BYTES // PAIR_BYTES
    samples = webdataset.WebDataset(shards, shardshuffle=len(shards), empty_check=False).shuffle(buffer)
    batches = samples.to_tuple("pair").map(as_pair).batched(BATCH, collation_fn=np.stack)
    yield from webdataset.WebLoader(batches, batch_size=None, num_workers=2)


def as_pair(sample: tuple[bytes]) -> np.ndarray:
    """Return a sample's frames."""
    return np.frombuffer(sample[0], np.uint8).reshape(2, *SHAPE)


def write_litdata(folder: Path, pairs: int) -> None:
    """Write LitData's chunks."""
    import litdata

    litdata.optimize(pair, list(range(pairs)), str(folder), chunk_bytes=CHUNK_BYTES, num_workers=1)


def read_litdata(folder: Path, pairs: int) -> Iterator[Any]:
    """Give batches of an epoch, chunks in random order and shuffled within."""
    import litdata

    data = litdata.StreamingDataset(str(folder), shuffle=True, drop_last=False)
    yield from litdata.StreamingDataLoader(data, batch_size=BATCH, num_workers=2)


WRITE: dict[str, Callable[[Path, int], None]] = {
    "ours": write_ours,
    "webdataset": write_webdataset,
    "litdata": write_litdata,
}
READ: dict[str, Callable[[Path, int], Iterable[Any]]] = {
    "ours": read_ours,
    "webdataset": read_webdataset,
    "litdata": read_litdata,
}


def drop_from_cache(folder: Path) -> None:
    """Have the system forget the bytes of all files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb") as handle:
                os.fsync(handle.fileno())
                os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measured(what: str, folder: Path, pairs: int, limit: int) -> None:
    """Print the frames per second of an epoch, from the batch that ends the warm-up on."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    batches = map(np.asarray, READ[what](folder, pairs))
    total = sum(int(batch[0, 0, 0, 0].sum()) for batch in islice(batches, WARM_UP))
    start, frames = time.perf_counter(), 0
    for batch in batches:
        total += int(batch.reshape(-1)[:: SIZE * SIZE].sum())
        frames += batch.size // (SIZE * SIZE * 3)
    print(json.dumps({"frames": frames, "seconds": time.perf_counter() - start}))


def child(*given: object) -> str:
    """Return what this script prints in a process of its own."""
    line = [sys.executable, __file__, "--child", *map(str, given)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ | {"OMP_NUM_THREADS": "1"})
    if done.returncode:
        raise SystemExit(f"{given}: {done.stderr}")
    return done.stdout


def main() -> None:
    """Compare, or do one part of it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=float, default=0.8, help="GB that the reading process may allocate")
    parser.add_argument("--folder", type=Path, help="where the frames are written, on a disk; a temporary folder")
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.child:
        compare(int(given.limit * 1e9), given.folder)
        return
    do, what, folder, pairs, limit = given.child
    if do == "write":
        WRITE[what](Path(folder), int(pairs))
    else:
        measured(what, Path(folder), int(pairs), int(limit))


def compare(limit: int, folder: Path | None) -> None:
    """Write, read, compare, record."""
    pairs, before = int(TIMES * limit) // PAIR_BYTES + 1, described()
    speeds: dict[str, list[float]] = {what: [] for what in WRITE if what == "ours" or find_spec(what)}
    with tempfile.TemporaryDirectory(dir=folder) as name:
        for what in speeds:
            (Path(name) / what).mkdir()
            child("write", what, Path(name) / what, pairs, limit)
        for _ in range(ROUNDS):
            for what, found in speeds.items():
                drop_from_cache(Path(name) / what)
                read = json.loads(child("read", what, Path(name) / what, pairs, limit).splitlines()[-1])
                found.append(read["frames"] / read["seconds"])
                print(what, f"{found[-1]:,.0f} frames/s, load {os.getloadavg()[0]:.1f}", flush=True)
    ratios = {
        what: [one / ours for one, ours in zip(found, speeds["ours"], strict=True)] for what, found in speeds.items()
    }
    document = {
        "machine": before,
        "packages": {what: version(what) for what in speeds if what != "ours"},
        "limit_bytes": limit,
        "data_set_bytes": pairs * PAIR_BYTES,
        "size": SIZE,
        "batch": BATCH,
        "frames_per_second": {what: spread(found) for what, found in speeds.items()},
        "times_ours": {what: spread(found) for what, found in ratios.items() if what != "ours"},
    }
    write_json(RESULTS / "shard_libraries.json", document)
    print(document["times_ours"])


if __name__ == "__main__":
    main()
