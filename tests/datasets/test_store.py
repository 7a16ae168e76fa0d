"""Datasets on disk: what is read is what the world renders, and bad disks are answered in words."""

import errno
import logging
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toy import ToyVectors, ToyWorld
from worldprobe._util import locks
from worldprobe._util.files import file_sha256
from worldprobe.datasets import Dataset, DatasetSpec, Store, canonical, exploration
from worldprobe.errors import DamagedData, InvalidValue, NotEnoughRoom, UnwritableFolder
from worldprobe.explore import Gaussian

FRAMES = 300  # five shards of 64, the last with 44


def spec_of(world: ToyWorld, frames: int = FRAMES) -> DatasetSpec:
    return exploration(world, Gaussian(), frames, 0)


def shards_of(dataset: Dataset) -> list[Path]:
    return sorted(dataset.path.glob("0*.npy"))


class Counter:
    """Counts the frames that a store says it rendered."""

    def __init__(self) -> None:
        self.frames = 0

    def __call__(self, frames: int) -> None:
        self.frames += frames


def test_frames_are_the_worlds_observations_of_the_controls(store: Store, world: ToyWorld) -> None:
    dataset = store.ensure(spec_of(world))
    assert dataset.frame_count == FRAMES
    assert len(shards_of(dataset)) == 5
    frames = dataset.frames()
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, world.observe(dataset.controls))
    np.testing.assert_array_equal(dataset.index, np.arange(FRAMES).reshape(-1, 2))


def test_worlds_of_vectors_are_stored_as_float32(store: Store) -> None:
    world = ToyVectors()
    dataset = store.ensure(canonical(world, 100, 0))
    assert dataset.frames().dtype == np.float32
    np.testing.assert_array_equal(dataset.frames(), world.observe(dataset.controls))


def test_a_few_frames_are_read_in_the_order_asked_for(store: Store, world: ToyWorld) -> None:
    dataset = store.ensure(spec_of(world))
    rows = np.array([299, 0, 64, 63, 0, 130])
    np.testing.assert_array_equal(dataset.read(rows), dataset.frames()[rows])


def test_every_shard_carries_its_sha256_and_the_folder_says_what_it_is(store: Store, world: ToyWorld) -> None:
    spec = spec_of(world)
    dataset = store.ensure(spec)
    for shard in shards_of(dataset):
        assert shard.stem.split("-")[1] == file_sha256(shard)
    np.testing.assert_array_equal(np.load(dataset.path / "controls.npy"), dataset.controls)
    assert spec.key in str(dataset.path)
    assert '"gaussian"' in (dataset.path / "dataset.json").read_text()


def test_what_is_there_is_not_rendered_again(store: Store, world: ToyWorld) -> None:
    spec, first, second = spec_of(world), Counter(), Counter()
    assert store.missing(spec) == FRAMES
    store.ensure(spec, first)
    assert store.missing(spec) == 0
    store.ensure(spec, second)
    assert (first.frames, second.frames) == (FRAMES, 0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.sets(st.integers(0, 4)), cut=st.integers(0, 4))
def test_a_resumed_dataset_has_the_bytes_of_one_made_at_once(
    store: Store, world: ToyWorld, lost: set[int], cut: int
) -> None:
    """Whatever subset of shards survives, and if one of them was damaged too."""
    spec = spec_of(world)
    whole = store.ensure(spec)
    names, frames = [path.name for path in shards_of(whole)], whole.frames()
    for number in lost:
        (whole.path / names[number]).unlink()
    damaged = whole.path / names[cut]
    if damaged.exists():
        damaged.write_bytes(damaged.read_bytes()[:-100])
    resumed = store.ensure(spec)
    assert [path.name for path in shards_of(resumed)] == names
    np.testing.assert_array_equal(resumed.frames(), frames)


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip_a_bit, truncate, empty])
def test_a_damaged_shard_is_named_and_rendered_again(
    damage: object, store: Store, world: ToyWorld, caplog: pytest.LogCaptureFixture
) -> None:
    spec, rendered = spec_of(world), Counter()
    frames = store.ensure(spec).frames()
    victim = shards_of(store.ensure(spec))[2]
    damage(victim)  # type: ignore[operator]
    with caplog.at_level(logging.WARNING):
        repaired = store.ensure(spec, rendered)
    assert victim.name in caplog.text
    assert repaired.repaired == (victim.name,)
    assert victim.name in (repaired.path / "damaged.txt").read_text()
    assert rendered.frames == 64
    np.testing.assert_array_equal(repaired.frames(), frames)


@pytest.mark.parametrize("damage", [flip_a_bit, truncate, Path.unlink])
def test_damage_after_verification_is_never_read_as_frames(damage: object, store: Store, world: ToyWorld) -> None:
    dataset = store.ensure(spec_of(world))
    victim = shards_of(dataset)[1]
    damage(victim)  # type: ignore[operator]
    with pytest.raises(DamagedData, match="00001-"):
        dataset.frames()
    with pytest.raises(DamagedData, match="00001-"):
        dataset.read(np.array([70]))
    assert len(dataset.read(np.array([0]))) == 1


