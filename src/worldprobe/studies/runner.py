"""Runs a study: renders, trains, measures; every finished run is kept, and a killed study continues."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import nn

from worldprobe.datasets import Dataset, Store
from worldprobe.errors import BlenderFailed, InvalidValue, MissingDependency
from worldprobe.files import written_whole
from worldprobe.learners import OBJECTIVES, Objective, PairData, TrainingRecord, embed, train
from worldprobe.progress import Reporter, Silent
from worldprobe.recovery import alignment_optimum
from worldprobe.regimes import Pairs
from worldprobe.regimes.measure import measure
from worldprobe.seeds import stream, stream_seed
from worldprobe.studies.cells import CANONICAL, Cell, Role, cells
from worldprobe.studies.exploring import describe_exploration, exploration_sheet, visited
from worldprobe.studies.folder import StudyFolder, save_weights
from worldprobe.studies.frames import StudyFrames
from worldprobe.studies.machine import machine, peak_memory_bytes, versions
from worldprobe.studies.measure import Embedded, measure_bound, measure_recovery
from worldprobe.studies.preflight import preflight
from worldprobe.studies.results import Bound, Exploration, Results, Run, Seconds, Training
from worldprobe.studies.schema import Study
from worldprobe.studies.verdicts import summarise
from worldprobe.worlds import WORLDS

Features = Callable[[Dataset], Float[np.ndarray, "frames d"]]
"""What a run reads frames with: a trained encoder, an untrained one, or the pixels themselves."""


def run_study(
    study: Study,
    out: Path,
    *,
    store: Store | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
    command: str = "",
) -> Results:
    """Run what is not finished of a study, and return and write its results.

    Raises WorldprobeErrors before any work for what cannot be done here (see `preflight`), StudyChanged where `out`
    holds another study, and TrainingDiverged where a loss stops being finite.
    """
    start, torch_device = time.perf_counter(), pick_device(device)
    preflight(study, out)
    folder = StudyFolder(out)
    folder.claim(study, versions())
    before = folder.previous_results()
    with study.world:
        work = _Work(study, folder, StudyFrames(study, store or Store(), reporter or Silent()), torch_device)
        runs = [folder.finished_run(cell.id) or work.run(cell) for cell in cells(study)]
        explorations = [folder.finished_exploration(label) or work.explore(label) for label in study.regimes]
        work.hero()
        controls = [spec.described() for spec in study.world.controls]
    results = Results(
        study=study.model_dump(mode="json"),
        command=command,
        machine=machine(torch_device),
        versions=versions(),
        controls=controls,
        explorations=explorations,
        runs=runs,
        summary=summarise(runs, {exploration.label: exploration for exploration in explorations}),
        seconds_total=time.perf_counter() - start + (before.seconds_total if before else 0.0),
        peak_memory_bytes=max(peak_memory_bytes(), before.peak_memory_bytes if before else 0),
    )
    folder.save_results(results)
    return results


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


class _Work:
    """What the cells of one study share: its folder, its frames, its device."""

    def __init__(self, study: Study, folder: StudyFolder, frames: StudyFrames, device: torch.device) -> None:
        self.study, self.folder, self.frames, self.device = study, folder, frames, device
        self.say = frames.reporter.say

    def run(self, cell: Cell) -> Run:
        """Render what the cell needs, train, measure, and keep the run."""
        self.say(f"{cell.regime}, {cell.objective}, seed {cell.seed}")
        self.frames.seconds = 0.0
        start = time.perf_counter()
        features, training, curves = self._features(cell)
        trained = time.perf_counter()
        heldout = None if cell.regime == CANONICAL else self.frames.heldout(cell.regime, cell.seed)
        probe, test = (Embedded(features(data), data.controls) for data in (self.frames.probe(), self.frames.test()))
        own = None if heldout is None else Embedded(features(heldout), heldout.controls)
        recovery, read = measure_recovery(
            probe,
            test,
            [spec.name for spec in self.study.world.controls],
            stream(cell.seed, "bootstrap", cell.id),
            own=own,
            bound=self._bound(cell, own, heldout),
            ridge=cell.role is Role.PIXELS,
        )
        run = Run(
            id=cell.id,
            world=WORLDS.name_of(type(self.study.world)),
            regime=cell.regime,
            objective=cell.objective,
            seed=cell.seed,
            role=cell.role.value,
            axes={},
            d=probe.h.shape[1],
            recovery=recovery,
            training=training,
            seconds=Seconds(render=self.frames.seconds, train=trained - start, measure=time.perf_counter() - trained),
        )
        self.folder.save_run(run, {"truth": test.z, "recovered": read.astype(np.float32), **curves})
        self.say(f"{cell.id}: R² {recovery.r2:.3f}")
        return run

    def _features(self, cell: Cell) -> tuple[Features, Training | None, dict[str, np.ndarray]]:
        """Return what the cell reads frames with, how it was trained, and the curves of that."""
        if cell.role is Role.PIXELS:
            return _pixels, None, {}
        study, seed = self.study, stream_seed(cell.seed, "encoder")
        encoder = study.encoder.build(study.world.observation_shape, study.dimensions, seed).to(self.device)
        if cell.role is Role.FLOOR:
            return _embeddings(encoder), None, {}
        record = self._train(cell, encoder)
        save_weights(encoder, self.folder.run_folder(cell.id) / "encoder.pt")
        return _embeddings(encoder), _training(record), {"step": record.step, **record.curves}

    def _train(self, cell: Cell, encoder: nn.Module) -> TrainingRecord:
        """Train on the regime's frames, continuing from the checkpoint of a run that was cut short."""
        objective = self._objective(cell)
        data, heldout = self.frames.train(cell.regime, cell.seed), self.frames.heldout(cell.regime, cell.seed)
        checkpoint = self.folder.run_folder(cell.id) / "checkpoint.pt"
        with self.frames.reporter.task("training", self.study.training.steps, "steps") as advance:
            record = train(
                encoder,
                objective,
                _pairs(data, objective),
                self.study.training,
                stream_seed(cell.seed, "training"),
                heldout=_pairs(heldout, objective),
                alignment_optimum=self._optimum(cell, data),
                device=self.device,
                progress=advance,
                checkpoint=checkpoint,
            )
        checkpoint.unlink(missing_ok=True)
        return record

    def _objective(self, cell: Cell) -> Objective:
        if cell.role is Role.CEILING:
            return OBJECTIVES["supervised"].model_validate({})
        return self.study.objectives[cell.objective]

    def _optimum(self, cell: Cell, data: Dataset) -> float | None:
        """Return the alignment of a linear encoder over the controls that move: exact where known, else measured."""
        rho = self.study.regimes[cell.regime].exact_correlation(self.study.world.controls)
        if rho is None:
            rho = measure(Pairs(data.controls, data.index)).pair_correlation
        return alignment_optimum(rho[~np.isnan(rho)]) if not np.isnan(rho).all() else None

    def _bound(self, cell: Cell, own: Embedded | None, heldout: Dataset | None) -> Bound:
        if own is None or heldout is None:
            return Bound(applies=False, reason="no exploration took part in this reference")
        if cell.role is Role.CEILING:
            return Bound(applies=False, reason="the supervised ceiling does not minimise the theorem's loss")
        first, second = (Embedded(own.h[rows], own.z[rows]) for rows in heldout.index.T)
        return measure_bound(first, second, self.study.regimes[cell.regime], self.study.world.controls)

    def explore(self, label: str) -> Exploration:
        """Describe what a regime visited with the first seed, and keep it."""
        regime, data = self.study.regimes[label], self.frames.train(label, self.study.seeds[0])
        exploration = describe_exploration(label, regime, data, self.study.world)
        sheet = exploration_sheet(data, self.study.world)
        self.folder.save_exploration(exploration, visited(data), sheet)
        return exploration

    def hero(self) -> None:
        """Draw the world at its best, where it can and has not been drawn yet."""
        if self.folder.hero.exists():
            return
        with self.frames.reporter.task("hero still", 1, "still") as advance:
            try:
                still = self.study.world.hero()
            except (MissingDependency, BlenderFailed) as error:
                self.say(f"The report goes without its hero still: {error}")
                return
            if still is not None:
                with written_whole(self.folder.hero) as aside:
                    Image.fromarray(still).save(aside, format="PNG")
            advance(1)


def _training(record: TrainingRecord) -> Training:
    return Training(
        steps=record.steps,
        parameters=record.parameters,
        frames_per_second=record.frames_per_second,
        final=record.final,
        curves=list(record.curves),
        alignment_optimum=record.alignment_optimum,
        memorising=record.memorising,
        warnings=record.warnings,
    )


def _pairs(data: Dataset, objective: Objective) -> PairData:
    return PairData(data.frames(), data.index, data.controls if objective.uses_controls else None)


def _embeddings(encoder: nn.Module) -> Features:
    return lambda data: embed(encoder, data.frames())


def _pixels(data: Dataset) -> Float[np.ndarray, "frames d"]:
    return data.frames().reshape(len(data.controls), -1).astype(np.float32)
