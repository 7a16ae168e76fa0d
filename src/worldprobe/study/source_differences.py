"""How much more one source teaches than another: both encoders read the same test frames, so that errors are paired."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from worldprobe._util.files import inside
from worldprobe._util.seeds import stream
from worldprobe.measures.probes import bootstrap_weights
from worldprobe.results import Interval, Results, Run
from worldprobe.stats.r2 import r2_from_errors


@dataclass(frozen=True)
class SourceDifference:
    """Mean R^2 of what was learned from the second source, less that of the first."""

    first: str
    second: str
    r2: Interval
    """Of one training each: without what another seed would change."""

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.r2.ci95[0] <= 0.0 <= self.r2.ci95[1]


def source_differences(folder: Path) -> list[SourceDifference]:
    """Return the difference of every two sources in a results folder, for the same objective and seed.

    The interval is a bootstrap over the test frames, in whole blocks where they depend on one another. Raises
    NoResults and DamagedData as `Results.load`.
    """
    runs = [run for run in Results.load(folder).runs if run.role == "measured" and not run.axes]
    pairs = [
        (a, b)
        for a, b in combinations(runs, 2)
        if (a.objective, a.seed) == (b.objective, b.seed) and a.regime != b.regime
    ]
    return [_difference(folder, first, second) for first, second in pairs]


def _difference(folder: Path, first: Run, second: Run) -> SourceDifference:
    draws = [_resampled(folder, run) for run in (first, second)]
    low, high = np.percentile(draws[1] - draws[0], [2.5, 97.5])
    mean = second.recovery.r2 - first.recovery.r2
    return SourceDifference(first.regime, second.regime, Interval(mean=mean, ci95=(float(low), float(high))))


def _resampled(folder: Path, run: Run) -> np.ndarray:
    """Return a run's mean R^2 in every resampling of the test frames, the same ones for every run."""
    with np.load(inside(folder, "runs", run.id, "arrays.npz")) as arrays:
        truth, read = (arrays[name].astype(np.float64) for name in ("truth", "recovered"))
        blocks = arrays["blocks"] if "blocks" in arrays.files else None
    weights = bootstrap_weights(len(truth), stream(0, "source differences"), blocks)
    variance = weights @ truth**2 - (weights @ truth) ** 2
    return r2_from_errors(weights @ (truth - read) ** 2, variance).mean(axis=1)
