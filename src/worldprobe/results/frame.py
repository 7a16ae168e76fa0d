"""Results as a pandas data frame, where pandas is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from worldprobe.errors import MissingDependency

if TYPE_CHECKING:
    from worldprobe.results.study_results import Results


def to_pandas(results: Results) -> Any:
    """Return a row for every run and control: where it was measured, R^2 with its interval, and its missing parts.

    Raises MissingDependency where pandas is not installed.
    """
    try:
        import pandas
    except ModuleNotFoundError:
        raise MissingDependency("pandas", "Results.to_pandas()", "pip install pandas") from None
    lost = {part.run: part.controls for part in results.decomposition}
    rows = []
    for run in results.runs:
        of = run.model_dump(include={"world", "regime", "objective", "role", "seed", "d"})
        of |= {"run": run.id, **{f"axis {name}": label for name, label in run.axes.items()}}
        for name, r2 in run.recovery.r2_per_control.items():
            low, high = run.recovery.r2_per_control_ci95[name]
            parts = lost[run.id][name].model_dump() if name in lost.get(run.id, {}) else {}
            rows.append({**of, "control": name, "r2": r2, "r2 low": low, "r2 high": high, **parts})
    return pandas.DataFrame(rows)
