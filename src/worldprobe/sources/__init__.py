"""Sources: where pairs and frames come from. A world explored by a regime, a recording, or points of a test set."""

from worldprobe.sources.joint import Joint
from worldprobe.sources.recorded import Recorded
from worldprobe.sources.simulated import Canonical, Grid, OfWorld, Simulated
from worldprobe.sources.source import Sample, Source, Split

__all__ = ["Canonical", "Grid", "Joint", "OfWorld", "Recorded", "Sample", "Simulated", "Source", "Split"]
