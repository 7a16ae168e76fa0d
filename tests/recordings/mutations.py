"""Damage to a file that a test makes: bytes, and the values, shapes and names that its format holds."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import torch
from pyarrow import parquet

OUTSIDE = "../outside/secret.png"
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**30, 10**400, 1e308, float("nan"), "", "x", "\x00", "²", "../x", "/etc/passwd", OUTSIDE),
    *(
        "a\nb",
        "{:>1000000000}",
        "{a.b[c]}",
        "{",
        "n" * 100_000,
        "9" * 5000,
        [],
        {},
        [[]],
        {"a": {}},
        [1, [2]],
        "../outside",
    ),
)
DEEP = 100_000


def mutate(path: Path, draw: random.Random) -> None:
    """Damage a file in one way or two; the same draw gives the same damage."""
    ways = [_bytes]
    if path.suffix in (".json", ".jsonl"):
        ways += [_json, _json, _deep]
    if path.suffix in (".txt", ".csv", ".traj"):
        ways += [_words, _words, _deep]
    if path.suffix in (".h5", ".hdf5"):
        ways += [_hdf5] * 3
    if path.suffix == ".npz":
        ways += [_npz] * 3
    if path.suffix == ".parquet":
        ways += [_parquet] * 3
    if path.suffix == ".pt":
        ways += [_tensors] * 2
    if ".tfrecord" in path.name:
        ways += [_record] * 3
    draw.choice(ways)(path, draw)


def _bytes(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 1, 4, 16))):
        at = draw.randrange(max(len(content), 1))
        way = draw.randrange(4)
        if way == 0 and content:
            content[at] ^= 1 << draw.randrange(8)
        elif way == 1:
            content[at : at + draw.choice((1, 4, 8))] = b"\xff" * draw.choice((1, 4, 8))
        elif way == 2:
            del content[at : at + draw.choice((1, 7, 1000))]
        else:
            del content[at:]
    path.write_bytes(content)


def _record(path: Path, draw: random.Random) -> None:
    """Damage the first record and write its checksums anew, so that the damage is parsed."""
    from tfrecord.writer import TFRecordWriter

    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    record, rest = bytearray(content[12 : 12 + size]), content[16 + size :]
    damage = (b"", b"\xff", b"\x00" * 4, bytes([draw.randrange(256)]))
    for _ in range(draw.choice((1, 1, 8))):
        at = draw.randrange(max(len(record), 1))
        record[at : at + draw.choice((0, 1, 4))] = draw.choice(damage)
    length = len(record).to_bytes(8, "little")
    checked = length + TFRecordWriter.masked_crc(length) + record + TFRecordWriter.masked_crc(bytes(record))
    path.write_bytes(checked + rest)


def _deep(path: Path, draw: random.Random) -> None:
    path.write_text(draw.choice(("[", '{"a":', "(", '"', "#", ",", " ")) * DEEP)


def _json(path: Path, draw: random.Random) -> None:
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    at = draw.randrange(len(lines))
    said = json.loads(lines[at])
    places = list(_places(said))
    holder, key = draw.choice(places)
    holder[key] = draw.choice(VALUES)
    if draw.random() < 0.2:
        del holder[key]
    lines[at] = json.dumps(said)
    path.write_text("\n".join(lines))


def _places(held: Any) -> Any:
    """Give every container of nested JSON with each of its keys."""
    for key in list(held) if isinstance(held, dict) else range(len(held)):
        yield held, key
        if isinstance(held[key], dict | list):
            yield from _places(held[key])


def _words(path: Path, draw: random.Random) -> None:
    words = re.split(r"([\s,\t]+)", path.read_text())
    at = draw.randrange(len(words))
    words[at] = str(draw.choice(VALUES))
    path.write_text("".join(words), errors="replace")


def _hdf5(path: Path, draw: random.Random) -> None:
    with h5py.File(path, "a") as file:
        names: list[str] = []
        file.visit(names.append)
        name = draw.choice(names)
        rows = file[name].shape[0] if isinstance(file[name], h5py.Dataset) and file[name].shape else 3
        del file[name]
        put = draw.randrange(11)
        if put == 0:
            file.create_group(name)
        elif put == 1:
            file[name] = 3.0
        elif put == 2:
            file.create_dataset(name, (10**12, 3), "f4", chunks=(1024, 3))
        elif put == 3:
            file.create_dataset(name, (rows, 1 << 20, 1 << 20), "u1", chunks=(1, 512, 512))
        elif put == 4:
            file.create_dataset(name, (rows,), h5py.string_dtype())
        elif put == 5:
            file[name] = h5py.ExternalLink(str(path.parent.parent / "outside" / "secret.h5"), "state")
        elif put == 6:
            file[name] = h5py.SoftLink("/nowhere")
        elif put == 7:
            layout = h5py.VirtualLayout((rows, 3), "f4")
            layout[:] = h5py.VirtualSource(str(path.parent.parent / "outside" / "secret.h5"), "state", (rows, 3))
            file.create_virtual_dataset(name, layout)
        elif put == 8:
            file[name] = np.full((rows, 3), draw.choice((np.nan, np.inf, 1e300, 0.0)))
        elif put == 9:
            file.create_dataset(name, (rows, 3), "f4", chunks=(1 << 28, 3), maxshape=(None, 3), compression="gzip")
        else:
            file[name] = np.zeros((0, 3)) if draw.random() < 0.5 else np.zeros(rows, dtype=[("a", "i4"), ("b", "f8")])


def _npz(path: Path, draw: random.Random) -> None:
    with np.load(io.BytesIO(path.read_bytes())) as archive:
        held = {name: archive[name] for name in archive.files}
    name = draw.choice(list(held))
    rows = len(held[name])
    put = draw.randrange(6)
    if put == 0:
        held[name] = np.array(draw.choice((3.0, np.zeros((0, 3)), np.zeros((rows, 0)))))
    elif put == 1:
        held[name] = np.array([{}] * rows)
    elif put == 2:
        held[name] = np.full((rows, 3), draw.choice((np.nan, np.inf, 1e300)))
    np.savez_compressed(path, **held)
    if put >= 3:
        _bomb(path, name, draw.choice(((10**12, 3), (1 << 14, 1 << 16), (2, 1 << 15, 1 << 15, 3), (-1, 3))), put == 3)


def _bomb(path: Path, name: str, shape: tuple[int, ...], big: bool) -> None:
    """Let an array's header promise far more than is there, or in a bomb write all of that as zeros."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        held = {info.filename: archive.read(info) for info in archive.infolist()}
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    size = int(np.prod(shape, dtype=np.float64)) if big and 0 < np.prod(shape, dtype=np.float64) < 1 << 31 else 1000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file, content in held.items():
            if file != f"{name}.npy":
                archive.writestr(file, content)
                continue
            with archive.open(file, "w", force_zip64=True) as handle:
                handle.write(header.getvalue())
                for at in range(0, min(size, 1 << 29), 1 << 24):
                    handle.write(bytes(min(1 << 24, size - at)))


