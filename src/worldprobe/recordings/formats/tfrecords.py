"""TFRecord files of `tf.train.Example` and `tf.train.SequenceExample`, read without TensorFlow.

The layouts: https://www.tensorflow.org/tutorials/load_data/tfrecord (the framing) and, of the messages,
https://github.com/tensorflow/tensorflow, tensorflow/core/example/example.proto and feature.proto
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe.recordings.capacity import check_capacity
from worldprobe.recordings.problems import UnreadableFile, needing, reading

EXTRA = "rlds"
"""The extra of the package with what is needed to read these files."""
FRAMING = 16
"""Bytes around a record: its length, and a checksum of each."""
UNPACKED = 3
"""Times a record's size that it takes while it is parsed."""
GZIP = b"\x1f\x8b"
AGAIN = "It may be cut short or damaged: download or record it again."

Values = dict[str, "np.ndarray | list[bytes]"]
"""Features by name: numbers, flat, or a list of bytes."""


@dataclass(frozen=True)
class FramedRecord:
    """Where an example lies in its file."""

    file: Path
    at: int
    size: int


@dataclass(frozen=True)
class Example:
    """The features of an example; `steps` has, of a sequence example, the values of every step one after the other."""

    context: Values
    steps: Values
    counts: dict[str, int]
    """Of a sequence example: how many steps each of them has."""


def records(file: Path) -> Iterator[FramedRecord]:
    """Give where the records of a file lie; raises UnreadableFile for a length that its checksum does not confirm."""
    size, at = file.stat().st_size, 0
    with open(file, "rb") as handle:
        while at < size:
            handle.seek(at)
            head = handle.read(12)
            if not at and head.startswith(GZIP):
                raise UnreadableFile(file, "it is compressed", "Run `gunzip` on it.")
            if len(head) < 12 or _masked(head[:8]) != head[8:]:
                raise UnreadableFile(file, f"there is no record at byte {at:,}", AGAIN)
            length = int.from_bytes(head[:8], "little")
            if at + length + FRAMING > size:
                raise UnreadableFile(file, f"the record at byte {at:,} reaches beyond its end", AGAIN)
            yield FramedRecord(file, at, length)
            at += length + FRAMING


def example_of(record: FramedRecord) -> Example:
    """Parse a record; raises UnreadableFile where its checksum or its content is wrong."""
    check_capacity(f"{record.file}, the record at byte {record.at:,}", UNPACKED * record.size)
    with open(record.file, "rb") as handle:
        handle.seek(record.at + 12)
        content, checksum = handle.read(record.size), handle.read(4)
    if _masked(content) != checksum:
        raise UnreadableFile(record.file, f"the checksum of the record at byte {record.at:,} is wrong", AGAIN)
    message, failures = _messages()
    with reading(record.file, failures, UnicodeDecodeError):
        parsed = message.FromString(content)
    context = {name: _values([feature]) for name, feature in parsed.context.feature.items()}
    lists = {name: list(held.feature) for name, held in parsed.feature_lists.feature_list.items()}
    steps = {name: _values(features) for name, features in lists.items()}
    return Example(context, steps, {name: len(features) for name, features in lists.items()})


def _values(features: Sequence[Any]) -> np.ndarray | list[bytes]:
    """Return the values of features, one after the other; they are of the kind of the first."""
    kind = next((feature.WhichOneof("kind") for feature in features if feature.WhichOneof("kind")), None)
    if kind is None:
        return []
    held = [value for feature in features for value in getattr(feature, kind).value]
    return held if kind == "bytes_list" else np.array(held, dtype=np.float32 if kind == "float_list" else np.int64)


def _masked(content: bytes) -> bytes:
    """Return the checksum of bytes as TFRecord files hold it."""
    with needing("crc32c", "reading TFRecord files", EXTRA):
        from crc32c import crc32c
    found = crc32c(content)
    return ((((found >> 15) | (found << 17)) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


@cache
def _messages() -> tuple[Any, type[Exception]]:
    """Return the message SequenceExample, as which an Example can be parsed, too, and what a damaged one raises."""
    with needing("google", "reading TFRecord files", EXTRA):
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
        from google.protobuf.message import DecodeError
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_DESCRIPTION, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tfrecords.Example")), DecodeError


def _message(name: str, *fields: str) -> str:
    return f'message_type {{ name: "{name}" {" ".join(fields)} }}\n'


def _field(name: str, number: int, kind: str, repeated: bool = False) -> str:
    typed = f"type: TYPE_{kind}" if kind.isupper() else f'type: TYPE_MESSAGE type_name: ".tfrecords.{kind}"'
    label = "REPEATED" if repeated else "OPTIONAL"
    return f'name: "{name}" number: {number} label: LABEL_{label} {typed}'


def _by_name(name: str, title: str, entry: str, kind: str) -> str:
    """Return a message with one field, a map from names to messages."""
    fields = f"field {{ {_field('key', 1, 'STRING')} }} field {{ {_field('value', 2, kind)} }}"
    nested = f'nested_type {{ name: "{entry}" {fields} options {{ map_entry: true }} }}'
    return _message(name, f"field {{ {_field(title, 1, f'{name}.{entry}', True)} }}", nested)


_LISTS = ("bytes_list", "float_list", "int64_list")
_DESCRIPTION = (
    'name: "tfrecords" package: "tfrecords" syntax: "proto3"\n'
    + "".join(
        _message(name, f"field {{ {_field('value', 1, name.removesuffix('_list').upper(), True)} }}") for name in _LISTS
    )
    + _message(
        "Feature",
        *(f"field {{ {_field(name, place, name)} oneof_index: 0 }}" for place, name in enumerate(_LISTS, start=1)),
        'oneof_decl { name: "kind" }',
    )
    + _by_name("Features", "feature", "FeatureEntry", "Feature")
    + _message("FeatureList", f"field {{ {_field('feature', 1, 'Feature', True)} }}")
    + _by_name("FeatureLists", "feature_list", "FeatureListEntry", "FeatureList")
    + _message(
        "Example",
        f"field {{ {_field('context', 1, 'Features')} }}",
        f"field {{ {_field('feature_lists', 2, 'FeatureLists')} }}",
    )
)
"""What the messages are, as text: https://protobuf.dev/programming-guides/proto3 of example.proto and feature.proto."""
