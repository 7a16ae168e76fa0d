"""The errors that users meet: what was wrong, what was given, what is allowed, how to mend it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from pathlib import Path

_ON_COMMAND_LINE: ContextVar[bool] = ContextVar("on command line", default=False)


@contextmanager
def on_command_line() -> Iterator[None]:
    """Let messages name options as the command line spells them while the context is open."""
    token = _ON_COMMAND_LINE.set(True)
    try:
        yield
    finally:
        _ON_COMMAND_LINE.reset(token)


def option(name: str, value: object = None) -> str:
    """Return how to pass an option here: `--drop-bad` or `--frames none`, in Python `drop_bad=True`, `frames="none"`.

    Without a value, only the option is named: `--frames`, in Python `frames=`.
    """
    if not _ON_COMMAND_LINE.get():
        if value is None:
            return f"{name}="
        quoted = json.dumps(value, ensure_ascii=False) if isinstance(value, str | list) else repr(value)
        return f"{name}={quoted}"
    flag = "--" + name.replace("_", "-")
    if value is None or value is True:
        return flag
    listed = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"{flag} {shlex.quote(listed)}"


def option_name(name: str) -> str:
    """Return what an option is called here: `--drop-bad`, in Python `drop_bad`."""
    return option(name).removesuffix("=")


class WorldprobeError(Exception):
    """Base of every error that is the user's or the machine's to mend; the CLI prints it without a traceback."""


class UnknownName(WorldprobeError):
    """A study, world, regime, objective, encoder, preset or key that does not exist."""

    def __init__(self, kind: str, given: str, allowed: Iterable[str], where: str = "") -> None:
        names = sorted(allowed)
        near = get_close_matches(given, names, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        listed = f" Known: {', '.join(names)}." if names else ""
        seen = f" See `{where}`." if where else ""
        super().__init__(f"Unknown {kind} {given!r}.{hint}{listed}{seen}")
        self.nearest = near[0] if near else None


class InvalidValue(WorldprobeError):
    """A value of the right kind that is impossible, or none where one is needed: what was given, what is allowed."""

    def __init__(self, key: str, given: object, allowed: str, mend: str = "") -> None:
        problem = f"{key} is missing: give" if given is None else f"{key} = {given!r} is not possible: allowed is"
        super().__init__(f"{problem} {allowed}." + (f" {mend}" if mend else ""))
        self.key = key


class InapplicableOption(WorldprobeError):
    """An option that would change nothing: which, and why."""

    def __init__(self, named: str, why: str) -> None:
        super().__init__(f"{named} changes nothing: {why}. Leave it out.")


class WrongChoice(WorldprobeError):
    """None or several of the things of which exactly one is needed."""

    def __init__(self, *choices: str) -> None:
        super().__init__(f"Give either {', '.join(choices[:-1])} or {choices[-1]}, and not both.")


class PluginFailed(WorldprobeError):
    """A file or package of the user's own that was to be loaded and fails: which one, and what it says."""


class MissingDependency(WorldprobeError):
    """An optional package or system library that is not there, with the line that installs it."""

    def __init__(self, what: str, needed_for: str, install: str) -> None:
        super().__init__(f"{what} is missing; it is needed for {needed_for}. Install it with: {install}")


class NotEnoughRoom(WorldprobeError):
    """The disk or memory would not hold the result; raised before any work starts."""


class DamagedData(WorldprobeError):
    """A file on disk is not what was written: which one, and what to do."""


class BlenderFailed(WorldprobeError):
    """The Blender process died or reported an error: its last lines are in the message."""


class TrainingDiverged(WorldprobeError):
    """The loss stopped being finite: the step, and the last good checkpoint."""


class StudyChanged(WorldprobeError):
    """A results folder belongs to another study than the one asked for: what differs."""


class NotSigned(WorldprobeError):
    """A protocol that lacks sign-offs, or that a reviewer rejects."""


class InvalidStudy(WorldprobeError):
    """A study that does not fit the schema: every wrong key with its path, what was given, what is allowed."""

    def __init__(self, source: str, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        listed = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"{source} is not a valid study:{listed}")


class InvalidYaml(WorldprobeError):
    """A text that is not YAML, or YAML that could be taken for something else than its author meant."""

    def __init__(self, source: str, problem: str) -> None:
        self.problem = problem
        super().__init__(f"{source} is not readable YAML: {problem}.")


class UnwritableFolder(WorldprobeError):
    """A folder that cannot be written to: which one, what the system says, where to write instead."""

    def __init__(self, folder: object, reason: object) -> None:
        super().__init__(
            f"Cannot write in {folder}: {reason}. Choose another folder, or set WORLDPROBE_CACHE for what is kept."
        )


class NoResults(WorldprobeError):
    """A folder that holds no results of a study, or not all of them yet."""


class WrongWorld(WorldprobeError):
    """An encoder is shown another world than the one that it was trained on: what differs."""


class Unreachable(WorldprobeError):
    """A target that no plan can reach: which control it asks for, and how far that goes."""


def in_words(error: BaseException, file: Path | None = None) -> str:
    """Return an error of somebody else's code in one line: its type and what it says.

    `file`: the line of that file which was being executed comes first, where there was one.
    """
    place, trace = "", error.__traceback__
    while trace is not None:
        if file is not None and trace.tb_frame.f_code.co_filename == str(file):
            place = f"line {trace.tb_lineno}: "
        trace = trace.tb_next
    said = " ".join(str(error).split())[:240].rstrip(".")
    return f"{place}{type(error).__name__}: {said}" if said else f"{place}{type(error).__name__}"
