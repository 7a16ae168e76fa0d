"""RLDS as TensorFlow Datasets stores it: TFRecord files, an example an episode, and what its features are in JSON.

The layouts: https://github.com/google-research/rlds and https://github.com/tensorflow/datasets,
tensorflow_datasets/core/example_serializer.py and features/feature.proto (`features.json`)
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int

from worldprobe.recordings.columns import Column, ColumnKind, kind_of
from worldprobe.recordings.encoded_frames import ENCODED, EncodedFrames, image_shape
from worldprobe.recordings.episodes import episode_of, starts_of_lengths
from worldprobe.recordings.formats.format import FORMATS, Format
from worldprobe.recordings.formats.in_memory import OpenedArrays
from worldprobe.recordings.formats.tfds_features import DESCRIPTION, FeatureShape, described_features
from worldprobe.recordings.formats.tfrecords import FramedRecord, Values, example_of, records
from worldprobe.recordings.problems import UnknownLayout, UnusableData, shortened
from worldprobe.recordings.recorded_frames import ArrayFrames, Frames, natural

STEPS = "steps/"
COUNTED_BY = ("is_first", "is_last", "is_terminal", "reward", "discount")
"""Features that have one number a step, by which steps are counted where no description says how wide others are."""
KEPT = 2
"""Parsed examples whose images are kept."""


@FORMATS.register("rlds")
class Rlds(Format):
    """`*.tfrecord*`, alone or in a folder with `features.json`; columns are the features of a step.

    Where features have no steps, every example is a row.
    """

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Go by the names of the files: in the folder, or in the only version's folder in it."""
        return bool(_files(path)) or bool(_array_records(path))

    @classmethod
    def open(cls, path: Path) -> OpenedArrays:
        """Read the numbers of all examples; raises UnreadableFile for damage, UnusableData where steps do not fit."""
        files = _files(path)
        if not files:
            mend = "Only TFRecord is: build the data set with file_format='tfrecord'."
            raise UnknownLayout(f"{path} holds ArrayRecord files, which are not read. {mend}")
        described = described_features(files[0].parent / DESCRIPTION)
        read = Examples(files[0].parent, described)
        for file in files:
            for record in records(file):
                read.add(record)
        if not read.records:
            raise UnusableData(path, "examples", "there are none", "The data set may have been downloaded in part.")
        found = read.opened(path)
        found.words = _words(files, len(read.records), read.episodic)
        return found


