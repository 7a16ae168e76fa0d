"""Runs a study: every finished run is kept, and a killed study continues."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import torch

from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue
from worldprobe.results import ControlRecord, Registration, Results, Run, summarise
from worldprobe.study.cells import cells, explorations
from worldprobe.study.decomposition_inputs import decompositions
from worldprobe.study.execution import Work
from worldprobe.study.hypothesis_outcomes import conclude
from worldprobe.study.machine import machine, peak_memory_bytes, versions
from worldprobe.study.preflight import check_worlds, preflight
from worldprobe.study.schema import Study
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.training_groups import Variants, stacks


def run_study(
    study: Study,
    out: Path,
    *,
    store: Store | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    command: str = "",
    registration: Registration | None = None,
) -> Results:
    """Run what is not finished of a study, and return and write its results.

    Its hypotheses are the registration's, or else its own. Raises WorldprobeErrors before any work for what cannot be
    done here (see `preflight`), StudyChanged where `out` holds another study or runs older than the registration, and
    TrainingDiverged where a loss stops being finite.
    """
    start, torch_device = time.perf_counter(), pick_device(device)
    variants, runs, visits = Variants(study), cells(study), explorations(study)
    preflight((variants.at(point) for point in [*(cell.axes for cell in runs), *(cell.axes for cell in visits)]), out)
    folder = StudyFolder(out)
    if any(folder.finished_run(cell.id) is None for cell in runs):
        check_worlds(variants.worlds)
    folder.claim(study, versions())
    registration = folder.register(registration)
    before = folder.previous_results()
    kept = [run for cell in runs if (run := folder.finished_run(cell.id)) is not None]
    earlier = before.seconds_total if before else sum(_seconds(run) for run in kept)
    work = Work(variants, folder, store or Store(), reporter or SilentReporter(), torch_device)
    with ExitStack() as opened:
        for world in variants.worlds:
            opened.enter_context(world)
        done = {run.id: run for group in stacks(runs, variants, torch_device.type) for run in work.run(group)}
        explored = [folder.finished_exploration(cell.id) or work.explore(cell) for cell in visits]
        work.hero()
        controls = [ControlRecord.model_validate(spec.described()) for spec in study.world.controls]
    measured = [done[cell.id] for cell in runs]
    results = Results(
        study=study.model_dump(mode="json"),
        command=command or (before.command if before else ""),
        machine=machine(torch_device),
        versions=versions(),
        controls=controls,
        explorations=explored,
        runs=measured,
        summary=summarise(measured, explored),
        seconds_total=time.perf_counter() - start + earlier,
        peak_memory_bytes=max(peak_memory_bytes(), before.peak_memory_bytes if before else 0),
        decomposition=decompositions(measured, explored, variants),
        registration=registration,
        outcomes=conclude(registration.hypotheses if registration else study.hypotheses, measured),
    )
    folder.save_results(results)
    return results


def _seconds(run: Run) -> float:
    return run.seconds.render + run.seconds.train + run.seconds.measure


def pick_device(name: str) -> torch.device:
    """Return the torch device; "auto" is a GPU where there is one. Raises InvalidValue."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InvalidValue("device", name, "auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InvalidValue("device", name, "cpu on this machine: torch sees no GPU")
    return device
