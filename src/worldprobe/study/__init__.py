"""Studies: world x regimes x objectives x seeds, run whole or continued.

Names are imported when they are first asked for: concluding from a folder needs no torch, running a study does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldprobe.results import Results
    from worldprobe.study.conclusion import conclude_study
    from worldprobe.study.load import DEFAULT_PRESET, load_study, shipped_studies
    from worldprobe.study.resumable_run import run_study
    from worldprobe.study.schema import Study

__all__ = ["DEFAULT_PRESET", "Results", "Study", "conclude_study", "load_study", "run_study", "shipped_studies"]

_HOMES = {
    "Results": "worldprobe.results",
    "conclude_study": "worldprobe.study.conclusion",
    "DEFAULT_PRESET": "worldprobe.study.load",
    "load_study": "worldprobe.study.load",
    "shipped_studies": "worldprobe.study.load",
    "run_study": "worldprobe.study.resumable_run",
    "Study": "worldprobe.study.schema",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
