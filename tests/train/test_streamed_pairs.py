"""Frames that stay on disk give the batches, and the weights, of frames in memory."""

from __future__ import annotations

import gc
import threading
import time

import numpy as np
import pytest
import torch

from worldprobe.train import ENCODERS, OBJECTIVES, PairData, StreamedPairs, TrainingSettings, train

SHAPE = (16, 16, 3)
PAIRS = 41
CPU = torch.device("cpu")


class Rows:
    """Frames in memory, read as from a disk; the first steps take longest, so that reads end in another order."""

    shape, dtype = SHAPE, np.dtype(np.uint8)

    def __init__(self, frames: np.ndarray) -> None:
        self.frames, self.reads, self.fails = frames, 0, False

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, rows: np.ndarray) -> np.ndarray:
        self.reads += 1
        if self.fails:
            raise OSError("the disk is gone")
        time.sleep(0.02 / self.reads)
        return self.frames[rows]


@pytest.fixture
def both() -> tuple[PairData, StreamedPairs]:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (60, *SHAPE), dtype=np.uint8)
    index = rng.integers(0, 60, (PAIRS, 2))
    controls, actions = rng.standard_normal((60, 2)), rng.standard_normal((PAIRS, 3))
    return PairData(frames, index, controls, actions), StreamedPairs(Rows(frames), index, controls, actions)


def test_every_batch_is_the_same_bytes_in_any_order_of_steps(both: tuple[PairData, StreamedPairs]) -> None:
    held, read = (source.batches(8, 3, CPU) for source in both)
    for step in [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30, 31, 2, 3]:  # over the ends of epochs, forwards and back
        for found, wanted in zip(read[step], held[step], strict=True):
            assert found.dtype == wanted.dtype
            assert torch.equal(found, wanted)
    for found, wanted in zip(
        read.fixed(9).batch(slice(None)),
        held.fixed(9).batch(slice(None)),
        strict=True,
    ):
        assert torch.equal(found, wanted)


def test_at_most_the_given_bytes_wait(both: tuple[PairData, StreamedPairs]) -> None:
    step_bytes = 2 * 8 * 16 * 16 * 3
    for steps in (1, 3, 8):
        source = StreamedPairs(Rows(both[1].observations.frames), both[1].index, ahead_bytes=steps * step_bytes)
        batches = source.batches(8, 0, CPU)
        batches[0]
        assert batches.ahead == steps
        assert len(batches._coming) == steps


@pytest.mark.parametrize("objective", ["lejepa", "supervised"])
def test_training_gives_the_same_weights(both: tuple[PairData, StreamedPairs], objective: str, tmp_path) -> None:
    settings = TrainingSettings(steps=12, batch=8, record_every=3, checkpoint_every=4, precision="fp32")
    found = []
    for source in both:
        encoder = ENCODERS["patchify"](width=16, hidden=16).build(SHAPE, 2, 0)
        history = train(encoder, OBJECTIVES[objective](), source, settings, 5, heldout=both[0])
        found.append((encoder.state_dict(), history.curves))
    assert all(torch.equal(one, other) for one, other in zip(*(each[0].values() for each in found), strict=True))
    assert all(np.array_equal(found[0][1][name], found[1][1][name]) for name in found[0][1])


def test_an_error_of_the_disk_is_raised_by_the_step_that_needs_it(both: tuple[PairData, StreamedPairs]) -> None:
    batches = both[1].batches(8, 0, CPU)
    batches[0]
    both[1].observations.fails = True
    with pytest.raises(OSError, match="the disk is gone"):
        _ = [batches[step] for step in range(1, 20)]


def test_threads_end_with_the_batches(both: tuple[PairData, StreamedPairs]) -> None:
    batches = both[1].batches(8, 0, CPU)
    batches[0]
    assert any(thread.name.startswith("frames") for thread in threading.enumerate())
    del batches
    gc.collect()
    until = time.monotonic() + 10
    while any(thread.name.startswith("frames") for thread in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)
