"""Runs a study: plan it, execute what is not finished, conclude from the folder; a killed study continues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.datasets import Store
from worldprobe.results import Registration, Results
from worldprobe.study.claim_folder import claim_folder
from worldprobe.study.conclusion import conclude_study
from worldprobe.study.disk_room import check_disk
from worldprobe.study.engines.engine import Engine
from worldprobe.study.engines.local import LocalEngine
from worldprobe.study.execution import Share, execute, execute_share
from worldprobe.study.machine import versions
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import check_plan, plan_study

AfterRun = Callable[[Path], None]
"""Called with the results folder when its results.json was rewritten because more of the study is finished."""


def run_study(
    study: Study,
    out: Path,
    *,
    store: Store | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    command: str = "",
    processes: int | None = 1,
    engine: Engine | None = None,
    registration: Registration | None = None,
    after_run: AfterRun | None = None,
) -> Results:
    """Run what is not finished of a study, and return and write its results.

    Runs are trained on an engine, by default in `processes` processes of this machine, None for as many as it has
    cores and memory for.
    results.json is rewritten whenever runs are finished, of all that is finished so far, and `after_run` is called.
    Hypotheses are the registration's, or else the study's own. Raises WorldprobeErrors before any work for what cannot
    be done here (see `preflight`), StudyChanged where `out` holds another study or runs older than the registration,
    and TrainingDiverged where a loss stops being finite.
    """
    store, folder = store or Store(), StudyFolder(out)

    def rewrite() -> None:
        conclude_study(out)
        if after_run is not None:
            after_run(out)

    with engine or LocalEngine(processes) as where:
        plan = plan_study(study, where.device(device))
        check_plan(plan, folder)
        check_disk(plan, folder, store)
        where.check(plan, folder, store)
        claim_folder(folder, study, versions())
        folder.register(registration)
        execute(plan, folder, store, reporter or SilentReporter(), engine=where, command=command, finished=rewrite)
    return conclude_study(out)


def run_share(
    study: Study,
    out: Path,
    share: Share,
    *,
    store: Store | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> None:
    """Run what is not finished of one share of a study's runs; `run_study` makes the rest of it, and the conclusions.

    Every process of an array of jobs takes a share of its own in one folder. Raises as `run_study`.
    """
    plan, store = plan_study(study, device), store or Store()
    folder = StudyFolder(out)
    check_plan(plan, folder)
    check_disk(plan, folder, store)
    claim_folder(folder, study, versions())
    execute_share(plan, folder, store, reporter or SilentReporter(), share)
