"""The study's answer in one sentence: is it the data, the scene or the training?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

from markupsafe import Markup

from worldprobe.reports.causes import Part, limit_of, missing_parts, shown_of
from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.reports.series_prediction import ideal_on_test
from worldprobe.reports.sweep_conditions import compared_with
from worldprobe.reports.wording import and_list, brief_r2, count, number, ratio, unbroken
from worldprobe.results import ORACLE, RECOVERED

MOST_NAMED = 4
"""Series that a sentence can name one by one."""
REFERENCES = {"floor": "untrained encoder", "pixels": "raw pixels", "ceiling": "supervised encoder"}


@dataclass(frozen=True)
class Standing:
    """A series and the part of missing R² that limits it; None where nothing is known of it."""

    folder: ResultsFolder
    series: Series
    limit: Part | None
    size: float

    @property
    def r2(self) -> float:
        """Mean R² over controls and seeds."""
        return self.series.summary.r2.mean

    @property
    def recovered(self) -> bool:
        """Whether every control is recovered."""
        return min(i.mean for i in self.series.summary.r2_per_control.values()) >= RECOVERED

    @property
    def name(self) -> Markup:
        """The series' name in its colour; "gaussian exploration" where it is named for its regime."""
        kind = "\u00a0exploration" if self.series.label == self.series.summary.regime else ""
        return inked(self.series) + kind


def headline(folder: ResultsFolder) -> Markup:
    """Return the study's answer in one sentence, with its numbers next to their floor and ceiling."""
    if not folder.series:
        return Markup("No exploration has been measured: there are only floors and ceilings.")
    if any(run.planning is not None for s in folder.series for run in s.runs):
        return _of_planning(folder)
    ranked = sorted((standing(folder, s) for s in folder.series), key=lambda st: -st.r2)
    return _of_sweep(ranked) if folder.swept else _of_study(ranked)


def standing(folder: ResultsFolder, s: Series) -> Standing:
    """Return what limits a series."""
    parts = missing_parts(folder, s)
    limit, size = limit_of(list(parts.values())) if parts else (None, 0.0)
    return Standing(folder, s, limit, size)


def _of_study(ranked: Sequence[Standing]) -> Markup:
    best, rest = ranked[0], ranked[1:]
    named = rest if len(ranked) <= MOST_NAMED else rest[-1:]
    return Markup("{}{}.").format(_leading(best), _others(best, named))


def _leading(st: Standing) -> Markup:
    if st.recovered:
        every = count(len(st.series.summary.r2_per_control), "control")
        said = Markup("After {} every one of {} is recovered: R² {}{}")
        return said.format(st.name, every, ratio(st.r2), _between(st))
    if st.limit is None:
        return Markup("After {} R² is {}{}").format(st.name, ratio(st.r2), _between(st))
    return LEADS[st.limit.field](st)


def _by_exploration(st: Standing) -> Markup:
    ideal = ideal_on_test(st.folder, st.series)
    if ideal is None:
        said = Markup(
            "The exploration is the limit: after {} R² is {}{}, and {} of what is missing is the exploration’s"
        )
        return said.format(st.name, ratio(st.r2), _between(st), ratio(st.size))
    said = Markup(
        "The exploration is the limit: {} can teach even an ideal encoder no more than R² {}, and {} is reached{}"
    )
    return said.format(st.name, brief_r2(ideal), ratio(st.r2), _between(st))


def _by_scene(st: Standing) -> Markup:
    said = Markup("The scene is the limit: what is seen of it shows no more than R² {}, and after {} {} is reached{}")
    shown = shown_of(st.folder, st.series)
    return said.format("—" if shown is None else ratio(shown), st.name, ratio(st.r2), _between(st))


def _by_identity(st: Standing) -> Markup:
    said = Markup(
        "The exploration is the limit: after {} several features are aligned equally well, which leaves {} of R² "
        "non-identifiable, and {} is reached{}"
    )
    return said.format(st.name, ratio(st.size), ratio(st.r2), _between(st))


def _by_style(st: Standing) -> Markup:
    said = Markup("Style is the limit: {}, but the embedding shows style in place of {} of R², and {} is reached{}")
    return said.format(_teaches(st), ratio(st.size), ratio(st.r2), _between(st))


def _by_data(st: Standing) -> Markup:
    frames = st.folder.results.study.get("frames")
    many = f"{number(frames)} frames" if isinstance(frames, int) else "the frames"
    fell = any(run.training is not None and run.training.memorising for run in st.series.runs)
    said = Markup("The amount of data is the limit: {}, but {} {}, and {} is reached{}: record more")
    return said.format(_teaches(st), many, "were memorised" if fell else "are too few", ratio(st.r2), _between(st))


def _by_training(st: Standing) -> Markup:
    said = Markup("The training is the limit: {}, but training stopped short of its optimum at {}{}")
    return said.format(_teaches(st), ratio(st.r2), _between(st))


def _unexplained(st: Standing) -> Markup:
    assert st.limit is not None
    said = Markup("After {} R² is {}{}; {}")
    return said.format(st.name, ratio(st.r2), _between(st), st.limit.limit)


LEADS = {
    "regime": _by_exploration,
    "scene": _by_scene,
    "non_identifiability": _by_identity,
    "style": _by_style,
    "data": _by_data,
    "optimisation": _by_training,
    "unexplained": _unexplained,
}
"""How the sentence begins, by the largest part of what is missing."""


def _teaches(st: Standing) -> Markup:
    """Return "gaussian exploration can teach R² 0.99 and the frames show 0.87", as far as it is known."""
    ideal, shown = ideal_on_test(st.folder, st.series), shown_of(st.folder, st.series)
    teach = Markup("{} can teach {}").format(st.name, "it" if ideal is None else f"R²\u00a0{brief_r2(ideal)}")
    return teach if shown is None else Markup("{} and what is seen shows {}").format(teach, ratio(shown))


