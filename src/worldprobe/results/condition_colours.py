"""Which colour a condition (a regime under an objective) has: the same in the report, on the page and in the loop."""

from __future__ import annotations

from collections.abc import Sequence

from worldprobe.results.runs import Run
from worldprobe.results.summary import Summary

RGB = tuple[int, int, int]

COLOURS: tuple[RGB, ...] = (
    (63, 134, 245),
    (240, 145, 42),
    (82, 211, 189),
    (194, 59, 128),
    (139, 150, 163),
    (185, 163, 255),
    (227, 207, 107),
    (242, 92, 106),
)
"""On a dark ground: c0 to c7 of the report's style sheet, which has darker ones of the same hue for paper."""
QUIET: RGB = (163, 167, 176)
"""Of references, and of what several colours share."""
NEUTRAL = len(COLOURS)
"""The number of what several colours share, c8."""


def condition_colour(summaries: Sequence[Summary], regime: str, objective: str | None = None) -> int:
    """Return the number of the colour of a regime under an objective among a study's conditions.

    Objectives have colours of their own as long as there are enough for all; a regime whose objectives differ in colour
    is itself neutral.
    """
    pairs = list(dict.fromkeys((s.regime, s.objective) for s in summaries if s.role == "measured"))
    regimes = list(dict.fromkeys(r for r, _ in pairs))
    if len(regimes) < len(pairs) <= len(COLOURS):
        return pairs.index((regime, objective)) if objective is not None and (regime, objective) in pairs else NEUTRAL
    return (regimes.index(regime) if regime in regimes else len(regimes)) % len(COLOURS)


def run_colours(summaries: Sequence[Summary], runs: Sequence[Run]) -> dict[str, RGB]:
    """Return a colour for each of some runs, by id: of measured ones their condition's, of references a quiet one.

    Runs that would share a colour (seeds, points of an axis) get one that no other has, while there are any.
    """
    found: dict[str, RGB] = {}
    for run in sorted(runs, key=lambda run: run.role != "measured"):
        own = condition_colour(summaries, run.regime, run.objective) if run.role == "measured" else NEUTRAL
        colour = (*COLOURS, QUIET)[own]
        free = [one for one in COLOURS if one not in found.values()]
        found[run.id] = free[0] if colour in found.values() and free else colour
    return found
