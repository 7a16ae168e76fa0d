"""A name in a Python file of a user's, who asks for the file to be executed by naming it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from worldprobe.errors import PluginFailed, UnknownName, in_words


def named_in(file: Path, name: str) -> Any:
    """Execute a file, with its folder first on the path, and return what `name` is in it.

    Raises PluginFailed where the file raises, UnknownName where it has no such name.
    """
    spec = importlib.util.spec_from_file_location(f"_named_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(file.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever somebody's file raises
        raise PluginFailed(f"{file} cannot be executed: {in_words(error)}.") from error
    finally:
        sys.path.pop(0)
    if not hasattr(module, name):
        known = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
        raise UnknownName(f"name in {file}", name, known)
    return getattr(module, name)
