"""Shards: the files that frames are written in, each whole or absent, each named by its own SHA-256.

`00003-<sha256>.npy` holds the frames of shard 3. One rename makes it appear together with its checksum, so a kill at
any moment loses at most the shard in flight, and two processes that write the same shard write the same file.
"""

from __future__ import annotations

import errno
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from worldprobe._util.files import atomic_write
from worldprobe.errors import NotEnoughRoom, UnwritableFolder

SHARD_BYTES = 8 << 20
MOST_FRAMES = 1 << 16

Frames = Shaped[np.ndarray, "frames ..."]


def shard_rows(frames: int, frame_bytes: int) -> list[slice]:
    """Return which frames each shard holds: equal powers of two of about 8 MB, the last shard with what is left.

    At 32 px that is 2,048 frames, a second or two of rendering: what a kill can cost.
    """
    fitting = max(SHARD_BYTES // frame_bytes, 1)
    size = min(1 << (fitting.bit_length() - 1), MOST_FRAMES)
    return [slice(start, min(start + size, frames)) for start in range(0, frames, size)]


def find_shard(folder: Path, number: int) -> Path | None:
    """Return the file of a shard, unverified, or None where it is not there."""
    return next(iter(sorted(folder.glob(f"{number:05d}-*.npy"))), None)


def find_shards(folder: Path) -> dict[int, Path]:
    """Return the files of all shards by number, unverified; where one has several, the first by name."""
    found: dict[int, Path] = {}
    for path in sorted(folder.glob("*-*.npy")):
        number = path.name.partition("-")[0]
        if number.isdecimal():
            found.setdefault(int(number), path)
    return found


def write_shard(folder: Path, number: int, frames: Frames) -> Path:
    """Write a shard, whole or not at all, and return its file.

    Raises NotEnoughRoom where the disk fills up and UnwritableFolder where the folder refuses.
    """
    buffer = io.BytesIO()
    np.save(buffer, frames, allow_pickle=False)
    content = buffer.getbuffer()
    path = folder / f"{number:05d}-{hashlib.sha256(content).hexdigest()}.npy"
    with disk_errors(folder), atomic_write(path) as aside:
        aside.write_bytes(content)
    return path


def read_shard(path: Path) -> Frames | None:
    """Return a shard's frames, or None where its bytes are not those that were written."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != path.stem.partition("-")[2]:
        return None
    return np.load(io.BytesIO(content), allow_pickle=False)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn the disk's errors into messages that say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NotEnoughRoom(
                f"The disk of {folder} is full. Finished shards are kept: free some space, or set WORLDPROBE_CACHE to "
                "a folder on another disk, and run the same command again."
            ) from error
        raise UnwritableFolder(folder, error) from error
