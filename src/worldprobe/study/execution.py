"""What a study's cells take: rendering, training in stacks, measuring."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import nn

from worldprobe._util.files import atomic_write, content_key
from worldprobe._util.progress import Reporter
from worldprobe._util.seeds import stream, stream_seed
from worldprobe.datasets import Dataset, Store
from worldprobe.errors import BlenderFailed, MissingDependency
from worldprobe.explore import Pairs
from worldprobe.explore.visit_statistics import measure
from worldprobe.measures.bound import alignment_optimum
from worldprobe.planning import Encode
from worldprobe.results import Bound, Exploration, Planned, Run, Seconds, Training
from worldprobe.study.cells import CANONICAL, Cell, ExplorationCell, RunRole
from worldprobe.study.explorations import describe_exploration, exploration_sheet, visited
from worldprobe.study.measure_run import Embedded, measure_bound, measure_cyclic, measure_recovery
from worldprobe.study.planning_benchmark import StudyTrial
from worldprobe.study.study_folder import StudyFolder, save_weights
from worldprobe.study.study_frames import Clock, StudyFrames, as_pairs
from worldprobe.study.study_predictions import foreseen, predict_ceilings
from worldprobe.study.training_groups import Variants, objective_of
from worldprobe.train import StackMember, TrainingRecord, embed, train_stack
from worldprobe.world import WORLDS

Features = Callable[[Dataset], Float[np.ndarray, "frames d"]]
"""What a run reads frames with: a trained encoder, an untrained one, or the pixels themselves."""


@dataclass
class _Trained:
    """What a run reads frames with, and how that came to be."""

    features: Features
    encode: Encode | None = None
    """The encoder as a planner wants it; None for pixels."""
    training: Training | None = None
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    seconds: float = 0.0


class Work:
    """What the cells of one study share: its folder, its frames, its device."""

    def __init__(
        self, variants: Variants, folder: StudyFolder, store: Store, reporter: Reporter, device: torch.device
    ) -> None:
        self.variants, self.folder, self.store, self.reporter, self.device = variants, folder, store, reporter, device
        self.say, self.clock = reporter.say, Clock()
        self._frames: dict[int, StudyFrames] = {}
        self._trials: dict[str, StudyTrial] = {}

    def frames(self, cell: Cell | ExplorationCell) -> StudyFrames:
        """Return the frames of the study at a cell's point."""
        study = self.variants.at(cell.axes)
        return self._frames.setdefault(id(study), StudyFrames(study, self.store, self.reporter, self.clock))

    def run(self, group: Sequence[Cell]) -> list[Run]:
        """Return a group's runs: the finished ones as they were kept, the others trained together and measured."""
        kept = {cell.id: self.folder.finished_run(cell.id) for cell in group}
        if any(run is None for run in kept.values()):
            self.clock.seconds = 0.0
            trained = self._trained(group)
            render = self.clock.seconds / len(group)
            for cell, read in zip(group, trained, strict=True):
                if kept[cell.id] is None:
                    kept[cell.id] = self._measure(cell, read, render)
            self._checkpoint(group).unlink(missing_ok=True)
            for cell in group:
                self.frames(cell).forget_pairs()
        return [run for run in kept.values() if run is not None]

    def _trained(self, group: Sequence[Cell]) -> list[_Trained]:
        """Return what each cell of a group reads frames with."""
        if group[0].role is RunRole.PIXELS:
            return [_Trained(_pixels)]
        if group[0].role is RunRole.FLOOR:
            return [_Trained(*_reading(self._encoder(group[0])))]
        restarts = self.variants.at(group[0].axes).restarts
        members = [self._member(cell, restart) for cell in group for restart in range(restarts)]
        start = time.perf_counter()
        records = self._train(group, members)
        seconds = (time.perf_counter() - start) / len(group)
        found = []
        for number, cell in enumerate(group):
            mine = range(number * restarts, (number + 1) * restarts)
            best = min(mine, key=lambda i: records[i].final["loss"])
            save_weights(members[best].encoder, self.folder.run_folder(cell.id) / "encoder.pt")
            record = records[best]
            curves = {"step": record.step, **record.curves}
            found.append(_Trained(*_reading(members[best].encoder), _training(record), curves, seconds))
        return found

    def _encoder(self, cell: Cell, restart: int = 0) -> nn.Module:
        study = self.variants.at(cell.axes)
        seed = stream_seed(cell.seed, "encoder", *([restart] if restart else []))
        return study.encoder.build(study.world.observation_shape, study.dimensions, seed).to(self.device)

    def _member(self, cell: Cell, restart: int) -> StackMember:
        study, frames = self.variants.at(cell.axes), self.frames(cell)
        objective = objective_of(cell, study)
        heldout = frames.heldout(cell.regime, cell.seed)
        return StackMember(
            self._encoder(cell, restart),
            objective,
            frames.training_pairs(cell.regime, cell.seed, objective),
            stream_seed(cell.seed, "training"),
            heldout=as_pairs(heldout, objective),
            alignment_optimum=self._optimum(cell),
            name=cell.id,
        )

    def _train(self, group: Sequence[Cell], members: Sequence[StackMember]) -> list[TrainingRecord]:
        """Train a stack, or restarts of what cannot be stacked one by one; each continues from its checkpoint."""
        study, checkpoint = self.variants.at(group[0].axes), self._checkpoint(group)
        whole = study.encoder.stackable
        parts = [members] if whole else [[member] for member in members]
        several = f" and {len(group) - 1} more" if len(group) > 1 else ""
        self.say(f"{group[0].id}{several}")
        records = []
        for number, part in enumerate(parts):
            path = checkpoint if number == 0 else checkpoint.with_name(f"{number}-{checkpoint.name}")
            with self.reporter.task("training", study.training.steps, "steps") as advance:
                records += train_stack(part, study.training, device=self.device, progress=advance, checkpoint=path)
        return records

    def _checkpoint(self, group: Sequence[Cell]) -> Path:
        return self.folder.run_folder(group[0].id) / "checkpoint.pt"

    def _optimum(self, cell: Cell) -> float | None:
        """Return the alignment of a linear encoder over the controls that move: exact where known, else measured."""
        study = self.variants.at(cell.axes)
        rho = study.regimes[cell.regime].exact_correlation(study.world.controls)
        if rho is None:
            explored = self.frames(cell).explored(cell.regime, cell.seed)
            rho = measure(Pairs(explored.controls, explored.index)).pair_correlation
        return alignment_optimum(rho[~np.isnan(rho)]) if not np.isnan(rho).all() else None

    def _measure(self, cell: Cell, trained: _Trained, render: float) -> Run:
        """Measure what was recovered, and keep the run."""
        start, frames, study = time.perf_counter(), self.frames(cell), self.variants.at(cell.axes)
        features = trained.features
        heldout = None if cell.regime == CANONICAL else frames.heldout(cell.regime, cell.seed)
        probe, test = (Embedded(features(data), data.controls) for data in (frames.probe(), frames.test()))
        own = None if heldout is None else Embedded(features(heldout), heldout.controls)
        recovery, read = measure_recovery(
            probe,
            test,
            [spec.name for spec in study.world.controls],
            stream(cell.seed, "bootstrap", cell.id),
            own=own,
            bound=self._bound(cell, own, heldout),
            cyclic={} if cell.role is RunRole.PIXELS else measure_cyclic(probe, test, study.world.controls),
            ridge=cell.role is RunRole.PIXELS,
        )
        planned, paths = self._plan(cell, trained.encode)
        run = Run(
            id=cell.id,
            world=WORLDS.name_of(type(study.world)),
            regime=cell.regime,
            objective=cell.objective,
            seed=cell.seed,
            role=cell.role.value,
            axes=cell.axes,
            d=probe.h.shape[1],
            recovery=recovery,
            training=trained.training,
            seconds=Seconds(render=render, train=trained.seconds, measure=time.perf_counter() - start),
            planning=planned,
        )
        self.folder.save_run(run, {"truth": test.z, "recovered": read.astype(np.float32), **trained.curves, **paths})
        self.say(f"{cell.id}: R² {recovery.r2:.3f}")
        return run

    def _plan(self, cell: Cell, encode: Encode | None) -> tuple[Planned | None, dict[str, np.ndarray]]:
        """Put an encoder to the study's trial, if it has one; keep the film of one task and return all paths."""
        study = self.variants.at(cell.axes)
        if study.planning is None or encode is None:
            return None, {}
        key = content_key([type(study.world).__qualname__, study.world.settings(), study.planning.settings()])
        if key not in self._trials:
            with self.reporter.task("rendering for planning", 1, "trial") as advance:
                self._trials[key] = StudyTrial(study.world, study.planning)
                advance(1)
        planned, paths, film = self._trials[key].evaluate(encode)
        if film is not None:
            with atomic_write(self.folder.run_folder(cell.id) / "plan.png") as aside:
                film.save(aside, format="PNG")
        return planned, paths

    def _bound(self, cell: Cell, own: Embedded | None, heldout: Dataset | None) -> Bound:
        if own is None or heldout is None:
            return Bound(applies=False, reason="no exploration took part in this reference")
        if cell.role is RunRole.CEILING:
            return Bound(applies=False, reason="the supervised ceiling does not minimise the theorem's loss")
        study = self.variants.at(cell.axes)
        first, second = (Embedded(own.h[rows], own.z[rows]) for rows in heldout.index.T)
        return measure_bound(first, second, study.regimes[cell.regime], study.world.controls)

    def explore(self, cell: ExplorationCell) -> Exploration:
        """Describe what a regime visited with the first seed, and keep it."""
        study = self.variants.at(cell.axes)
        data = self.frames(cell).explored(cell.regime, study.seeds[0])
        regime, test = study.regimes[cell.regime], self.frames(cell).test().controls
        pairs = foreseen(study.world, regime, study.frames, study.seeds[0])
        predicted = predict_ceilings(pairs, [spec.name for spec in study.world.controls], study.seeds[0], test)
        exploration = describe_exploration(cell, regime, data, study.world, predicted)
        sheet = exploration_sheet(data, study.world)
        self.folder.save_exploration(exploration, visited(data), sheet)
        return exploration

    def hero(self) -> None:
        """Draw the world at its best, where it can and has not been drawn yet."""
        if self.folder.hero.exists():
            return
        with self.reporter.task("hero still", 1, "still") as advance:
            try:
                still = self.variants.study.world.hero()
            except (MissingDependency, BlenderFailed) as error:
                self.say(f"The report goes without its hero still: {error}")
                return
            if still is not None:
                with atomic_write(self.folder.hero) as aside:
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


def _reading(encoder: nn.Module) -> tuple[Features, Encode]:
    return lambda data: embed(encoder, data.frames()), lambda observations: embed(encoder, observations)


def _pixels(data: Dataset) -> Float[np.ndarray, "frames d"]:
    return data.frames().reshape(len(data.controls), -1).astype(np.float32)
