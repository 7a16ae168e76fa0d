"""Tables of the keys that a study file may have, and of the settings of worlds, regimes, encoders and objectives."""

from __future__ import annotations

from collections.abc import Iterable

from doc_tables.markdown import markdown
from worldprobe.results.hypothesis import METRICS
from worldprobe.study.schema_page import REGISTRIES, SchemaRow, component_rows, file_rows, study_rows

PLACES = {place.split(".")[0].rstrip("s"): place for place in REGISTRIES}
"""Where a kind of component is named in a study: "regime" at "regimes.LABEL"."""


def study_keys() -> str:
    """Return every key of a study file: its type, what holds if it is not given, what it means."""
    rows = _rows([*file_rows(), *study_rows()])
    return markdown(["key", "type", "default", "meaning"], rows)


def settings(kind: str) -> str:
    """Return every component of a kind and its settings."""
    place, found = PLACES[kind], []
    for name, rows in sorted(component_rows()[place].items()):
        summary = (REGISTRIES[place][name].__doc__ or "").strip().split("\n\n")[0]
        found.append([f"**`{name}`**", "", "", " ".join(summary.split())])
        found += [[key.replace(f"{place}.", ""), *rest] for key, *rest in _rows(rows)]
    return markdown([kind, "type", "default", "meaning"], found)


def metrics() -> str:
    """Return what a hypothesis may be about."""
    return markdown(["metric", "meaning"], [[f"`{name}`", meaning] for name, meaning in METRICS.items()])


def _rows(rows: Iterable[SchemaRow]) -> list[list[str]]:
    return [[f"`{row.key}`", row.type, _default(row.default), " ".join(row.meaning.split())] for row in rows]


def _default(written: str) -> str:
    return f"**{written}**" if written == "required" else written if written == "none" else f"`{written}`"