def test_a_disk_that_would_not_hold_it_is_noticed_before_the_first_frame(
    store: Store, world: ToyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=10**9, used=0, free=50_000_000))
    rendered = Counter()
    with pytest.raises(NotEnoughRoom, match=r"needs 67 MB .*50 MB are free.*WORLDPROBE_CACHE"):
        store.ensure(spec_of(world), rendered)
    assert rendered.frames == 0


def test_a_full_disk_does_not_refuse_what_is_already_there(
    store: Store, world: ToyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ensure(spec_of(world))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=1, used=1, free=0))
    assert store.ensure(spec_of(world)).frame_count == FRAMES


def test_a_disk_that_fills_up_keeps_every_finished_shard(
    store: Store, world: ToyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, write, written, rendered = spec_of(world), Path.write_bytes, Counter(), Counter()

    def until_full(path: Path, content: bytes) -> int:
        written(1)
        if written.frames == 3:
            write(path, content[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(NotEnoughRoom, match="is full"):
        store.ensure(spec)
    assert store.missing(spec) == FRAMES - 2 * 64
    store.ensure(spec, rendered)
    assert rendered.frames == FRAMES - 2 * 64


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, world: ToyWorld) -> None:
    """A file where the folder should be: permissions would not stop root."""
    (tmp_path / "datasets").write_text("in the way")
    with pytest.raises(UnwritableFolder, match=r"Cannot write in .*datasets.*WORLDPROBE_CACHE"):
        Store(tmp_path / "datasets").ensure(spec_of(world))


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (lambda frames: frames[:, 1:], r"\(300, 15, 16, 3\)"),
        (lambda frames: frames.astype(np.float32), "float32"),
        (lambda frames: frames[:-1], r"\(299, 16, 16, 3\)"),
    ],
)
def test_a_world_that_breaks_its_word_is_refused(
    fault: object, named: str, tmp_path: Path, world: ToyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = ToyWorld.observe
    monkeypatch.setattr(ToyWorld, "observe", lambda self, z: fault(honest(self, z)))  # type: ignore[operator]
    with pytest.raises(InvalidValue, match=named):
        Store(tmp_path).ensure(spec_of(world))


def test_a_world_that_gives_nan_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = ToyVectors()
    monkeypatch.setattr(ToyVectors, "observe", lambda self, z: np.full((len(z), 6), np.nan, dtype=np.float32))
    with pytest.raises(InvalidValue, match="NaN"):
        Store(tmp_path).ensure(canonical(world, 10, 0))


def test_where_files_cannot_be_locked_datasets_are_made_all_the_same(
    store: Store, world: ToyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    assert store.ensure(spec_of(world)).frame_count == FRAMES


def test_the_store_lives_in_the_cache_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path))
    assert Store().root == tmp_path / "datasets"


def test_rows_and_pieces_are_those_of_all_frames(store: Store, world: ToyWorld) -> None:
    dataset = store.ensure(spec_of(world))
    everything, reader = dataset.frames(), dataset.reader()
    rows = np.random.default_rng(0).integers(0, FRAMES, 700)  # repeated, neighbouring and of every shard
    np.testing.assert_array_equal(reader.read(rows), everything[rows])
    np.testing.assert_array_equal(reader.read(np.arange(FRAMES)), everything)
    assert reader.read(np.array([], dtype=int)).shape == (0, 16, 16, 3)
    for size in (1, 50, 64, 299, 1000):
        pieces = list(dataset.pieces(size))
        assert {len(piece) for piece in pieces[:-1]} <= {size}
        np.testing.assert_array_equal(np.concatenate(pieces), everything)


def test_a_reader_refuses_a_shard_that_is_missing_or_ends_early(store: Store, world: ToyWorld) -> None:
    dataset = store.ensure(spec_of(world))
    reader, shard = dataset.reader(), shards_of(dataset)[1]
    os.truncate(shard, shard.stat().st_size - 1)
    with pytest.raises(DamagedData, match=shard.name):
        reader.read(np.array([0, 127]))
    shard.unlink()
    with pytest.raises(DamagedData, match="00001"):
        reader.read(np.array([64]))
    with pytest.raises(DamagedData, match="00001"):
        dataset.reader()


def test_a_shard_that_changes_after_it_was_verified_is_found_by_the_same_store(store: Store, world: ToyWorld) -> None:
    dataset = store.ensure(spec_of(world))
    assert store.ensure(spec_of(world)).repaired == ()
    shard = shards_of(dataset)[1]
    with open(shard, "r+b") as handle:
        handle.seek(-1, os.SEEK_END)
        last = handle.read(1)
        handle.seek(-1, os.SEEK_END)
        handle.write(bytes([last[0] ^ 1]))
    assert store.ensure(spec_of(world)).repaired == (shard.name,)
