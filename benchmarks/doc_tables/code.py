"""Tables of what the code itself defines: the audit's gates."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from fnmatch import fnmatch

import worldprobe.audits.gates as gates_package
from doc_tables.markdown import markdown
from worldprobe.audits import GATES, GateCheck


def gates(*patterns: str) -> str:
    """Return the gates of the modules that match (`world/*`): question, reason, thresholds."""
    found = [check for module, check in defined() if any(fnmatch(module, pattern) for pattern in patterns)]
    if not found:
        raise SystemExit(f"No module with gates matches {' or '.join(patterns)}")
    return markdown(["gate", "asks", "because", "warns", "fails"], [_row(check) for check in found])


def defined() -> list[tuple[str, GateCheck]]:
    """Return every gate with the module that defines it, in order: ("world/canonical_views", check)."""
    prefix = gates_package.__name__ + "."
    found = []
    for info in pkgutil.walk_packages(gates_package.__path__, prefix):
        module = importlib.import_module(info.name)
        name = info.name.removeprefix(prefix).replace(".", "/")
        checks = [value for value in vars(module).values() if isinstance(value, GateCheck)]
        source = inspect.getsource(module)  # a gate belongs where its name is written, not where it is imported
        found += [(name, check) for check in checks if f'"{check.name}"' in source]
    order = list(GATES)
    return sorted(found, key=lambda each: order.index(each[1].name))


def _row(check: GateCheck) -> list[str]:
    sign = "<" if check.limit.past == "below" else ">"
    fails = "never" if check.limit.fail is None else f"{sign} {check.limit.fail:g}"
    return [f"`{check.name}`", check.asks, check.because, f"{sign} {check.limit.warn:g}", fails]
