"""The checker that tests run worldprobe under: beartype and jaxtyping, at the first calls of a function in every test.

Checking costs more than many a small function does. So a function's check is compiled when it is first called, when all
names in its annotations exist, and a test that calls a function thousands of times has only the first calls checked.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from types import CodeType
from typing import Any, ClassVar

import jaxtyping
from beartype import BeartypeConf, beartype

CALLS = 3
"""Of every function, in every test."""

typechecked = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is accepted where a float is asked for
_checked_at_every_call = jaxtyping.jaxtyped


class _Tests:
    begun = 0


class _Budget:
    """How many calls of one piece of code are still checked in this test: a closure is made anew again and again."""

    of: ClassVar[dict[CodeType, _Budget]] = {}

    def __init__(self) -> None:
        self.test, self.left = -1, 0

    def spend(self) -> bool:
        """Return whether this call is to be checked."""
        if self.test != _Tests.begun:
            self.test, self.left = _Tests.begun, CALLS
        self.left -= 1
        return self.left >= 0


def install() -> None:
    """Let worldprobe be imported with the checks."""
    jaxtyping.jaxtyped = _jaxtyped
    jaxtyping.install_import_hook("worldprobe", "typechecker.typechecked")


def begin_test() -> None:
    """Check the first calls anew."""
    _Tests.begun += 1


def _jaxtyped(*, typechecker: Callable[..., Any]) -> Callable[..., Any]:
    """Be `jaxtyping.jaxtyped` to the modules that are imported."""

    def decorated(thing: Any) -> Any:
        if isinstance(thing, classmethod | staticmethod):
            return type(thing)(decorated(thing.__func__))
        if inspect.isfunction(thing):
            return _checked_at_first(thing, typechecker)
        if is_dataclass(thing) and "__init__" in vars(thing):
            thing.__init__ = _checked_at_first(thing.__init__, typechecker)
        return thing

    return decorated


def _checked_at_first(function: Callable[..., Any], typechecker: Callable[..., Any]) -> Callable[..., Any]:
    checked: Callable[..., Any] | None = None
    budget = _Budget.of.setdefault(function.__code__, _Budget())

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        nonlocal checked
        if not budget.spend():
            return function(*args, **kwargs)
        if checked is None:
            checked = _checked_at_every_call(function, typechecker=typechecker)
        return checked(*args, **kwargs)

    return called
