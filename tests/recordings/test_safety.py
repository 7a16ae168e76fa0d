"""Hostile files by name: each is refused in one line before anything is unpacked, opened elsewhere or waited for."""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from cli.calling import call
from recordings.samples import SAMPLES
from recordings.videos import write_video
from recordings.walks import walk
from worldprobe._util import memory
from worldprobe.errors import NotEnoughRoom, WorldprobeError
from worldprobe.recordings import UnreadableFile, UnusableData, describe, read_recording


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 64 << 20)


def npz_of_zeros(path: Path) -> Path:
    np.savez_compressed(path / "w.npz", state=np.zeros((1 << 22, 4), dtype=np.float32))
    return path / "w.npz"


def hdf5_without_numbers(path: Path) -> Path:
    with h5py.File(path / "w.h5", "w") as file:
        file.create_dataset("state", (10**12, 3), "f4", chunks=(1024, 3))
    return path / "w.h5"


def hdf5_episodes(path: Path) -> Path:
    with h5py.File(path / "w.h5", "w") as file:
        file.create_dataset("state", (10**9, 5, 3), "f4", chunks=(1024, 5, 3))
    return path / "w.h5"


def hdf5_chunk(path: Path) -> Path:
    with h5py.File(path / "w.h5", "w") as file:
        file.create_dataset("state", (10, 3), "f4", chunks=(1 << 26, 3), maxshape=(None, 3), compression="gzip")
    return path / "w.h5"


def table_of_one_value(path: Path) -> Path:
    parquet.write_table(pa.table({"x": np.zeros(1 << 23), "y": np.zeros(1 << 23)}), path / "w.parquet")
    return path / "w.parquet"


def tensor_of_one_number(path: Path) -> Path:
    torch.save({"obs": torch.zeros(1).expand(10**6, 7, 3)}, path / "w.pt")
    return path / "w.pt"


def sparse_table(path: Path) -> Path:
    (path / "w.csv").write_text("x,y\n1,2\n")
    os.truncate(path / "w.csv", 1 << 40)
    return path / "w.csv"


@pytest.mark.parametrize(
    "write",
    [
        npz_of_zeros,
        hdf5_without_numbers,
        hdf5_episodes,
        hdf5_chunk,
        table_of_one_value,
        tensor_of_one_number,
        sparse_table,
    ],
)
def test_what_does_not_fit_in_memory_is_refused_before_it_is_unpacked(
    write: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = write(tmp_path)
    with pytest.raises(NotEnoughRoom, match="GB of memory are free"):
        read_recording(path)


def test_a_column_that_does_not_fit_is_described_without_a_range(tmp_path: Path) -> None:
    found = describe(npz_of_zeros(tmp_path)).columns[0]
    assert found.shape == (1 << 22, 4)
    assert found.range is None


def png_of(side: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [60_000, 8_000])
def test_an_image_far_larger_than_its_file_is_refused(side: int, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for row in range(14):
        (tmp_path / "images" / f"{row}.png").write_bytes(png_of(side))
    (tmp_path / "w.csv").write_text("x,image\n" + "".join(f"{row},images/{row}.png\n" for row in range(14)))
    with pytest.raises(WorldprobeError, match=r"pixels|memory"):
        read_recording(tmp_path / "w.csv", frames="image").frames.read([0, 1])  # type: ignore[union-attr]


def test_an_encrypted_archive_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", state=np.zeros((9, 2)))
    content = bytearray((tmp_path / "w.npz").read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1  # the flag of an encrypted member
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(UnreadableFile, match="encrypted"):
        read_recording(tmp_path / "w.npz")


@pytest.mark.slow
def test_a_header_that_goes_on_for_ever_is_not_read(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "w.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("z.npy", "w") as handle,
    ):
        handle.write(b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 28))
        for _ in range(1 << 4):
            handle.write(b" " * (1 << 24))
    with pytest.raises(UnreadableFile):
        read_recording(tmp_path / "w.npz")


@pytest.mark.parametrize("name", ["w.npz", "w.csv", "images/0.png", "groundtruth.txt", "episode_0.hdf5"])
def test_nothing_waits_for_a_pipe(name: str, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    os.mkfifo(tmp_path / name)
    if name.endswith("png"):
        (tmp_path / "w.csv").write_text("x,image\n1,images/0.png\n2,images/0.png\n")
    path = tmp_path / "w.csv" if name.endswith("png") else tmp_path
    with pytest.raises(WorldprobeError):
        read_recording(path, frames="image") if name.endswith("png") else read_recording(path)


def test_a_playlist_in_place_of_a_video_opens_no_other_file(tmp_path: Path) -> None:
    write_video(tmp_path / "secret.mp4", walk((14,)).frames)
    (tmp_path / "w.csv").write_text("x\n" + "1\n" * 14)
    (tmp_path / "camera.mkv").write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(UnreadableFile):
        read_recording(tmp_path / "w.csv", frames="camera.mkv")


@pytest.mark.parametrize("name", ["n" * 100_000, "a\x00b", "9" * 5000, "../../etc/passwd"])
def test_names_that_no_file_can_have_are_refused_in_one_short_line(name: str, tmp_path: Path) -> None:
    path = SAMPLES["nerf"](tmp_path)
    said = json.loads((path / "transforms.json").read_text())
    said["frames"][0]["file_path"] = name
    (path / "transforms.json").write_text(json.dumps(said))
    with pytest.raises((UnreadableFile, UnusableData)) as caught:
        read_recording(path)
    assert len(str(caught.value)) < 3000
    assert "\n" not in str(caught.value)


def test_numbers_that_no_float_holds_are_no_pose(tmp_path: Path) -> None:
    path = SAMPLES["nerf"](tmp_path)
    text = (path / "transforms.json").read_text().replace("[0.0, 0.0, 0.0, 1.0]", f"[0, 0, 0, 1{'0' * 400}]", 1)
    (path / "transforms.json").write_text(text)
    with pytest.raises(UnusableData, match="not 4 x 4 finite numbers"):
        read_recording(path)


@pytest.mark.parametrize("name", ["npz", "hdf5-clips", "lerobot-v2", "nerf"])
def test_the_command_answers_in_one_line(name: str, tmp_path: Path) -> None:
    path = SAMPLES[name](tmp_path)
    for file in [path] if path.is_file() else [*path.rglob("*.json")]:
        file.write_bytes(file.read_bytes()[:-40])
    found = call("audit", "--data", str(path))
    assert found.status == 2
    assert "Traceback" not in found.err
    assert found.err.strip()