@dataclass
class Examples:
    """What was read of the examples so far."""

    folder: Path
    described: Mapping[str, FeatureShape]
    records: list[FramedRecord] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    numbers: dict[str, list[np.ndarray]] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    """In how many examples a feature is one image a step."""
    episodic: bool = True

    def add(self, record: FramedRecord) -> None:
        """Parse an example; raises UnusableData where its features do not fit its steps."""
        example = example_of(record)
        values = example.steps or _within(example.context)
        if not self.records:
            self.episodic = bool(values) or any(name.startswith(STEPS) for name in self.described)
        shapes = {name.removeprefix(STEPS): shape for name, shape in self.described.items()}
        values = values if self.episodic else example.context
        steps = _steps(record, values, shapes, example.counts) if self.episodic else 1
        for name, held in values.items():
            shape = shapes.get(name)
            if isinstance(held, list):
                picture = len(held) == steps and image_shape(held[0]) and (shape is None or shape.dtype == "uint8")
                self.images[name] = self.images.get(name, 0) + bool(picture)
            elif len(held) % steps == 0 and (shape is None or shape.holds(len(held), steps)):
                width = shape.shape if shape else () if len(held) == steps else (len(held) // steps,)
                cast = held.astype(shape.dtype) if shape and shape.kept else held
                self.numbers.setdefault(name, []).append(cast.reshape(steps, *width))
            elif shape is not None:
                problem = f"{name} has {len(held):,} numbers, and {steps:,} steps of {shape.width:,} are described"
                place = f"the example at byte {record.at:,}"
                raise UnusableData(record.file, place, problem, f"{DESCRIPTION} and the file must be of one version.")
        self.records.append(record)
        self.counts.append(steps)

    def opened(self, path: Path) -> OpenedArrays:
        """Return the columns: features that are in every example, in one shape."""
        rows = sum(self.counts)
        whole = {
            name: np.concatenate(parts)
            for name, parts in sorted(self.numbers.items())
            if len(parts) == len(self.records) and len({part.shape[1:] for part in parts}) == 1
        }
        columns = [
            Column(name, rows, array.shape[1:], str(array.dtype), kind_of(array.dtype, array.shape[1:]))
            for name, array in whole.items()
        ]
        pictures: dict[str, Callable[[], Frames]] = {
            column.name: _from_array(path, column.name, whole[column.name])
            for column in columns
            if column.kind is ColumnKind.PICTURE
        }
        starts = starts_of_lengths(self.counts)
        for name, count in sorted(self.images.items()):
            if count == len(self.records):
                columns.append(Column(name, rows, (), ENCODED[0], ColumnKind.PICTURE))
                pictures[name] = self._from_examples(name, starts, rows)
            else:
                shape = self.described.get(name) or self.described.get(STEPS + name)
                columns.append(Column(name, rows, (), shape.words if shape else "bytes", ColumnKind.OTHER))
        found = OpenedArrays(path, columns, whole, pictures)
        if self.episodic:
            found.starts, found.starts_in_words = starts, "every example is an episode: the file"
        return found

    def _from_examples(self, name: str, starts: Int[np.ndarray, " episodes"], rows: int) -> Callable[[], Frames]:
        return lambda: ExampleImages(self.folder, name, self.records, starts, rows)


class ExampleImages(EncodedFrames):
    """Image files in the steps of examples; the last few examples that were parsed are kept."""

    def __init__(
        self, path: Path, name: str, examples: Sequence[FramedRecord], starts: Int[np.ndarray, " episodes"], rows: int
    ) -> None:
        self._examples, self._starts = examples, starts
        self._parsed: OrderedDict[int, list[bytes]] = OrderedDict()
        super().__init__(path, name, rows)

    def stamp(self) -> str:
        return self._name + "\n".join(f"{one.file.name} {one.at} {one.size}" for one in self._examples)

    def _contents(self, rows: Int[np.ndarray, " k"]) -> Iterator[bytes]:
        for row, number in zip(rows.tolist(), episode_of(self._starts, rows).tolist(), strict=True):
            if number not in self._parsed:
                example = example_of(self._examples[number])
                held = (example.steps or _within(example.context) or example.context)[self._name]
                self._parsed[number] = held if isinstance(held, list) else []
                if len(self._parsed) > KEPT:
                    self._parsed.popitem(last=False)
            yield self._parsed[number][row - int(self._starts[number])]


def _from_array(path: Path, name: str, array: np.ndarray) -> Callable[[], Frames]:
    return lambda: ArrayFrames(path, name, array)


def _within(context: Values) -> Values:
    """Return the features of steps, as they are called within a step."""
    return {name.removeprefix(STEPS): values for name, values in context.items() if name.startswith(STEPS)}


def _steps(record: FramedRecord, values: Values, shapes: Mapping[str, FeatureShape], counted: Mapping[str, int]) -> int:
    """Return how many steps an example has; raises UnusableData where features disagree or none says it."""
    found = dict(counted)
    for name, held in values.items():
        shape = shapes.get(name)
        if shape is not None and shape.width and len(held) % shape.width == 0:
            found.setdefault(name, len(held) // shape.width)
    if not found:
        found = {name: len(values[name]) for name in COUNTED_BY if name in values}
    if len(set(found.values())) != 1 or not min(found.values()):
        said = shortened([f"{name} {count:,}" for name, count in found.items()]) or "none is described or well known"
        problem = f"its features do not agree on how many steps there are: {said}"
        mend = f"Is it a data set of RLDS episodes, with its {DESCRIPTION}?"
        raise UnusableData(record.file, f"the example at byte {record.at:,}", problem, mend)
    return next(iter(found.values()))


def _words(files: Sequence[Path], examples: int, episodic: bool) -> str:
    """Return what is said of the files: their splits, and how many are missing."""
    splits = dict.fromkeys(match[1] for file in files if (match := re.search(r"-(\w+)\.tfrecord", file.name)))
    said = f"{examples:,} examples" + (f" of {shortened(list(splits))}" if splits else "")
    last = re.search(r"-(\d{5})-of-(\d{5})$", files[-1].name)
    if last and len(splits) <= 1 and len(files) != int(last[2]):
        said += f", in {len(files):,} of {int(last[2]):,} files"
    return said if episodic else f"{said}, each a row"


def _files(path: Path, suffix: str = ".tfrecord") -> list[Path]:
    """Return the files that a path names: itself, those in it, or in the only folder in it that has a description."""
    if path.is_file():
        return [path] if suffix in path.name else []
    found = [entry for entry in path.iterdir() if suffix in entry.name and entry.is_file()]
    if not found:
        versions = [entry for entry in path.iterdir() if (entry / DESCRIPTION).is_file()]
        return _files(versions[0], suffix) if len(versions) == 1 else []
    return sorted(found, key=lambda entry: natural(entry.name))


def _array_records(path: Path) -> list[Path]:
    return _files(path, ".array_record")