def _between(st: Standing) -> str:
    """Return the floors and ceilings next to a number: " (untrained encoder 0.07, supervised encoder 0.98)"."""
    given = {r.role: r.r2.mean for r in compared_with(st.folder, st.series.summary)}
    if "ceiling" in given:
        given.pop("pixels", None)  # it is on the cards
    said = [f"{called(st.folder, role)} {ratio(given[role])}" for role in REFERENCES if role in given]
    return f" ({', '.join(said)})" if said else ""


def called(folder: ResultsFolder, role: str) -> str:
    """Return the short name of a floor or ceiling."""
    return "raw observations" if role == "pixels" and not folder.drawn else REFERENCES[role]


def _and_between(st: Standing) -> str:
    """Return the same to go on within parentheses: "; untrained encoder 0.07"."""
    return _between(st).replace(" (", "; ", 1).rstrip(")")


def _others(best: Standing, named: Sequence[Standing]) -> Markup:
    kinds: dict[str, list[Standing]] = {}
    for st in named:
        said = (
            "it is recovered, too" if st.recovered else "the limit is not known" if st.limit is None else st.limit.limit
        )
        kinds.setdefault(said, []).append(st)
    found = Markup("")
    for said, mine in kinds.items():
        names = [Markup("{} ({})").format(inked(st.series), ratio(st.r2)) for st in mine]
        found += Markup("; after {} {}").format(joined(names), said)
    return found


def _of_sweep(ranked: Sequence[Standing]) -> Markup:
    best, worst, kept = ranked[0], ranked[-1], sum(st.recovered for st in ranked)
    high, low = _distinct(best.r2, worst.r2)
    text = Markup("{}: R² is {} at best ({}{}) and {} at worst ({}){}.")
    limit = "" if worst.limit is None or worst.recovered else f", where {worst.limit.limit}"
    points = _at_how_many(kept, len(ranked))
    return text.format(points, high, inked(best.series), _and_between(best), low, inked(worst.series), limit)


def _at_how_many(kept: int, points: int) -> str:
    if kept == points:
        return f"Every control is recovered at {'both' if points == 2 else f'all {points}'} points"
    if not kept:
        return f"At none of {points} points is every control recovered"
    return f"Every control is recovered at {kept} of {points} points"


def _distinct(best: float, worst: float) -> tuple[str, str]:
    """Return two R² with the decimals that tell them from 1, and from each other, where both are near it."""
    if min(best, worst) < 0.995:
        return ratio(best), ratio(worst)
    decimals = [2 if v >= 1 else min(8, max(3, ceil(-log10(1 - v)))) for v in (best, worst)]
    return f"{best:.{decimals[0]}f}", f"{worst:.{decimals[1]}f}"


def _of_planning(folder: ResultsFolder) -> Markup:
    rates = sorted(((rate, s) for s in folder.series if (rate := reached_by(s)) is not None), key=lambda pair: -pair[0])
    between, limit = _planned_between(folder), _planning_limit(folder)
    if not rates[0][0]:
        where = inked(rates[0][1]) if len(rates) == 1 else "any exploration"
        return Markup("{}o goal image is reached after {}{}.").format(_before(limit, "N"), where, between)
    (best, first), rest = rates[0], rates[1:] if len(rates) <= MOST_NAMED else rates[-1:]
    found = _percent(best), inked(first), between
    said = Markup("{}{} of the goal images are reached after {}{}").format(_before(limit, ""), *found)
    tail = joined([Markup("{} after {}").format(_percent(rate), inked(s)) for rate, s in rest])
    return Markup("{}; {}.").format(said, tail) if rest else said + "."


def _planning_limit(folder: ResultsFolder) -> str:
    """Return what limits the series with the best R²; empty where it is recovered or its limit is not known."""
    best = standing(folder, max(folder.series, key=lambda s: s.summary.r2.mean))
    named = best.limit is not None and best.limit.limit.endswith("is the limit") and not best.recovered
    return best.limit.limit if named and best.limit is not None else ""


def _before(limit: str, first: str) -> str:
    """Return "The training is the limit: n" for the beginning of a sentence, or only its first letter."""
    return f"{limit[0].upper()}{limit[1:]}: {first.lower()}" if limit else first


def reached_by(s: Series) -> float | None:
    """Return the share of goals reached with the last transition that was tried, the mean over a series' runs."""
    found = [run.planning.success for run in s.runs if run.planning is not None]
    return sum(found) / len(found) if found else None


def _planned_between(folder: ResultsFolder) -> str:
    """Return what the references reach: " (untrained encoder 0 %, supervised encoder 88 %, oracle 100 %)"."""
    planned = [(run.role, run.planning) for run in folder.results.runs if run.planning is not None]
    given = {role: p.success for role, p in planned}
    said = [f"{name} {_percent(given[role])}" for role, name in REFERENCES.items() if role in given]
    oracle = next((p.reached[ORACLE].success for _, p in planned if ORACLE in p.reached), None)
    said += [] if oracle is None else [f"oracle {_percent(oracle)}"]
    return f" ({', '.join(said)})" if said else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def inked(s: Series) -> Markup:
    """Return a series' name in its colour."""
    return Markup('<span class="ink c{}">{}</span>').format(s.colour, unbroken(s.label))


def joined(names: Sequence[Markup]) -> Markup:
    """Return "a, b and c"."""
    return Markup(and_list([str(name) for name in names])) if names else Markup("")
