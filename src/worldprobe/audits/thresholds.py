"""Thresholds of gates that a study or a person sets in place of the calibrated ones, while an audit is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from math import isfinite
from types import MappingProxyType

from worldprobe.audits.limit import Limit
from worldprobe.errors import InvalidValue, UnknownName

Thresholds = Mapping[str, Mapping[str, float]]
"""By gate: "warn", "fail" or both."""

LEVELS = ("warn", "fail")

_NONE: Thresholds = MappingProxyType({})
_CHOSEN: ContextVar[Thresholds] = ContextVar("thresholds", default=_NONE)


@contextmanager
def thresholds(chosen: Thresholds) -> Iterator[None]:
    """Use these thresholds while the context is open.

    Raises UnknownName for a gate or a level that there is not, InvalidValue for numbers that are not finite or a `fail`
    that is passed before `warn`.
    """
    check_thresholds(chosen)
    token = _CHOSEN.set(chosen)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def check_thresholds(chosen: Thresholds) -> None:
    """Raise what `thresholds` raises, and set nothing."""
    from worldprobe.audits.gates import GATES

    for gate, levels in chosen.items():
        if gate not in GATES:
            raise UnknownName("gate", gate, GATES, "worldprobe gates")
        for level, value in levels.items():
            if level not in LEVELS:
                raise UnknownName("threshold", f"{gate}.{level}", [f"{gate}.{own}" for own in LEVELS])
            if not isfinite(value):
                raise InvalidValue(f"{gate}.{level}", value, "a finite number")
        limit = _with(GATES[gate].limit, levels)
        sign = 1.0 if limit.past == "above" else -1.0
        if limit.fail is not None and sign * limit.fail < sign * limit.warn:
            allowed = f"a number {limit.past} the one that warns, {limit.warn:g}, or equal to it"
            raise InvalidValue(f"{gate}.fail", limit.fail, allowed)


def chosen_limit(gate: str, limit: Limit) -> Limit:
    """Return a gate's thresholds: those that were set, else its own."""
    return _with(limit, _CHOSEN.get().get(gate, {}))


def parse_thresholds(given: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the thresholds of "GATE.warn=NUMBER" and "GATE.fail=NUMBER". Raises InvalidValue for anything else."""
    found: dict[str, dict[str, float]] = {}
    for text in given:
        key, _, number = text.partition("=")
        gate, _, level = key.strip().rpartition(".")
        try:
            value = float(number)
        except ValueError:
            value = None
        if not gate or value is None:
            raise InvalidValue("--threshold", text, "GATE.warn=NUMBER or GATE.fail=NUMBER")
        found.setdefault(gate, {})[level] = value
    check_thresholds(found)
    return found


def thresholds_in_words(chosen: Thresholds) -> str:
    """Return what was set, and in place of what."""
    from worldprobe.audits.gates import GATES

    return "; ".join(
        f"{gate}.{level} = {value:g} (in place of {_plain(getattr(GATES[gate].limit, level))})"
        for gate, levels in chosen.items()
        for level, value in levels.items()
    )


def _plain(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _with(limit: Limit, levels: Mapping[str, float]) -> Limit:
    return replace(limit, warn=levels.get("warn", limit.warn), fail=levels.get("fail", limit.fail))
