"""Datasets survive a kill at any moment and two processes that want the same one at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from toy import ToyWorld
from worldprobe.datasets import Store, exploration
from worldprobe.explore import Gaussian

FRAMES = 640  # ten shards of 64

PROGRAM = """
import sys
from pathlib import Path
from toy import ToyWorld
from worldprobe.datasets import Store, exploration, shards, store
from worldprobe.explore import Gaussian

shards.SHARD_BYTES, store.BATCH = 64 * 768, 16
world = ToyWorld(delay=float(sys.argv[2]))
rendered = []
dataset = Store(Path(sys.argv[1])).ensure(exploration(world, Gaussian(), 640, 0), rendered.append)
print(sum(rendered), dataset.frames().sum())
"""


def start(root: Path, delay: float) -> subprocess.Popen[str]:
    tests = str(Path(__file__).parents[1])
    command = [sys.executable, "-c", PROGRAM, str(root), str(delay)]
    return subprocess.Popen(command, cwd=tests, stdout=subprocess.PIPE, text=True)


def finished(folder: Path) -> dict[str, int]:
    """Inodes of finished shards: a shard that was written again has another one."""
    return {path.name: path.stat().st_ino for path in folder.glob("0*.npy")}


@pytest.mark.slow
def test_kill_in_the_middle_loses_the_shard_in_flight_at_most(store: Store, world: ToyWorld) -> None:
    spec = exploration(world, Gaussian(), FRAMES, 0)
    folder, rendered = store.folder(spec), []
    child = start(store.root, delay=0.002)
    while len(finished(folder)) < 3 and child.poll() is None:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    survivors = finished(folder)
    assert 3 <= len(survivors) < 10
    dataset = store.ensure(spec, rendered.append)
    assert sum(rendered) == FRAMES - 64 * len(survivors)
    assert survivors.items() <= finished(folder).items()
    np.testing.assert_array_equal(dataset.frames(), world.observe(dataset.controls))
    assert not dataset.repaired


def test_what_a_kill_leaves_half_written_is_swept_up(store: Store, world: ToyWorld) -> None:
    spec = exploration(world, Gaussian(), FRAMES, 0)
    store.folder(spec).mkdir(parents=True)
    half = store.folder(spec) / ".00000-abc.npy.99999.part"
    half.write_bytes(b"half a shard")
    dataset = store.ensure(spec)
    assert not half.exists()
    np.testing.assert_array_equal(dataset.frames(), world.observe(dataset.controls))


@pytest.mark.slow
def test_two_processes_at_once_share_the_work_and_agree(store: Store, world: ToyWorld) -> None:
    children = [start(store.root, delay=0.0005) for _ in range(2)]
    answers = [child.communicate(timeout=60)[0].split() for child in children]
    assert all(child.returncode == 0 for child in children)
    rendered, sums = zip(*answers, strict=True)
    assert sorted(map(int, rendered)) == [0, FRAMES]
    spec = exploration(world, Gaussian(), FRAMES, 0)
    expected = int(world.observe(spec.pairs.controls).sum())
    assert set(map(int, sums)) == {expected}


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_keeps_finished_shards_and_frees_the_folder(
    interrupt: type[BaseException], store: Store, world: ToyWorld
) -> None:
    spec, rendered = exploration(world, Gaussian(), FRAMES, 0), []

    def stop_in_the_third_shard(frames: int) -> None:
        rendered.append(frames)
        if len(rendered) == 3:
            raise interrupt

    with pytest.raises(interrupt):
        store.ensure(spec, stop_in_the_third_shard)
    assert store.missing(spec) == FRAMES - 2 * 64
    assert store.ensure(spec).frame_count == FRAMES