def _parquet(path: Path, draw: random.Random) -> None:
    table = parquet.read_table(path)
    name = draw.choice(table.column_names)
    at, rows = table.column_names.index(name), table.num_rows
    put = draw.randrange(7)
    if put == 0:
        table = table.drop_columns([name])
    elif put == 1:
        table = table.set_column(at, name, pa.array([None] * rows, draw.choice((pa.float64(), pa.null(), pa.string()))))
    elif put == 2:
        table = table.set_column(at, name, pa.array([[1.0] * row for row in range(rows)]))
    elif put == 3:
        table = table.set_column(at, name, pa.array([draw.choice((10**18, -1, 1))] * rows))
    elif put == 4:
        table = table.set_column(at, name, pa.array([draw.choice((OUTSIDE, "²", "/etc/passwd", "n" * 9999))] * rows))
    elif put == 5:
        table = table.set_column(at, name, pa.array([{"a": 1}] * rows))
    else:
        table = pa.table({key: pa.array([0] * (1 << 24)) if key == name else [0] * (1 << 24) for key in ("a", name)})
    parquet.write_table(table, path)


def _tensors(path: Path, draw: random.Random) -> None:
    held = torch.load(path, weights_only=True)
    name = draw.choice(list(held))
    held[name] = draw.choice(
        [
            *(
                None,
                3,
                "x",
                [1],
                torch.zeros(()),
                torch.zeros(2, 7, dtype=torch.bfloat16),
                torch.zeros(2, 7).to("meta"),
            ),
            *(torch.zeros(1).expand(2, 7, 10**9), torch.zeros(1).expand(10**9, 7, 3), torch.full((2, 7, 3), torch.nan)),
            torch.sparse_coo_tensor(torch.zeros(3, 1, dtype=torch.long), torch.ones(1), (2, 7, 10**10)),
            torch.quantize_per_tensor(torch.zeros(2, 7, 3), 1.0, 0, torch.qint8),
        ]
    )
    torch.save(held, path)
