"""Two controls in their plane, every point coloured by its true place: was the plane unfolded?"""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from jaxtyping import Float, Float64, Int, Shaped
from markupsafe import Markup

from worldprobe._util.colour import srgb_from_linear
from worldprobe.reports.charts.drawing import SPAN, dots, svg, tick
from worldprobe.reports.charts.scale import Scale
from worldprobe.reports.html_blocks import Section, grid_of, panel, row
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.series_selection import few
from worldprobe.reports.sweep_conditions import Condition, conditions
from worldprobe.reports.wording import at, number, ratio, unbroken

Points = Float64[np.ndarray, "N 2"]

MOST_SERIES = 12  # with the true controls a row is full
SHOWN_POINTS = 800


def control_plane(folder: ResultsFolder) -> Section:
    """Show true and recovered controls of worlds that have two, every point in the colour of its true place."""
    found = of_two_controls(folder)
    shown = few(folder, found, MOST_SERIES if len(conditions(folder)) > 1 else MOST_SERIES - 1)
    kinds = [(c, [s for s in shown if s in c.series]) for c in conditions(folder)]
    if all(len(mine) <= 1 for _, mine in kinds):
        heads = [(s, c.label) for c, mine in kinds for s in mine]
        blocks = [grid_of([_true(folder, shown[0]), *(_read(folder, s, head) for s, head in heads)], "")]
    else:
        blocks = [_row(folder, c, mine) for c, mine in kinds if mine]
    left_out = f" {len(shown)} of {len(found)} series are drawn." if len(shown) < len(found) else ""
    lead = (
        "The two controls of test points in their plane, in standard deviations: their true values, then those that a "
        "linear regression recovers from the embedding. A point keeps the colour of its true place, so a plane that "
        f"was unfolded looks like the first one. The number is R² of the median seed.{left_out}"
    )
    return Section("plane", "Was the plane unfolded?", lead, tuple(blocks), nav="Plane")


def _true(folder: ResultsFolder, s: Series) -> Markup:
    truth = _arrays(folder, s)[0]
    return panel("true", "", plane(truth, truth, "The true controls", f"{number(len(truth))} test points."))


def _row(folder: ResultsFolder, c: Condition, mine: list[Series]) -> Markup:
    cells = (_read(folder, s, at(s.summary.axes) or "recovered") for s in mine)
    return row(c.label, c.colour, "", [_true(folder, mine[0]), *cells])


def _read(folder: ResultsFolder, s: Series, head: str) -> Markup:
    truth, read = _arrays(folder, s)
    r2 = ratio(s.median_run.recovery.r2)
    title, desc = f"The controls as recovered after {s.label}", f"R² {r2}; colours are the true places."
    return panel(unbroken(head), r2, plane(read, truth, title, desc))


def _arrays(folder: ResultsFolder, s: Series) -> tuple[Points, Points]:
    arrays = folder.arrays(s.median_run, "truth", "recovered")
    chosen = _chosen(arrays["truth"])
    truth, read = (arrays[name][chosen].astype(np.float64) for name in ("truth", "recovered"))
    return truth, read


def _chosen(truth: Shaped[np.ndarray, "N 2"]) -> Int[np.ndarray, " M"]:
    """Return the rows of about SHOWN_POINTS points: of a lattice a coarser one, else the first ones."""
    across, up = (np.unique(column, return_inverse=True) for column in truth.T)
    if len(across[0]) * len(up[0]) != len(truth):
        return np.arange(min(SHOWN_POINTS, len(truth)))
    stride = ceil(sqrt(len(truth) / SHOWN_POINTS))
    return np.flatnonzero((across[1] % stride == 0) & (up[1] % stride == 0))


def of_two_controls(folder: ResultsFolder) -> list[Series]:
    """Return the series whose world has two controls."""
    return [s for s in folder.series if len(s.summary.r2_per_control) == 2]


REACH = 2.5  # standard deviations at which the colour map ends
STEPS = 12  # colours along each side of the map


def plane(places: Float[np.ndarray, "N 2"], truth: Float[np.ndarray, "N 2"], title: str, desc: str) -> Markup:
    """Draw points at `places`, coloured by `truth`; a perfect reading looks like `plane(truth, truth)`."""
    x, y = Scale(-SPAN, SPAN, 22, 156), Scale(-SPAN, SPAN, 138, 4)
    across, up = x.places(places[:, 0]), y.places(places[:, 1])
    step = np.clip(np.round((truth / REACH + 1) / 2 * (STEPS - 1)), 0, STEPS - 1).astype(np.int64)
    parts = [Markup('<rect class="frame" x="22" y="4" width="134" height="134"/>')]
    for cell in np.unique(step, axis=0):
        mine = (step == cell).all(axis=1)
        drawn = Markup('<path class="spot" stroke="{}" d="{}"/>')
        parts.append(drawn.format(colour_at(*(2 * cell / (STEPS - 1) - 1)), dots(across[mine], up[mine])))
    parts += [tick(x(t), 152, "middle", t) for t in (-2, 0, 2)]
    parts += [tick(18, y(t) + 4, "end", t) for t in (-2, 0, 2)]
    return svg(160, 156, title, desc, parts, "panel plane")


def colour_at(across: float, up: float) -> str:
    """Return the colour of a place in [-1, 1]^2 as "#rrggbb": grey in the middle, a hue for every direction.

    Across runs from green to red and up from blue to yellow and lighter, in Oklab, whose distances are what eyes see.
    """
    light, a, b = 0.68 + 0.11 * up, 0.17 * across, 0.15 * up
    cones = np.array(
        [
            light + 0.3963377774 * a + 0.2158037573 * b,
            light - 0.1055613458 * a - 0.0638541728 * b,
            light - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    linear = _OKLAB_TO_LINEAR @ cones**3
    return "#" + "".join(f"{round(255 * float(channel)):02x}" for channel in srgb_from_linear(linear))


_OKLAB_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
