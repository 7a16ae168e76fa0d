"""The section that shows how recovery changes along the axes of a sweep."""

from worldprobe.reports.sections.sweep.picture import SweepPicture, pictures
from worldprobe.reports.sections.sweep.section import sweep

__all__ = ["SweepPicture", "pictures", "sweep"]
