"""Recordings: somebody's own states, frames and actions, read from the layouts that they come in."""

from worldprobe.recordings.columns import Column, Kind, Role, Table
from worldprobe.recordings.formats import FORMATS, Format, Opened
from worldprobe.recordings.frames import Frames
from worldprobe.recordings.opening import describe
from worldprobe.recordings.problems import BadRows, SeveralReadings, UnknownLayout, UnreadableFile, UnusableData
from worldprobe.recordings.read import read_recording
from worldprobe.recordings.recording import Recording, Source

__all__ = [
    "FORMATS",
    "BadRows",
    "Column",
    "Format",
    "Frames",
    "Kind",
    "Opened",
    "Recording",
    "Role",
    "SeveralReadings",
    "Source",
    "Table",
    "UnknownLayout",
    "UnreadableFile",
    "UnusableData",
    "describe",
    "read_recording",
]
