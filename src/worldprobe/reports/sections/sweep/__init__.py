"""The section that shows how recovery changes along the axes of a sweep."""

from worldprobe.reports.sections.sweep.sweep_picture import SweepPicture, pictures
from worldprobe.reports.sections.sweep.sweep_section import sweep

__all__ = ["SweepPicture", "pictures", "sweep"]
