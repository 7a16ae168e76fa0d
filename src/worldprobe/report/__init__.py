"""From a results folder to one self-contained HTML file; it never trains and never renders a dataset."""

from worldprobe.report.blocks import Section, Table
from worldprobe.report.folder import ResultsFolder, Series, read_folder
from worldprobe.report.page import write_report
from worldprobe.report.sections import STANDARD

__all__ = ["STANDARD", "ResultsFolder", "Section", "Series", "Table", "read_folder", "write_report"]
