"""How long the predictor searches for SIGReg's optimum in tests: briefly, but where they are about what it finds."""

from __future__ import annotations

from worldprobe.predictor import rearrangement, search

_PLACES = ((search, "POINTS"), (search, "MANY"), (search, "MEASURED"), (search, "FEW"), (rearrangement, "STEPS"))
_FULL = tuple(getattr(module, name) for module, name in _PLACES)
_BRIEF = ({1: 16_384}, 4_096, {1: 30_000}, 8_000, 6)


def set_search_length(*, full: bool) -> None:
    """Let searches in this process be as long as a user's, or a tenth of that."""
    for (module, name), value in zip(_PLACES, _FULL if full else _BRIEF, strict=True):
        setattr(module, name, value)


def is_full() -> bool:
    """Whether a search in this process is as long as a user's."""
    return all(getattr(module, name) == value for (module, name), value in zip(_PLACES, _FULL, strict=True))
