"""Where a LeRobot dataset keeps each episode: one file each up to v2.1, many in a file from v3.0 on.

The layouts: https://github.com/huggingface/lerobot, docs/source/lerobot-dataset-v3.mdx and, for both side by side,
src/lerobot/scripts/convert_dataset_v21_to_v30.py
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.formats.arrow import arrow, parquet_file
from worldprobe.recordings.local_paths import local_path
from worldprobe.recordings.problems import UnknownLayout, UnreadableFile, UnusableData, shortened

MOST = 1 << 40
"""Episodes and rows that an index may list."""
WIDEST_FIELD = 100
"""Characters to which a template of a file's name may fill up a number."""

IS_IT = "Is it the info.json of a LeRobot dataset?"
IN_PART = "The dataset may have been downloaded or recorded in part."


@dataclass(frozen=True)
class Info:
    """What `meta/info.json` says; `path` is that file."""

    path: Path
    version: str
    fps: float
    features: dict[str, dict[str, Any]]
    said: dict[str, Any]

    @property
    def root(self) -> Path:
        """The dataset's folder."""
        return self.path.parent.parent

    def file(self, template: str, **fields: Any) -> Path:
        """Return the file that a template of the info names; raises UnusableData for a template that does not fit."""
        try:
            said = str(self.said[template])
            if any(int(number) > WIDEST_FIELD for number in re.findall(r"\d{1,18}", said)) or len(said) > 1000:
                raise ValueError("a width of more than 100 characters")
            return local_path(self.root, said.format(**fields))
        except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
            known = ", ".join(fields)
            problem = f"{self.said.get(template)!r} does not name a file from {known} ({type(error).__name__}: {error})"
            raise UnusableData(self.path, template, problem) from error


@dataclass(frozen=True)
class Span:
    """The rows of one episode in a file; of a video, from which second on."""

    path: Path
    seconds: float = 0.0


@dataclass(frozen=True)
class Index:
    """The episodes of a dataset, in order."""

    numbers: Int[np.ndarray, " episodes"]
    lengths: Int[np.ndarray, " episodes"]
    data: Sequence[Path]
    videos: Callable[[str], Sequence[Span]]
    """The file of every episode, by the name of a video feature."""

    def files(self) -> tuple[list[Path], list[int]]:
        """Return the data files, each once and in order, and how many rows each must have."""
        rows: dict[Path, int] = {}
        for path, length in zip(self.data, self.lengths.tolist(), strict=True):
            rows[path] = rows.get(path, 0) + length
        return list(rows), list(rows.values())


def read_info(root: Path) -> Info:
    """Read `meta/info.json`; raises UnreadableFile where it is no whole JSON, UnusableData where a key is missing."""
    path = root / "meta" / "info.json"
    try:
        said = json.loads(path.read_text(encoding="utf8"))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(path, f"it is not JSON ({error})", IN_PART) from error
    needed = ("codebase_version", "fps", "features", "data_path")
    lacking = [key for key in needed if not isinstance(said, dict) or key not in said]
    if lacking:
        raise UnusableData(path, "keys", f"there is no {', '.join(lacking)}", IS_IT)
    features = said["features"]
    if not isinstance(features, dict) or not all(isinstance(feature, dict) for feature in features.values()):
        raise UnusableData(path, "features", f"it is {_short(features)}, not an object of objects", IS_IT)
    for name, feature in features.items():
        shape = feature.get("shape") or []
        if not isinstance(shape, list) or not all(type(size) is int and 0 <= size < 1 << 31 for size in shape):
            raise UnusableData(path, f"features, {name!r}, shape", f"it is {_short(shape)}, not whole numbers", IS_IT)
    for key in ("fps", "chunks_size", "total_episodes"):
        value = said.get(key, 1)
        if type(value) not in (int, float) or not 0 < value < 1e9:
            raise UnusableData(path, key, f"it is {_short(value)}, not a positive number", IS_IT)
    return Info(path, str(said["codebase_version"]), float(said["fps"]), features, said)


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else f"{text[:57]}..."


