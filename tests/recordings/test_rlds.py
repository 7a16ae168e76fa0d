"""RLDS: episodes of TFRecord files are read as they were written, without TensorFlow, and damage is named."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from recordings.rlds_folders import described, episode, jpeg, tensor, within, write_records, write_rlds
from recordings.videos import assert_nearly
from recordings.walks import walk
from worldprobe.errors import MissingDependency
from worldprobe.recordings import Recording, UnknownLayout, UnreadableFile, UnusableData, describe, read_recording

pytest.importorskip("tfrecord")
W = walk()


def assert_read(r: Recording) -> None:
    assert r.source.format == "rlds"
    np.testing.assert_array_equal(r.states, W.states)
    np.testing.assert_array_equal(r.episodes, W.starts)
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions, W.actions)
    assert r.frames is not None
    rows = np.array([38, 0, 17, 17, 12])
    assert_nearly(r.frames.read(rows), W.frames[rows])


@pytest.mark.parametrize("inside", [True, False])
def test_episodes_are_read_without_tensorflow(inside: bool, tmp_path: Path) -> None:
    path = write_rlds(tmp_path / "demo" / "1.0.0", W)
    r = read_recording(path if inside else path.parent)
    assert_read(r)
    assert "3 examples of train" in r.chosen["format"]
    assert r.chosen["episode"].startswith("every example is an episode: the file says where each begins")
    assert "tensorflow" not in sys.modules


def test_types_are_those_of_the_description(tmp_path: Path) -> None:
    columns = {found.column.name: found.column for found in describe(write_rlds(tmp_path / "demo", W)).columns}
    assert (columns["is_first"].type, columns["action"].shape) == ("bool", (2,))
    assert columns["language_instruction"].type == "text"


def test_a_file_alone_is_counted_by_its_flags(tmp_path: Path) -> None:
    parts = zip(*(W.parts(array) for array in (W.states, W.actions, W.frames)), strict=True)
    assert_read(read_recording(write_records(tmp_path / "demo.tfrecord", [episode(*part) for part in parts])))


def test_sequence_examples_are_episodes(tmp_path: Path) -> None:
    steps = [
        {"state": (states.tolist(), "float"), "action": (actions.tolist(), "float")}
        for states, actions in zip(W.parts(W.states), W.parts(W.actions), strict=True)
    ]
    r = read_recording(write_records(tmp_path / "demo.tfrecord", [{"id": ([0], "int")}] * 3, steps))
    np.testing.assert_array_equal(r.states, W.states)
    np.testing.assert_array_equal(r.episodes, W.starts)


def test_examples_without_steps_are_rows(tmp_path: Path) -> None:
    rows = [
        {"image": ([jpeg(frame)], "byte"), "state": (state.tolist(), "float"), "episode": ([number], "int")}
        for frame, state, number in zip(W.frames, W.states, W.episode.tolist(), strict=True)
    ]
    r = read_recording(write_records(tmp_path / "rows.tfrecord", rows))
    np.testing.assert_array_equal(r.states, W.states)
    np.testing.assert_array_equal(r.episodes, W.starts)
    assert r.frames is not None
    assert_nearly(r.frames.read([3, 38]), W.frames[[3, 38]])


def test_pictures_that_are_tensors_are_frames_and_deep_ones_are_not(tmp_path: Path) -> None:
    path = write_rlds(tmp_path / "demo", W, shards=1)
    said = described(W)
    steps = {"x": tensor("float32"), "seen": tensor("uint8", 16, 24, 3), "depth": {"image": {"dtype": "uint16"}}}
    said["featuresDict"]["features"]["steps"]["sequence"]["feature"] = within(steps)
    (path / "features.json").write_text(json.dumps(said))
    features = {"x": (W.states[:4, 0].tolist(), "float"), "seen": (W.frames[:4].ravel().tolist(), "int")}
    features["depth"] = ([jpeg(frame) for frame in W.frames[:4]], "byte")
    write_records(next(path.glob("*.tfrecord*")), [{f"steps/{name}": held for name, held in features.items()}])
    r = read_recording(path)
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([0, 3]), W.frames[[0, 3]])
    assert r.chosen["frames"].startswith("seen")


@pytest.mark.parametrize(("at", "said"), [(3, "no record at byte 0"), (200, "checksum of the record at byte 0")])
def test_a_bit_that_flipped_is_found(at: int, said: str, tmp_path: Path) -> None:
    shard = next(write_rlds(tmp_path / "demo", W, shards=1).glob("*.tfrecord*"))
    content = bytearray(shard.read_bytes())
    content[at] ^= 4
    shard.write_bytes(content)
    with pytest.raises(UnreadableFile, match=said):
        read_recording(tmp_path / "demo")


def test_a_file_cut_short_or_compressed_is_refused(tmp_path: Path) -> None:
    path = write_rlds(tmp_path / "demo", W)
    shard = sorted(path.glob("*.tfrecord*"))[1]
    os.truncate(shard, shard.stat().st_size - 5)
    with pytest.raises(UnreadableFile, match="reaches beyond its end"):
        read_recording(path)
    shard.write_bytes(b"\x1f\x8b" + bytes(100))
    with pytest.raises(UnreadableFile, match="it is compressed"):
        read_recording(path)
    shard.unlink()
    assert "in 1 of 2 files" in read_recording(path).chosen["format"]


def test_steps_that_do_not_fit_the_description_are_refused(tmp_path: Path) -> None:
    path = write_rlds(tmp_path / "demo", W)
    said = json.loads((path / "features.json").read_text().replace('"2"', '"3"'))
    (path / "features.json").write_text(json.dumps(said))
    with pytest.raises(UnusableData, match=r"do not agree on how many steps there are.*action 8"):
        read_recording(path)
    (path / "features.json").unlink()
    with_no_counts = {"steps/state": ([1.0, 2.0], "float")}
    for shard in path.glob("*.tfrecord*"):
        write_records(shard, [with_no_counts])
    with pytest.raises(UnusableData, match="none is described or well known"):
        read_recording(path)


def test_array_records_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "features.json").write_text("{}")
    (tmp_path / "demo-train.array_record-00000-of-00001").write_bytes(b"x")
    with pytest.raises(UnknownLayout, match="ArrayRecord files, which are not read"):
        read_recording(tmp_path)


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_rlds(tmp_path / "demo", W)
    monkeypatch.setitem(sys.modules, "crc32c", None)
    with pytest.raises(MissingDependency, match=r"crc32c is missing; .*pip install 'worldprobe\[rlds\]'"):
        read_recording(path)
