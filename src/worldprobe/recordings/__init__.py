"""Recordings: states, frames and actions of your own, read from common layouts."""

from worldprobe.recordings.columns import Column, ColumnKind, ColumnRole, ColumnTable
from worldprobe.recordings.formats import FORMATS, Format, Opened
from worldprobe.recordings.opening import describe
from worldprobe.recordings.problems import BadRows, SeveralReadings, UnknownLayout, UnreadableFile, UnusableData
from worldprobe.recordings.read import read_recording
from worldprobe.recordings.recorded_frames import Frames
from worldprobe.recordings.recording import Origin, Recording

__all__ = [
    "FORMATS",
    "BadRows",
    "Column",
    "ColumnKind",
    "ColumnRole",
    "ColumnTable",
    "Format",
    "Frames",
    "Opened",
    "Origin",
    "Recording",
    "SeveralReadings",
    "UnknownLayout",
    "UnreadableFile",
    "UnusableData",
    "describe",
    "read_recording",
]
