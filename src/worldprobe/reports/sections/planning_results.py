"""Planning in the embedding: cost and success against R², and films of planned paths with the oracle's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worldprobe.reports.charts.drawing import marker, svg, text
from worldprobe.reports.charts.scale import Scale, ScaleKind
from worldprobe.reports.embedded_pictures import embed
from worldprobe.reports.html_blocks import (
    Cell,
    Section,
    Shown,
    Table,
    figure,
    grid_of,
    legend,
    panel,
    row,
    shown_r2,
    sign,
)
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.series_selection import few
from worldprobe.reports.sweep_conditions import conditions
from worldprobe.reports.wording import count, number
from worldprobe.results import JOINT, ORACLE, Planned, Run
from worldprobe.results.condition_colours import NEUTRAL

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
        words = f"{self.name}: R² {number(self.run.recovery.r2)}, {said}"
        return AgainstPoint(self.run.recovery.r2, value, words, self.colour, self.shape, self.empty)


def plans(folder: ResultsFolder) -> bool:
    """Whether any encoder was planned with."""
    return any(run.planning is not None for run in folder.results.runs)


def planning_results(folder: ResultsFolder) -> Section:
    """Draw the cost and the success of planning against R², one marker a run, and films of paths."""
    tried = _tried(folder)
    first = tried[0].planned
    kind = first.kind
    charts = [_lines(tried), _success(tried, kind), _costs(tried, kind)]
    lead = (
        f"{count(first.pairs, 'task').capitalize()}, the same for every encoder: from one state to the goal image of "
        "another. Straight lines in the embedding are decoded to the nearest of many frames whose controls are known; "
        "goals are reached by planning with a transition learned in the embedding and acting in the true world. A "
        "cost is the length of a path in true controls over that of the straight line between its ends. The dashed "
        "line is the oracle, which plans in the true controls. A goal is reached where every control ends within "
        f"{number(first.tolerance, 3)} standard deviations of it. A goal that is missed with the true state and the "
        "true transition too is the search’s fault; with the true state and a learned transition, the transition’s; "
        "else the encoder’s."
    )
    if any(JOINT in t.planned.reached for t in tried):
        lead += (
            " “joint” is the predictor that was trained with the encoder: a goal that is missed with it and reached "
            "with a transition fitted afterwards is the predictor’s fault."
        )
    above = Markup('<div class="row">{}</div>').format(grid_of(charts, "three"))
    blocks = [_legend(folder, tried), above, *_films(folder)]
    split = any(t.planned.failures for t in tried)
    tables = (*((_failures(tried),) if split else ()), _table(tried))
    return Section("planning", "Planning in the embedding", lead, tuple(blocks), tables, nav="Planning")


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
    level, title = tried[0].planned.reached[ORACLE].success, "Goal images reached"
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
    return legend([*keys, ("key optimum", "oracle (true controls)")])


def _films(folder: ResultsFolder) -> list[Markup]:
    """Show one task's path under the encoders of a few series, the oracle's above it."""
    shown = [(s, film) for s in few(folder, folder.series, MOST_FILMS) if (film := folder.film(s.median_run)).is_file()]
    blocks = []
    for s, film in shown:
        alt = f"Eight frames along the oracle’s path, and below along the path planned after {s.label}."
        picture = figure(embed(film, FILM_WIDTH, FILMS_BYTES // len(shown)), alt, "")
        blocks.append(row(s.label, s.colour, "the oracle’s path above, the planned one below", [picture], "one"))
    return blocks


def _table(tried: list[PlannedRun]) -> Table:
    kinds = list(dict.fromkeys(kind for t in tried for kind in t.planned.reached))
    points = list(tried[0].planned.lines)
    lines = [f"{what}, {k}" for k in points for what in ("cost of lines", "sd over pairs", "with true controls")]
    each = [f"{what}, {kind}" for kind in kinds for what in ("reached", "cost")]
    fits = [f"transition’s R², {kind}" for kind in kinds if kind != ORACLE]
    rows = tuple(_cells(t, points, kinds) for t in tried)
    return Table("Planning, run by run", ("run", "R²", *lines, *each, *fits), rows)


def _failures(tried: list[PlannedRun]) -> Table:
    """Tabulate whose fault the missed goals are, the floor, and how planned costs rank plans."""
    rows: list[tuple[Cell, ...]] = []
    joint = any(JOINT in t.planned.failures for t in tried)
    for t in tried:
        for kind, split in t.planned.failures.items():
            ranks, floor = t.planned.agreement.get(kind), t.planned.floor
            agreement = (None, None, None) if ranks is None else (ranks.random, ranks.middle, ranks.elite)
            random = None if floor is None else Shown(floor.success, f"{100 * floor.success:.0f} %")
            counts: list[Cell] = [split.reached, split.search, split.transition, split.encoder]
            counts += [split.predictor] if joint else []
            rows.append((f"{t.name}, {kind}", *counts, t.planned.left_out, random, *agreement))
    columns = (
        "run and transition",
        "tasks reached",
        "missed by the search",
        "by the transition",
        "by the encoder",
        *(("by its own predictor",) if joint else ()),
        "left out: start at the goal",
        "reached at random",
        "rank correlation of planned and true costs, random plans",
        "middle",
        "elite",
    )
    return Table("Whose fault the missed goals are", columns, tuple(rows))


def _cells(t: PlannedRun, points: list[int], kinds: list[str]) -> tuple[Cell, ...]:
    p, r2 = t.planned, shown_r2(t.run.recovery.r2)
    lines = [v for k in points for v in (p.lines[k].cost.mean, p.lines[k].sd, p.lines[k].cost_of_controls)]
    each: list[Cell] = []
    for kind in kinds:
        found = p.reached.get(kind)
        each += [None, None] if found is None else [Shown(found.success, f"{100 * found.success:.0f} %"), found.cost]
    fits = [found.transition_r2 if (found := p.reached.get(kind)) else None for kind in kinds if kind != ORACLE]
    return (t.name, r2, *lines, *each, *fits)


WIDTH, HEIGHT = 320, 250
R2_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
COST_TICKS = (1.0, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
SHARE_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class AgainstPoint:
    """One run: its R², its cost or success, its name, and how its condition is drawn (`empty`: a floor or ceiling)."""

    r2: float
    value: float
    name: str
    colour: int
    shape: int
    empty: bool = False


def cost_chart(points: Sequence[AgainstPoint], level: float, title: str, desc: str) -> Markup:
    """Draw costs, 1 and more, in logarithms; `level` is the oracle's."""
    top = max([1.15, 1.1 * level, *(1.05 * p.value for p in points)])
    y = Scale(0.985, top, HEIGHT - 40, 16, ScaleKind.LOG)
    ticks = [t for t in COST_TICKS if t <= top]
    apart = [t for i, t in enumerate(ticks) if i == 0 or y(ticks[0]) - y(t) >= 20]
    return _chart(points, y, {t: number(t, 2) for t in apart}, level, title, desc)


