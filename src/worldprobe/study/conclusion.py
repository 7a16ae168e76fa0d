"""From a results folder to its results: summary, verdicts, decomposition and hypotheses; nothing is trained.

Nothing here imports torch, so that a folder can be judged where it is not installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worldprobe.errors import NoResults
from worldprobe.results import ExecutionRecord, Exploration, Hypothesis, Results, Run, summarise
from worldprobe.results.reading import controls_of
from worldprobe.study.decomposition_inputs import audit_in, decompositions
from worldprobe.study.folder_history import history
from worldprobe.study.hypothesis_outcomes import conclude
from worldprobe.study.study_folder import StudyFolder


def conclude_study(root: Path) -> Results:
    """Return the results of what is finished in a folder, from its files alone, and write them to results.json.

    Hypotheses are the registration's, or else the study's own; a smoke test decides none. Raises NoResults where the
    folder holds no study or no finished run, DamagedData where a file is not what was written.
    """
    folder = StudyFolder(root)
    settings, versions = folder.stored_study()
    execution = history(folder, versions)
    runs = [run for name in execution.runs if (run := folder.finished_run(name)) is not None]
    if not runs:
        raise NoResults(f"{root} holds no finished run yet. Run the study's command with this --out.")
    found = (folder.finished_exploration(name) for name in execution.explorations)
    explorations = [exploration for exploration in found if exploration is not None]
    results = _results(settings, execution, runs, explorations, folder)
    folder.save_results(results)
    return results


def _results(
    settings: dict[str, Any],
    execution: ExecutionRecord,
    runs: list[Run],
    explorations: list[Exploration],
    folder: StudyFolder,
) -> Results:
    registration = folder.registration()
    own = [Hypothesis.model_validate(given) for given in settings.get("hypotheses", [])]
    smoke = bool(settings.get("smoke"))
    lost = decompositions(runs, explorations, settings, audit_in(folder.root, settings))
    return Results(
        study=settings,
        command=execution.command,
        machine=execution.machine,
        versions=execution.versions,
        controls=execution.controls or controls_of(runs),
        explorations=explorations,
        runs=runs,
        summary=summarise(runs, explorations, lost, smoke=smoke),
        seconds_total=execution.seconds_total,
        peak_memory_bytes=execution.peak_memory_bytes,
        data_warnings=execution.data_warnings,
        decomposition=lost,
        registration=registration,
        outcomes=[] if smoke else conclude(registration.hypotheses if registration else own, runs),
    )
