"""A contract is a list of promises: each is checked, and each that is broken says what was found and how to fix it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from worldprobe.errors import WorldprobeError

S = TypeVar("S")
Check = Callable[[S], str | None]
"""Returns what was found where the promise is broken, None where it is kept."""


@dataclass(frozen=True)
class Promise(Generic[S]):
    """One promise, the check of it, and how to fix what breaks it."""

    says: str
    fix: str
    check: Check[S]
    first: bool = False
    """Whether the others make no sense where this one is broken."""


@dataclass(frozen=True)
class BrokenPromise:
    """A promise that does not hold: what was found, and how to fix it."""

    says: str
    found: str
    fix: str


@dataclass(frozen=True)
class ContractReport:
    """The promises of a component that were checked and hold."""

    subject: str
    kept: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subject} keeps its {len(self.kept)} promises:" + "".join(f"\n  {says}" for says in self.kept)


class ContractBroken(WorldprobeError):
    """A component that breaks promises: each with what was found and how to fix it."""

    def __init__(self, subject: str, broken: Sequence[BrokenPromise]) -> None:
        self.broken = tuple(broken)
        each = "".join(f"\n  Promise: {one.says}\n    Found: {one.found}.\n    To fix it: {one.fix}" for one in broken)
        super().__init__(f"{subject} breaks {len(broken)} promise{'s' if len(broken) > 1 else ''}.{each}")


class Contract(Generic[S]):
    """The promises of one kind of component, in the order in which they are checked."""

    def __init__(self) -> None:
        self.promises: list[Promise[S]] = []

    def promise(self, says: str, *, fix: str, first: bool = False) -> Callable[[Check[S]], Check[S]]:
        """Return a decorator that adds a check of a promise."""

        def add(check: Check[S]) -> Check[S]:
            self.promises.append(Promise(says, fix, check, first))
            return check

        return add

    def check(self, subject: str, seen: S) -> ContractReport:
        """Check every promise; raises ContractBroken, with all that are broken.

        An exception in the component's own code breaks the promise that was being checked.
        """
        kept, broken = [], []
        for promise in self.promises:
            try:
                found = promise.check(seen)
            except Exception as error:
                found = f"it raises {type(error).__name__}: {' '.join(str(error).split()).rstrip('.')}"
            if found is None:
                kept.append(promise.says)
                continue
            broken.append(BrokenPromise(promise.says, found, promise.fix))
            if promise.first:
                break
        if broken:
            raise ContractBroken(subject, broken)
        return ContractReport(subject, tuple(kept))
