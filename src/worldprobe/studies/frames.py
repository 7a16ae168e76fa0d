"""The datasets of a study, rendered when first asked for and timed."""

from __future__ import annotations

import time
from typing import Literal

from worldprobe.datasets import Dataset, DatasetSpec, Store, canonical, exploration
from worldprobe.progress import Reporter
from worldprobe.studies.schema import Study


class StudyFrames:
    """Gives the canonical sets and each regime's training and held-out sets; counts the seconds that rendering took."""

    def __init__(self, study: Study, store: Store, reporter: Reporter) -> None:
        self.study, self.store, self.reporter = study, store, reporter
        self.seconds = 0.0

    def probe(self) -> Dataset:
        """Return the canonical set that probes are fitted on."""
        return self._ensure("canonical probe", self._canonical(self.study.probe_frames, "probe"))

    def test(self) -> Dataset:
        """Return the canonical set that probes are scored on, disjoint from the probe's."""
        return self._ensure("canonical test", self._canonical(self.study.test_frames, "test"))

    def train(self, regime: str, seed: int) -> Dataset:
        """Return the frames that an encoder trains on."""
        return self._ensure(f"{regime} train", self._explored(regime, self.study.frames, seed, "train"))

    def heldout(self, regime: str, seed: int) -> Dataset:
        """Return further pairs of the same regime, never trained on."""
        return self._ensure(f"{regime} held-out", self._explored(regime, self.study.heldout_frames, seed, "heldout"))

    def _canonical(self, frames: int, split: Literal["probe", "test"]) -> DatasetSpec:
        return canonical(self.study.world, frames, self.study.canonical_seed, split)

    def _explored(self, regime: str, frames: int, seed: int, split: Literal["train", "heldout"]) -> DatasetSpec:
        return exploration(self.study.world, self.study.regimes[regime], frames, seed, split)

    def _ensure(self, label: str, spec: DatasetSpec) -> Dataset:
        start = time.perf_counter()
        with self.reporter.task(f"rendering {label}", self.store.missing(spec), "frames") as advance:
            dataset = self.store.ensure(spec, self.study.world, progress=advance)
        self.seconds += time.perf_counter() - start
        return dataset
