"""Our numbers compared with published ones, and every deviation from the published settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from worldprobe.reports.html_blocks import Cell, Section, Shown, Table, note
from worldprobe.reports.quoted_values import Quoted, publication, quoted_values
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import at, count, fixed, precise, quoted

NEAR = 0.99
"""R^2 from which what it lacks of 1 is compared too."""


@dataclass(frozen=True)
class ComparedValue:
    """A published value with ours, over our seeds; no seeds where the point was not run."""

    theirs: Quoted
    ours: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean of our seeds."""
        return float(np.mean(self.ours))

    @property
    def sd(self) -> float | None:
        """The standard deviation over our seeds, of the sample; None for one seed."""
        return float(np.std(self.ours, ddof=1)) if len(self.ours) > 1 else None

    @property
    def within(self) -> bool | None:
        """Whether the published value lies within two standard deviations of our mean, its rounding granted.

        None where one seed, or none, has no spread.
        """
        if self.sd is None:
            return None
        return abs(self.mean - self.theirs.r2) <= 2 * self.sd + self.theirs.rounding


def published_comparison(folder: ResultsFolder) -> Section:
    """Tabulate our R² and the published one, with the source and every deviation from its settings."""
    pairs = paired(folder)
    title, source = "Compared with published results", _source(folder)
    if not pairs:
        lead = "The study quotes no number, only where the experiment and its settings come from."
        return Section("published", title, lead, (source,), nav="Published")
    spread = (
        "A published value is within our spread where it lies within two standard deviations of our seeds’ mean, plus "
        "or minus half a unit of its last digit."
        if any(pair.within is not None for pair in pairs)
        else "With one seed there is no spread to compare a difference with."
    )
    near = any(_near(pair) for pair in pairs)
    both = f" Where both exceed {NEAR:g}, what they lack of 1 is compared as well: the digits of R² hide it."
    return Section(
        "published",
        title,
        f"{_counted(pairs)} {spread}{both if near else ''}",
        (source,),
        shown=_table(pairs, near),
        nav="Published",
    )


def paired(folder: ResultsFolder) -> list[ComparedValue]:
    """Return every published value with our runs at its point, of measured conditions and of references."""
    summaries = folder.results.summary
    found = []
    for q in quoted_values(folder):
        mine = q.best_of(summaries)
        runs = folder.runs_of(mine) if mine is not None else []
        found.append(ComparedValue(q, tuple(q.ours(run) for run in runs)))
    return found


def _near(pair: ComparedValue) -> bool:
    return bool(pair.ours) and pair.mean > NEAR and pair.theirs.r2 > NEAR


def _table(pairs: list[ComparedValue], near: bool) -> Table:
    columns = ["regime", "objective", "at", "ours", "± sd", "seeds", "published", "difference", "within our spread?"]
    columns += ["1 − R², ours", "1 − R², published"] if near else []
    rows = tuple(_row(pair) + (_lacks(pair) if near else ()) for pair in pairs)
    return Table("Our R² and the published one", tuple(columns), rows)


def _row(pair: ComparedValue) -> tuple[Cell, ...]:
    q = pair.theirs
    name, theirs = (q.regime, q.objective, _where(q)), Shown(q.r2, quoted(q.r2))
    if not pair.ours:
        return *name, None, None, 0, theirs, None, "not run"
    digits = len(precise(pair.mean).replace("\u202f", "").partition(".")[2])
    gap = pair.mean - q.r2
    difference = Shown(gap, fixed(gap, digits, "+"))
    sd = None if pair.sd is None else Shown(pair.sd, fixed(pair.sd, digits))
    verdict = {None: "one seed", True: "yes", False: "no"}[pair.within]
    return *name, Shown(pair.mean, precise(pair.mean)), sd, len(pair.ours), theirs, difference, verdict


def _where(q: Quoted) -> str:
    return ", ".join(filter(None, [at(q.axes), q.control])) or "—"


def _lacks(pair: ComparedValue) -> tuple[Cell, ...]:
    if not _near(pair):
        return None, None
    return tuple(Shown(1 - v, f"{1 - v:.1e}".replace("e-0", "e−")) for v in (pair.mean, pair.theirs.r2))


def _counted(pairs: list[ComparedValue]) -> str:
    judged = [pair.within for pair in pairs if pair.within is not None]
    there = sum(bool(pair.ours) for pair in pairs)
    said = f"{sum(judged)} of {len(judged)} published values lie within our spread." if judged else ""
    if not there:
        said = "None of the points with a published value was run here."
    elif not said:
        said = f"{count(there, 'published value').capitalize()} compared with ours."
    missing = len(pairs) - there
    return f"{said} Not run here: {missing} of {len(pairs)}." if missing and there else said


def _source(folder: ResultsFolder) -> Markup:
    theirs = publication(folder)
    assert theirs is not None
    if not theirs.deviations:
        return note(f"Source: {theirs.source}. No setting differs from it.", "list")
    return note(f"Source: {theirs.source}. What was done differently here:", "list", theirs.deviations)
