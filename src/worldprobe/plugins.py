"""Components of one's own: `register` files a class by its base, and plug-ins are modules that do so.

A package offers its components by an entry point of the group `worldprobe`, whose value is a module that registers
them; it is imported when a registry is first read. A single file is named: `worldprobe --include my_worlds.py ...`, or
`include` in Python. Nothing is executed but what was installed or named.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TypeVar

from worldprobe.errors import InvalidValue, PluginFailed, in_words

T = TypeVar("T", bound=type)

GROUP = "worldprobe"
_included: dict[Path, None] = {}
_begun: set[str] = set()
"""Holds the group once its plug-ins are being imported: one of them may read a registry meanwhile."""


def register(name: str) -> Callable[[T], T]:
    """Return a decorator that files a world, regime, encoder, objective or format under `name`, by its base class.

    Study files and the command line then know it by that name. Raises InvalidValue for a name that is no label or that
    another class has, and for a class that is none of these.
    """

    def file(thing: T) -> T:
        registry = getattr(thing, "registry", None)
        if registry is None or not isinstance(thing, type):
            bases = "worldprobe.World, Regime, Encoder, Objective or Format"
            raise InvalidValue("class", getattr(thing, "__name__", thing), f"a subclass of {bases}")
        registry.fill()  # what worldprobe itself has keeps its names
        return registry.register(name)(thing)

    return file


ARCHIVES = (".pt", ".pth", ".ts", ".torchscript")
"""What TorchScript archives are called; the encoder `pretrained` may run those that were included."""


def include(path: str | Path) -> None:
    """Execute a Python file that registers components; once, however often it is named. Raises PluginFailed.

    It may import modules that lie beside it, unless their names are those of installed ones. A TorchScript archive is
    not executed yet: the encoder `pretrained` may run it.
    """
    file = Path(os.path.expanduser(path)).resolve()
    if not file.is_file():
        raise PluginFailed(f"There is no file {file} to include.")
    if file.suffix.lower() in ARCHIVES:
        _included[file] = None
        return
    name = f"worldprobe_included_{file.stem}_{abs(hash(file)):x}"
    if name in sys.modules:
        return
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PluginFailed(f"{file} cannot be included: it is no Python file.")
    module = sys.modules[name] = module_from_spec(spec)
    _included[file] = None
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name], _included[file]
        raise PluginFailed(f"{file} cannot be included: {in_words(error, file)}.") from error


def included() -> list[Path]:
    """Return the files that `include` executed, for another process that is to know the same components."""
    return list(_included)


def check_included(path: Path, key: str) -> None:
    """Raise InvalidValue for a file that was not included; `key` is the setting that names it."""
    if path.expanduser().resolve() not in _included:
        mend = f"It would be executed: name it by `worldprobe --include {path} ...` too, if you trust it."
        raise InvalidValue(key, str(path), "a file that was included", mend)


def load_installed() -> None:
    """Import what installed packages offer, once; one that fails is left out with a warning that names it."""
    if GROUP in _begun:
        return
    _begun.add(GROUP)
    for found in entry_points(group=GROUP):
        try:
            found.load()
        except Exception as error:
            package = found.dist.name if found.dist else found.value
            warnings.warn(f"The plug-in {found.name!r} of {package} is left out: {in_words(error)}.", stacklevel=2)