def share_chart(points: Sequence[AgainstPoint], level: float, title: str, desc: str) -> Markup:
    """Draw shares, 0 to 1, as percentages; `level` is the oracle's."""
    y = Scale(-0.02, 1.02, HEIGHT - 40, 16)
    return _chart(points, y, {t: f"{100 * t:.0f} %" for t in SHARE_TICKS}, level, title, desc)


def _chart(
    points: Sequence[AgainstPoint], y: Scale, ticks: dict[float, str], level: float, title: str, desc: str
) -> Markup:
    low = min([0.0, *(p.r2 for p in points)])
    x = Scale(low - 0.03, 1.03, 44, WIDTH - 8)
    parts = [Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x.start, y(t), x.end) for t in ticks]
    parts += [text(x.start - 6, y(t) + 4, said, anchor="end") for t, said in ticks.items()]
    parts += [text(x(t), y.start + 16, number(t, 2), anchor="middle") for t in R2_TICKS]
    parts.append(Markup('<path class="optimum" d="M{:.1f} {:.1f}H{:.1f}"/>').format(x.start, y(level), x.end))
    sign = Markup('<path class="{} c{}" d="{}"><title>{}</title></path>')
    for p in sorted(points, key=lambda p: not p.empty):
        drawn = marker(p.shape, x(p.r2), y(p.value), 4.5)
        parts.append(sign.format("sign open" if p.empty else "sign", p.colour, drawn, p.name))
    parts.append(text(x.end, y.start + 34, "R² →", "axis-name", "end"))
    return svg(WIDTH, HEIGHT, title, desc, parts, "against")
