"""From a results folder to one self-contained HTML file; it never trains and never renders a dataset."""

from worldprobe.reports.html_blocks import Section, Table
from worldprobe.reports.page import write_report
from worldprobe.reports.results_folder import ResultsFolder, Series, read_folder
from worldprobe.reports.sections import STANDARD

__all__ = ["STANDARD", "ResultsFolder", "Section", "Series", "Table", "read_folder", "write_report"]
