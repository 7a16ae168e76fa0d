"""The section that shows how recovery changes along the axes of a sweep."""

from worldprobe.report.sections.sweep.picture import Picture, pictures
from worldprobe.report.sections.sweep.section import sweep

__all__ = ["Picture", "pictures", "sweep"]
