"""Small SVG charts, coloured by the page's style sheet: each is one inline `<svg>` with a title and a description."""

from worldprobe.report.charts.against import AgainstPoint, cost_chart, share_chart
from worldprobe.report.charts.bars import Bar, Group, Mark, bar_chart, lowest_of
from worldprobe.report.charts.bounds import BoundPoint, bound_chart
from worldprobe.report.charts.bullets import bullets
from worldprobe.report.charts.curves import Line, curves
from worldprobe.report.charts.drawing import SPAN, marker, svg
from worldprobe.report.charts.heat import HeatCell, heat_map
from worldprobe.report.charts.panels import TALLEST, histogram, scatter
from worldprobe.report.charts.plane import plane
from worldprobe.report.charts.scale import Kind, Scale, evenly_in_logs
from worldprobe.report.charts.stacks import Piece, Stack, longest, stack_chart
from worldprobe.report.charts.traces import At, Style, Trace, traces_chart

__all__ = [
    "SPAN",
    "TALLEST",
    "AgainstPoint",
    "At",
    "Bar",
    "BoundPoint",
    "Group",
    "HeatCell",
    "Kind",
    "Line",
    "Mark",
    "Piece",
    "Scale",
    "Stack",
    "Style",
    "Trace",
    "bar_chart",
    "bound_chart",
    "bullets",
    "cost_chart",
    "curves",
    "evenly_in_logs",
    "heat_map",
    "histogram",
    "longest",
    "lowest_of",
    "marker",
    "plane",
    "scatter",
    "share_chart",
    "stack_chart",
    "svg",
    "traces_chart",
]
