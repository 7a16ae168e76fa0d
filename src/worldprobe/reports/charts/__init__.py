"""What several sections draw with: scales, markers, bars of R², scatter plots and histograms, as inline SVG."""

from worldprobe.reports.charts.drawing import SPAN, hits, marker, svg, text
from worldprobe.reports.charts.histogram import TALLEST, histogram
from worldprobe.reports.charts.r2_bars import Bar, Group, Mark, bar_body, bar_chart, lowest_of
from worldprobe.reports.charts.scale import Scale, ScaleKind, evenly_in_logs
from worldprobe.reports.charts.scatter import scatter
from worldprobe.reports.charts.stacked_bars import BarStack, StackPiece, longest, stack_chart

__all__ = [
    "SPAN",
    "TALLEST",
    "Bar",
    "BarStack",
    "Group",
    "Mark",
    "Scale",
    "ScaleKind",
    "StackPiece",
    "bar_body",
    "bar_chart",
    "evenly_in_logs",
    "histogram",
    "hits",
    "longest",
    "lowest_of",
    "marker",
    "scatter",
    "stack_chart",
    "svg",
    "text",
]
