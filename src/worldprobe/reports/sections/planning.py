"""What recovery buys a planner: cost and success against R^2, and films of planned paths beside the oracle's."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.blocks import Cell, Section, Shown, Table, figure, grid_of, legend, panel, row, shown_r2, sign
from worldprobe.reports.charts import AgainstPoint, cost_chart, share_chart
from worldprobe.reports.picking import few
from worldprobe.reports.pictures import embed
from worldprobe.reports.results_folder import NEUTRAL, ResultsFolder
from worldprobe.reports.sweep import conditions
from worldprobe.reports.words import count, number
from worldprobe.results import ORACLE, Planned, Run

REFERENCES = {"ceiling": 2, "floor": 1}
"""The shapes of floors and ceilings."""
MOST_FILMS, FILM_WIDTH, FILMS_BYTES = 6, 1064, 900_000


@dataclass(frozen=True)
class PlannedRun:
    """A run that was planned with, and how it is drawn."""

    run: Run
    planned: Planned
    name: str
    colour: int
    shape: int
    empty: bool

    def point(self, value: float, said: str) -> AgainstPoint:
        """Return its marker at a value."""
        told = f"{self.name}: R² {number(self.run.recovery.r2)}, {said}"
        return AgainstPoint(self.run.recovery.r2, value, told, self.colour, self.shape, self.empty)


def plans(folder: ResultsFolder) -> bool:
    """Whether any encoder was planned with."""
    return any(run.planning is not None for run in folder.results.runs)


def planning(folder: ResultsFolder) -> Section:
    """Draw what planning cost and how often it succeeded against R^2, one marker a run, and films of paths."""
    tried = _tried(folder)
    first = tried[0].planned
    kind = first.kind
    charts = [_lines(tried), _success(tried, kind), _costs(tried, kind)]
    lead = (
        f"{count(first.pairs, 'task').capitalize()}, the same for every encoder: from one state to the view in a "
        "picture of another. Straight lines in the embedding are decoded to the nearest of many frames whose controls "
        "are known; pictures are reached by planning with a transition that was learned in the embedding, and acting "
        "in the true world. Costs are lengths of paths in true controls over that of the true straight line. The "
        "dashed line is what knowing the true controls gives. Reached is every control within "
        f"{number(first.tolerance, 3)} standard deviations of the goal’s at the end."
    )
    above = Markup('<div class="row">{}</div>').format(grid_of(charts, "three"))
    blocks = [_legend(folder, tried), above, *_films(folder)]
    return Section("planning", "What recovery buys a planner", lead, tuple(blocks), (_table(tried),))


def _tried(folder: ResultsFolder) -> list[PlannedRun]:
    kinds = {(c.regime, c.objective): c for c in conditions(folder)}
    names = {run.id: s.label for s in folder.series for run in s.runs}
    several = {run.id for s in folder.series for run in s.runs if len(s.runs) > 1}
    found = []
    for run in folder.results.runs:
        if run.planning is None:
            continue
        c = kinds.get((run.regime, run.objective))
        name = names.get(run.id, folder.role(run.role)) + (f", seed {run.seed}" if run.id in several else "")
        if run.id in names and c is not None:
            found.append(PlannedRun(run, run.planning, name, c.colour, c.shape, False))
        else:
            found.append(PlannedRun(run, run.planning, name, NEUTRAL, REFERENCES.get(run.role, 3), True))
    return found


def _lines(tried: list[PlannedRun]) -> Markup:
    costs = [(t, t.planned.first_lines[1].cost.mean) for t in tried]
    points = [t.point(cost, f"cost {number(cost)}") for t, cost in costs]
    waypoints, lines = tried[0].planned.first_lines
    title = "Cost of straight lines"
    chart = cost_chart(points, lines.cost_of_controls, f"{title} against R²", "One marker a run; lower is better.")
    return panel(title, count(waypoints, "point"), chart)


def _success(tried: list[PlannedRun], kind: str) -> Markup:
    rates = [(t, t.planned.reached[kind].success) for t in tried]
    points = [t.point(rate, f"reached {100 * rate:.0f} %") for t, rate in rates]
    level, title = tried[0].planned.reached[ORACLE].success, "Pictures reached"
    return panel(title, kind, share_chart(points, level, f"{title} against R²", "One marker a run; higher is better."))


def _costs(tried: list[PlannedRun], kind: str) -> Markup:
    costs = [(t, cost) for t in tried if (cost := t.planned.reached[kind].cost) is not None]
    points = [t.point(cost, f"cost {number(cost)}") for t, cost in costs]
    level, title = tried[0].planned.reached[ORACLE].cost or 1.0, "Cost of those reached"
    return panel(title, kind, cost_chart(points, level, f"{title} against R²", "One marker a run; lower is better."))


def _legend(folder: ResultsFolder, tried: list[PlannedRun]) -> Markup:
    there = {(t.run.regime, t.run.objective) for t in tried}
    keys: list[tuple[str | Markup, str]] = [
        (sign(c.shape, c.colour), c.label) for c in conditions(folder) if (c.regime, c.objective) in there
    ]
    roles = dict.fromkeys(t.run.role for t in tried if t.empty)
    keys += [(sign(REFERENCES.get(role, 3), NEUTRAL, empty=True), folder.role(role)) for role in roles]
    return legend([*keys, ("key optimum", "true controls")])


def _films(folder: ResultsFolder) -> list[Markup]:
    """Show one task's path under the encoders of a few series, the oracle's above it."""
    shown = [(s, film) for s in few(folder, folder.series, MOST_FILMS) if (film := folder.film(s.median_run)).is_file()]
    blocks = []
    for s, film in shown:
        alt = f"Eight views along the oracle’s path, and below along the path planned after {s.label}."
        picture = figure(embed(film, FILM_WIDTH, FILMS_BYTES // len(shown)), alt, "")
        blocks.append(row(s.label, s.colour, "the oracle’s path above, the planned one below", [picture], "one"))
    return blocks


def _table(tried: list[PlannedRun]) -> Table:
    kinds, points = list(tried[0].planned.reached), list(tried[0].planned.lines)
    lines = [f"{what}, {k}" for k in points for what in ("cost of lines", "sd over pairs", "with true controls")]
    each = [f"{what}, {kind}" for kind in kinds for what in ("reached", "cost")]
    fits = [f"transition’s R², {kind}" for kind in kinds if kind != ORACLE]
    rows = tuple(_cells(t, points, kinds) for t in tried)
    return Table("What planning came to, run by run", ("run", "R²", *lines, *each, *fits), rows)


def _cells(t: PlannedRun, points: list[int], kinds: list[str]) -> tuple[Cell, ...]:
    p, r2 = t.planned, shown_r2(t.run.recovery.r2)
    lines = [v for k in points for v in (p.lines[k].cost.mean, p.lines[k].sd, p.lines[k].cost_of_controls)]
    each: list[Cell] = []
    for kind in kinds:
        success = p.reached[kind].success
        each += [Shown(success, f"{100 * success:.0f} %"), p.reached[kind].cost]
    fits = [p.reached[kind].transition_r2 for kind in kinds if kind != ORACLE]
    return (t.name, r2, *lines, *each, *fits)
