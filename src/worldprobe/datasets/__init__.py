"""Datasets: rendered frames on disk, keyed by what made them."""

from worldprobe.datasets.dataset import Dataset
from worldprobe.datasets.spec import DatasetSpec, canonical, exploration, grid, specify
from worldprobe.datasets.store import Store

__all__ = ["Dataset", "DatasetSpec", "Store", "canonical", "exploration", "grid", "specify"]
