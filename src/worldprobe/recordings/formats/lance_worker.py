"""A program that reads a Lance table for another process: damage may end Lance's library, and then ends only this.

It is given the table's path, and on each line of its input what to read, in JSON: {"columns", "rows"}, rows being null
for all of them, or {"blob", "row", "to"}, a large value that is written to a file. It answers "+" or "-", eight bytes
with a length, and as many bytes: a stream of Arrow, whose schema says how many rows there are, or what went wrong.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import PurePosixPath
from typing import Any


def opened(path: str) -> Any:
    """Open a table; raises ValueError where one of its files lies outside of its folder."""
    import lance

    dataset = lance.dataset(path)
    for fragment in dataset.get_fragments():
        for file in fragment.data_files():
            name = PurePosixPath(str(file.path))
            if getattr(file, "base_id", None) is not None or name.is_absolute() or ".." in name.parts:
                raise ValueError(f"its file {file.path!r} lies outside of its folder")
    return dataset


def answer(dataset: Any, asked: dict[str, Any]) -> bytes:
    """Return what was asked for."""
    import pyarrow as pa

    if "blob" in asked:
        (blob,) = dataset.take_blobs(asked["blob"], indices=[asked["row"]])
        with open(asked["to"], "wb") as file:
            while content := blob.read(1 << 20):
                file.write(content)
        return b""
    rows, columns = asked["rows"], asked["columns"]
    found = dataset.to_table(columns=columns) if rows is None else dataset.take(rows, columns=columns)
    count = {b"rows": str(dataset.count_rows()).encode()}
    found = found.replace_schema_metadata(count)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, found.schema) as writer:
        writer.write_table(found)
    return sink.getvalue().to_pybytes()


def main() -> None:
    """Answer until there are no more questions."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    dataset = None
    for line in sys.stdin.buffer:
        try:
            dataset = dataset or opened(sys.argv[1])
            status, content = b"+", answer(dataset, json.loads(line))
        except BaseException as error:  # what Lance calls a panic is no Exception
            said = re.sub(r",? ?/\S+\.rs:\d+(:\d+)?", "", " ".join(str(error).split()))
            status, content = b"-", (said[:300] or type(error).__name__).encode()
        answers.write(status + len(content).to_bytes(8, "little") + content)
        answers.flush()


if __name__ == "__main__":
    main()
