"""Reading a results folder: a finished one from results.json, a half-finished one from the runs that it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from worldprobe._util.strict_yaml import read_yaml
from worldprobe.errors import DamagedData, InvalidYaml, NoResults
from worldprobe.results.control_record import ControlRecord
from worldprobe.results.execution_record import ExecutionRecord
from worldprobe.results.explored import Exploration
from worldprobe.results.record_files import Kind, read_record
from worldprobe.results.review import Registration
from worldprobe.results.runs import ROLES, Run
from worldprobe.results.study_results import Results
from worldprobe.results.summary import summarise

AGAIN = "Run the study's command again with the same --out: finished runs are kept, and what is missing is made."
GIVE = "Give the folder that `worldprobe run STUDY --out DIR` wrote."


def load_results(folder: Path) -> Results:
    """Return the results in a folder; of a half-finished one, those of its finished runs.

    Raises NoResults where no run is finished, DamagedData where a file is unreadable, of a newer format or not what a
    study writes.
    """
    folder = Path(folder)
    file = folder / "results.json"
    if not folder.is_dir():
        raise NoResults(f"{folder} is not a folder. {GIVE}")
    if not file.is_file():
        return unfinished_results(folder)
    results = read_record(file, Kind.RESULTS, Results, mend=AGAIN)
    twice = [name for name, times in Counter(run.id for run in results.runs).items() if times > 1]
    if twice:
        raise DamagedData(f"{file} holds the run {twice[0]!r} more than once. {AGAIN}")
    return results


def unfinished_results(folder: Path) -> Results:
    """Return what the finished runs of a folder without results.json amount to: no decomposition, no outcomes."""
    runs = [read_record(path, Kind.RUN, Run, mend=_without(path.parent)) for path in folder.glob("runs/*/run.json")]
    if not runs:
        raise NoResults(f"{folder} has no results.json and no finished run. {GIVE}")
    claimed = _claimed(folder / "study.yaml")
    study: dict[str, Any] = claimed.get("study") or {}
    execution = _execution(folder / "execution.json")
    runs.sort(key=lambda run: _place(study, run))
    explorations = [
        read_record(path, Kind.EXPLORATION, Exploration, mend=_without(path))
        for path in sorted(folder.glob("explorations/*.json"))
    ]
    explorations.sort(key=lambda exploration: _index(explored_by(study), exploration.label))
    registration = folder / "registration.json"
    return Results(
        study=study,
        command=execution.command if execution else "",
        machine=execution.machine if execution else {},
        versions=claimed.get("versions") or {},
        controls=(execution.controls if execution else None) or controls_of(runs),
        explorations=explorations,
        runs=runs,
        summary=summarise(runs, explorations),
        seconds_total=sum(run.seconds.render + run.seconds.train + run.seconds.measure for run in runs),
        peak_memory_bytes=0,
        registration=read_record(registration, Kind.REGISTRATION, Registration, mend=f"Remove {registration}.")
        if registration.is_file()
        else None,
    )


def _execution(file: Path) -> ExecutionRecord | None:
    return read_record(file, Kind.EXECUTION, ExecutionRecord, mend=f"Remove {file}.") if file.is_file() else None


def _claimed(file: Path) -> dict[str, Any]:
    """Return what study.yaml holds."""
    try:
        found = read_yaml(file.read_text(encoding="utf8"), str(file))
    except (OSError, UnicodeDecodeError, InvalidYaml) as fault:
        raise DamagedData(f"{file} is not readable ({' '.join(str(fault).split())}). {AGAIN}") from fault
    if not isinstance(found, dict) or not isinstance(found.get("study"), dict):
        raise DamagedData(f"{file} holds no study. {AGAIN}")
    return found


def controls_of(runs: Iterable[Run]) -> list[ControlRecord]:
    """Return the controls as the first run has them: their names alone."""
    return [ControlRecord(name=name) for name in next(iter(runs)).recovery.r2_per_control]


def _place(study: dict[str, Any], run: Run) -> tuple[Any, ...]:
    """Return where a run comes in the study's order: by point of the axes, seed, regime and objective."""
    axes = {name: list(map(str, axis["values"])) for name, axis in (study.get("axes") or {}).items()}
    point = [_index(labels, str(run.axes[name])) if name in run.axes else 0 for name, labels in axes.items()]
    seed = _index(study.get("seeds", ()), run.seed)
    regime, objective = _index(explored_by(study), run.regime), _index(study.get("objectives", ()), run.objective)
    return *point, seed, regime, objective, _index(ROLES, run.role), run.id


def explored_by(study: Mapping[str, Any]) -> list[str]:
    """Return the labels of what a study compares, from its settings: of its sources, or of its regimes."""
    return list(study.get("sources") or study.get("regimes") or ())


def _index(names: Iterable[Any], name: Any) -> int:
    listed = list(names)
    return listed.index(name) if name in listed else len(listed)


def _without(path: Path) -> str:
    return f"Remove {path} and run the study's command again: it is redone."
