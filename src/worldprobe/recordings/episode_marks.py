"""How a column says where episodes begin, judged by its name: ids, starts, ends, lengths, or flags in the rows."""

from __future__ import annotations

import re
from enum import StrEnum


class EpisodeMark(StrEnum):
    """What the values of an episode column are."""

    IDS = "ids"
    STARTS = "starts"
    ENDS = "ends"
    LENGTHS = "lengths"
    FIRST = "first"
    """A flag in every row, set in the first row of an episode."""
    LAST = "last"
    """A flag in every row, set in the last row of an episode."""

    @property
    def flags(self) -> bool:
        """Whether it is a flag in every row."""
        return self in (EpisodeMark.FIRST, EpisodeMark.LAST)


_EPISODE = r"(ep|episode|epi|traj|trajectory|trajectorie|demo|demonstration|run|rollout|trial|clip)s?"
_MOVER = r"(track|vehicle|agent|pedestrian)"
"""What several of move in one log: each is an episode of its own."""
_ID = r"(id|idx|index|indice|number|num|no|nr|name)"
_NAMES: dict[EpisodeMark, str] = {
    EpisodeMark.IDS: rf"{_EPISODE}(_?{_ID})?(s|es)?|{_MOVER}_?{_ID}(s|es)?|file",
    EpisodeMark.STARTS: rf"{_EPISODE}_(start|offset|begin)s?(_?(idx|index|indices))?",
    EpisodeMark.ENDS: rf"{_EPISODE}_ends?(_?(idx|index|indices))?",
    EpisodeMark.LENGTHS: rf"{_EPISODE}_(len|length|len)s?",
    EpisodeMark.FIRST: r"is_?firsts?|first_step|resets?|is_?reset|is_?start|new_(episode|traj|trajectory)",
    EpisodeMark.LAST: r"(is_?)?(dones?|terminals?|terminates?|terminations?|truncations?)|is_?last|last_step|"
    r"terminateds?|truncateds?|time_?outs?|end_of_episode",
}
_PATTERNS = {mark: re.compile(pattern) for mark, pattern in _NAMES.items()}


def mark_of(word: str) -> EpisodeMark | None:
    """Return what a column called so says of episodes; None for nothing. `word` is the last part of its name."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower().replace("-", "_").replace(" ", "_")
    return next((mark for mark, pattern in _PATTERNS.items() if pattern.fullmatch(plain)), None)
