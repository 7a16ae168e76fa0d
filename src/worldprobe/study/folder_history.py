"""What was done in a results folder so far, whichever version of the program did it."""

from __future__ import annotations

from worldprobe.results import ExecutionRecord
from worldprobe.study.study_folder import StudyFolder


def history(folder: StudyFolder, versions: dict[str, str]) -> ExecutionRecord:
    """Return the folder's record; of a folder without one, what its results or, failing these, its runs say."""
    kept = folder.execution()
    if kept is not None:
        return kept
    before = folder.previous_results()
    runs = sorted(path.parent.name for path in folder.root.glob("runs/*/run.json"))
    explorations = sorted(path.stem for path in folder.root.glob("explorations/*.json"))
    spent = [run.seconds for name in runs if (run := folder.finished_run(name)) is not None]
    if before is None:
        seconds = sum(each.render + each.train + each.measure for each in spent)
        return ExecutionRecord(
            runs=runs,
            explorations=explorations,
            controls=[],
            command="",
            machine={},
            versions=versions,
            seconds_total=seconds,
            peak_memory_bytes=0,
        )
    # The study's order first, then what was finished after those results were written.
    return ExecutionRecord(
        runs=list(dict.fromkeys([*(run.id for run in before.runs), *runs])),
        explorations=list(dict.fromkeys([*(each.id for each in before.explorations), *explorations])),
        controls=before.controls,
        command=before.command,
        machine=before.machine,
        versions=before.versions,
        seconds_total=before.seconds_total,
        peak_memory_bytes=before.peak_memory_bytes,
    )
