"""What FILE.py:NAME stands for: a torch module, what makes one, or an encoder that is a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from worldprobe._util.python_files import named_in
from worldprobe.errors import InvalidValue, PluginFailed, in_words


def made_in(file: Path, name: str, key: str = "--encoder") -> Callable[..., Any]:
    """Execute a file, as its user asked, and return the module or encoder that `name` is or makes in it.

    A module is returned as it is; of a class or function without required arguments, what it makes. `key` is the option
    or setting that an error names. Raises InvalidValue and PluginFailed.
    """
    if not file.is_file():
        raise InvalidValue(key, f"{file}:{name}", "FILE.py:NAME, of a file that exists")
    return _made(named_in(file, name), f"{file}:{name}", key)


def _made(thing: Any, where: str, key: str) -> Callable[..., Any]:
    """Return a module as it is, what a class or function without required arguments makes, or an encoder itself."""
    import torch

    if isinstance(thing, torch.nn.Module):
        return thing
    if not callable(thing):
        raise InvalidValue(key, where, "a module, its class, a function that returns one, or an encoder")
    needed = [p for p in inspect.signature(thing).parameters.values() if p.default is p.empty and p.kind <= 1]
    if needed and isinstance(thing, type):
        names = ", ".join(p.name for p in needed)
        allowed = "a function without arguments that returns the module"
        raise InvalidValue(key, where, allowed, f"{thing.__name__} needs {names}.")
    try:
        made = thing() if not needed else thing
    except (Exception, SystemExit) as error:  # whatever somebody's function raises
        raise PluginFailed(f"{where} makes no encoder: {in_words(error)}.") from error
    if isinstance(thing, type) and isinstance(made, torch.nn.Module):
        made.eval()  # built here, so that its training mode is nobody's mistake
    if not callable(made):
        raise InvalidValue(key, where, "a function that returns a module", f"It returned {type(made).__name__}.")
    return made
