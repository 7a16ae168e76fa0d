"""The layouts that recordings are read from: one file each, found through the registry FORMATS."""

from worldprobe.recordings.formats.base import FORMATS, Format, Opened
from worldprobe.recordings.formats.npz import Npz

__all__ = ["FORMATS", "Format", "Npz", "Opened"]
