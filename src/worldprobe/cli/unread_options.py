"""Options that nothing would read where they were typed: refused rather than ignored."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from typer.core import TyperCommand

from worldprobe.errors import InapplicableOption

_CONTEXT: ContextVar[Any] = ContextVar("context of the running command")


class Command(TyperCommand):
    """A command that can be asked which of its options were typed."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        token = _CONTEXT.set(ctx)
        try:
            return super().invoke(ctx)
        finally:
            _CONTEXT.reset(token)


def refuse_unread(parameters: Iterable[str], why: str) -> None:
    """Raise InapplicableOption for the first of these parameters of the running command that was typed."""
    context = _CONTEXT.get()
    flags = {each.name: each.opts[0] for each in context.command.params}
    for name in parameters:
        source, value = context.get_parameter_source(name), context.params[name]
        if source is not None and source.name == "COMMANDLINE":
            typed = flags[name] if isinstance(value, bool) else f"{flags[name]} {shlex.quote(str(value))}"
            raise InapplicableOption(typed, why)
