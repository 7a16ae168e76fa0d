"""Small SVG charts, coloured by the page's style sheet: each is one inline `<svg>` with a title and a description."""

from worldprobe.reports.charts.against import AgainstPoint, cost_chart, share_chart
from worldprobe.reports.charts.bars import Bar, Group, Mark, bar_chart, lowest_of
from worldprobe.reports.charts.bounds import BoundPoint, bound_chart
from worldprobe.reports.charts.bullets import bullets
from worldprobe.reports.charts.curves import Line, curves
from worldprobe.reports.charts.drawing import SPAN, marker, svg
from worldprobe.reports.charts.heat import HeatCell, heat_map
from worldprobe.reports.charts.panels import TALLEST, histogram, scatter
from worldprobe.reports.charts.plane import plane
from worldprobe.reports.charts.scale import Scale, ScaleKind, evenly_in_logs
from worldprobe.reports.charts.stacks import BarStack, StackPiece, longest, stack_chart
from worldprobe.reports.charts.traces import At, Style, Trace, traces_chart

__all__ = [
    "SPAN",
    "TALLEST",
    "AgainstPoint",
    "At",
    "Bar",
    "BarStack",
    "BoundPoint",
    "Group",
    "HeatCell",
    "Line",
    "Mark",
    "Scale",
    "ScaleKind",
    "StackPiece",
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
