"""The frames of a study: datasets rendered when first asked for and timed, and pairs drawn afresh where it says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod

import numpy as np
import torch

from worldprobe._util import cores
from worldprobe._util.files import content_key
from worldprobe._util.progress import Reporter
from worldprobe._util.seeds import stream
from worldprobe.datasets import Dataset, DatasetSpec, Store, specify
from worldprobe.errors import InvalidValue
from worldprobe.sources import OfWorld, Simulated, Split
from worldprobe.study.held_frames import held
from worldprobe.study.schema import Study
from worldprobe.study.study_progress import StudyProgress
from worldprobe.train import FreshPairs, Objective, PairData, PairSource, StreamedPairs

FRESH_NUMBERS = 2**22
"""Most numbers of observations that a block of freshly drawn pairs holds."""

FRESH_THREADS = 8
"""Most blocks that are drawn at a time beside a training on a GPU, which waits for them otherwise."""


@dataclass
class Rendered:
    """What some runs are charged for their frames."""

    seconds: float = 0.0


class Clock:
    """Charges rendering to runs: the first runs that read a data set pay for it, also where it was rendered before.

    The frames of an exploration are rendered when it is described, before any run; the runs that then train on them
    take on those seconds. What no run reads is charged to none.
    """

    def __init__(self) -> None:
        self._unpaid: dict[str, float] = {}
        self._charged: Rendered | None = None

    @contextmanager
    def charge(self) -> Iterator[Rendered]:
        """Charge what is read within the context to the runs that it is for."""
        self._charged = Rendered()
        try:
            yield self._charged
        finally:
            self._charged = None

    def spent(self, key: str, seconds: float) -> None:
        """Note that rendering or reading a data set took so long."""
        if self._charged is None:
            self._unpaid[key] = self._unpaid.get(key, 0.0) + seconds
        else:
            self._charged.seconds += self._unpaid.pop(key, 0.0) + seconds


class StudyFrames:
    """Gives the canonical sets and each regime's training and held-out sets of a study without axes."""

    def __init__(
        self,
        study: Study,
        store: Store,
        reporter: Reporter,
        clock: Clock,
        progress: StudyProgress,
        pairs: dict[str, PairSource],
        device: torch.device,
    ) -> None:
        self.study, self.store, self.reporter, self.clock, self.progress = study, store, reporter, clock, progress
        self.device = device
        self._pairs = pairs
        """What encoders train on, shared by all points of a study: lambda changes none of it."""

    def probe(self) -> Dataset:
        """Return the canonical set that probes are fitted on."""
        return self._ensure(f"{self.study.test_points} probe", self._scored(self.study.probe_frames, "probe"))

    def pixel_probe(self) -> Dataset:
        """Return the canonical set that raw pixels are fitted on, which begins with the probe's."""
        label = f"{self.study.test_points} probe of raw pixels"
        return self._ensure(label, self._scored(self.study.pixel_frames, "probe"))

    def test(self) -> Dataset:
        """Return the canonical set that probes are scored on, disjoint from the probe's."""
        return self._ensure(f"{self.study.test_points} test", self._scored(self.study.test_frames, "test"))

    def explored(self, regime: str, seed: int) -> Dataset:
        """Return stored frames of what a regime visits: its training frames, or else held-out ones."""
        if self.study.afresh:
            return self.heldout(regime, seed)
        return self._ensure(f"{regime} train", self._explored(regime, self.study.frames, seed, "train"))

    def heldout(self, regime: str, seed: int) -> Dataset:
        """Return further pairs of the same regime, never trained on."""
        return self._ensure(f"{regime} held-out", self._explored(regime, self.study.heldout_frames, seed, "heldout"))

    def restyled_test(self) -> Dataset:
        """Return the canonical test set's controls in another style."""
        source = self.study.test_source
        assert isinstance(source, OfWorld)
        spec = specify(source.restyled(), "test", self.study.test_frames, self.study.canonical_seed)
        return self._ensure(f"{self.study.test_points} test in another style", spec)

    def restyled_heldout(self, regime: str, seed: int) -> Dataset:
        """Return the held-out pairs' controls in another style."""
        source = self.study.source(regime)
        assert isinstance(source, OfWorld)
        spec = specify(source.restyled(), "heldout", self.study.heldout_frames, seed)
        return self._ensure(f"{regime} held-out in another style", spec)

    def training_pairs(self, regime: str, seed: int, objective: Objective) -> PairSource:
        """Return what an encoder trains on; one object for the same pairs, however often and where it is asked for."""
        used = objective.uses_controls, objective.uses_actions
        drawn = [self.study.frames, self.study.training.batch, regime, seed, *used]
        key = content_key([self.study.source(regime).fingerprint, drawn])
        if key not in self._pairs:
            fresh = self.study.afresh
            self._pairs[key] = (
                self._fresh(regime, seed, *used)
                if fresh
                else pairs_of(self.explored(regime, seed), objective, self.device)
            )
        return self._pairs[key]

    def heldout_pairs(self, regime: str, seed: int, objective: Objective) -> PairData:
        """Return as many of the held-out pairs as training compares its own with."""
        data = self.heldout(regime, seed)
        count = min(self.study.training.heldout_pairs, len(data.index))
        return streamed(data, objective).some(np.arange(count))

    def _fresh(self, label: str, seed: int, with_controls: bool, with_actions: bool) -> FreshPairs:
        source = self.study.source(label)
        assert isinstance(source, Simulated)
        per_step = 2 * self.study.training.batch * prod(source.observation_shape)

        def draw(block: int, pairs: int) -> PairData:
            rng = stream(seed, "fresh", label, block)
            found, observed = source.fresh(2 * pairs, rng)
            if len(found.index) < pairs:
                raise InvalidValue(
                    "frames", "fresh", f"a number, for {label} gives {len(found.index)} pairs of {pairs}"
                )
            rows = rng.permutation(len(found.index))[:pairs]  # neighbours on a clip are separated
            return PairData(
                observed,
                found.index[rows],
                found.controls if with_controls else None,
                found.actions[rows] if with_actions and found.actions is not None else None,
            )

        identity = [source.world.settings(), source.regime.settings(), seed, *source.style]
        idle = cores.available() - 1 if self.device.type != "cpu" and source.world.thread_safe else 0
        steps = max(1, min(64, FRESH_NUMBERS // per_step))
        return FreshPairs(draw, identity, block_steps=steps, threads=min(idle, FRESH_THREADS))

    def _scored(self, frames: int, split: Split) -> DatasetSpec:
        return specify(self.study.test_source, split, frames, self.study.canonical_seed)

    def _explored(self, regime: str, frames: int | None, seed: int, split: Split) -> DatasetSpec:
        return specify(self.study.source(regime), split, frames, seed)

    def _ensure(self, label: str, spec: DatasetSpec) -> Dataset:
        start = time.perf_counter()
        missing = self.store.missing(spec)
        if missing:
            with self.reporter.task(f"rendering {label}", missing, "frames") as advance:
                dataset = self.store.ensure(spec, progress=advance)
        else:
            dataset = self.store.ensure(spec)
        seconds = time.perf_counter() - start
        self.clock.spent(spec.key, seconds)
        self.progress.frames(spec.key, spec.frames, seconds)
        return dataset


def pairs_of(data: Dataset, objective: Objective, device: torch.device) -> PairSource:
    """Return a data set's pairs, with controls and actions where the objective uses them.

    Its frames are in memory where that holds them, else they are read when they are used.
    """
    pairs = streamed(data, objective)
    if held(data.frame_count * data.spec.frame_bytes, device):
        return PairData(data.frames(), pairs.index, pairs.controls, pairs.actions)
    return pairs


def streamed(data: Dataset, objective: Objective) -> StreamedPairs:
    """Return a data set's pairs, whose frames are read when they are used."""
    controls = data.controls if objective.uses_controls else None
    actions = data.spec.pairs.actions if objective.uses_actions else None
    return StreamedPairs(data.reader(), data.index, controls, actions)