def index_of(info: Info) -> Index:
    """Return where the episodes are; raises UnknownLayout for a version that is neither 2 nor 3, UnusableData where the
    episodes that are listed are not those that are promised."""
    reader = {"v2": _index_v2, "v3": _index_v3}.get(info.version.partition(".")[0])
    if reader is None:
        raise UnknownLayout(
            f"{info.root} is a LeRobot dataset of version {info.version!r}; v2.0, v2.1 and v3.0 are read. "
            "Convert it with LeRobot's own scripts."
        )
    index = reader(info)
    promised = info.said.get("total_episodes", len(index.lengths))
    if promised != len(index.lengths):
        problem = f"it promises {promised:,}, and {len(index.lengths):,} are listed"
        raise UnusableData(info.path, "total_episodes", problem, IN_PART)
    if not len(index.lengths) or index.lengths.min() < 1:
        raise UnusableData(info.root / "meta", "episodes", "there are none, or some without rows", IN_PART)
    return index


def _index_v2(info: Info) -> Index:
    """Read `meta/episodes.jsonl`: every episode has a Parquet file, and a video file for every camera."""
    path = info.root / "meta" / "episodes.jsonl"
    if not path.is_file():
        raise UnreadableFile(path, "there is no such file", IN_PART)
    found: dict[int, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf8", errors="replace").splitlines(), start=1):
        if line.strip():
            try:
                episode = json.loads(line)
                place, length = int(episode["episode_index"]), int(episode["length"])
                if not (0 <= place < MOST and 0 <= length < MOST):
                    raise ValueError(f"episode {place:,} of {length:,} rows")
                found[place] = length
            except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
                raise UnreadableFile(path, f"line {number} is not an episode ({error!r})", IN_PART) from error
    numbers = np.array(sorted(found), dtype=np.int64)
    size = int(info.said.get("chunks_size", 1000))

    def file(template: str, number: int, **fields: str) -> Path:
        return info.file(template, episode_chunk=number // size, episode_index=number, **fields)

    def videos(key: str) -> list[Span]:
        return [Span(file("video_path", number, video_key=key)) for number in numbers.tolist()]

    lengths = np.array([found[number] for number in numbers.tolist()], dtype=np.int64)
    return Index(numbers, lengths, [file("data_path", number) for number in numbers.tolist()], videos)


def _index_v3(info: Info) -> Index:
    """Read `meta/episodes/`: files hold many episodes, found by chunk and file numbers and, in videos, by seconds."""
    folder = info.root / "meta" / "episodes"
    shards = sorted(folder.glob("*/*.parquet"))
    if not shards:
        raise UnreadableFile(folder, "there is no Parquet file in it", IN_PART)
    tables = []
    for shard in shards:
        with arrow(shard):
            opened = parquet_file(shard)
            names = [name for name in opened.schema_arrow.names if not name.startswith("stats/")]
            tables.append(opened.read(columns=names))

    def column(name: str) -> np.ndarray:
        lacking = [shard for shard, table in zip(shards, tables, strict=True) if name not in table.column_names]
        if lacking:
            said = shortened(tables[0].column_names)
            raise UnusableData(lacking[0], "columns", f"there is no {name!r}, only {said}")
        parts = [table.column(name).to_numpy() for table in tables]
        for shard, part in zip(shards, parts, strict=True):
            if part.dtype.kind not in "iuf" or not (np.abs(part.astype(np.float64)) < MOST).all():
                raise UnusableData(shard, f"column {name!r}", "it does not hold a sensible number for every episode")
        return np.concatenate(parts)

    order = np.argsort(column("episode_index"), kind="stable")

    def files(template: str, kind: str, **fields: str) -> list[Path]:
        places = zip(column(f"{kind}/chunk_index")[order], column(f"{kind}/file_index")[order], strict=True)
        return [info.file(template, chunk_index=int(chunk), file_index=int(file), **fields) for chunk, file in places]

    def videos(key: str) -> list[Span]:
        seconds = column(f"videos/{key}/from_timestamp")[order]
        paths = files("video_path", f"videos/{key}", video_key=key)
        return [Span(path, float(second)) for path, second in zip(paths, seconds, strict=True)]

    lengths = column("length")[order].astype(np.int64)
    return Index(column("episode_index")[order].astype(np.int64), lengths, files("data_path", "data"), videos)
