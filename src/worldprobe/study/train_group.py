"""Trains the cells of a group, as one stack where the encoder allows it; each continues from its checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from worldprobe._util.files import atomic_write
from worldprobe._util.seeds import stream_seed
from worldprobe.datasets import Dataset
from worldprobe.explore import Pairs
from worldprobe.measures.bound import alignment_optimum
from worldprobe.measures.transition_recovery import Predictor
from worldprobe.planning import Encode
from worldprobe.results import Training
from worldprobe.study.cells import Cell, RunRole
from worldprobe.study.exploration_pairs import moving_correlations
from worldprobe.study.rank_calls import call_to_train
from worldprobe.study.resources import Resources
from worldprobe.study.training_groups import objective_of
from worldprobe.train import EMBED_BATCH, StackMember, TrainingHistory, TwoTaps, embed, predictor_of, train_stack
from worldprobe.train.ranks import is_first_rank

Features = Callable[[Dataset], Float[np.ndarray, "frames d"]]
"""What a run reads frames with: a trained encoder, an untrained one, or the pixels themselves."""


@dataclass
class TrainedReader:
    """What a run reads frames with, and how it was trained."""

    features: Features
    encode: Encode | None = None
    """The encoder as a planner wants it; None for pixels."""
    backbone: Features | None = None
    """The features that a projector or head reads; None for an encoder without one."""
    training: Training | None = None
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    seconds: float = 0.0
    predict: Predictor | None = None
    """What was trained to predict the next embedding from embeddings and actions, where the objective does."""


def train_group(resources: Resources, group: Sequence[Cell]) -> list[TrainedReader]:
    """Return what each cell of a group reads frames with, and keep the weights of what was trained."""
    if group[0].role is RunRole.PIXELS:
        return [TrainedReader(_pixels)]
    if group[0].role is RunRole.FLOOR:
        return [TrainedReader(*_reading(_encoder(resources, group[0])))]
    call_to_train(group)
    restarts = resources.variants.at(group[0].axes).restarts
    members = [_member(resources, cell, restart) for cell in group for restart in range(restarts)]
    start = time.perf_counter()
    records = _train(resources, group, members)
    seconds = (time.perf_counter() - start) / len(group)
    found = []
    for number, cell in enumerate(group):
        mine = range(number * restarts, (number + 1) * restarts)
        best = min(mine, key=lambda i: records[i].record.final["loss"])
        history, folder = records[best], resources.folder.run_folder(cell.id)
        _save_weights(members[best].encoder, folder / "encoder.pt")
        if history.predictor is not None:
            _save_weights(history.predictor, folder / "predictor.pt")
        curves = {"step": history.step, **history.curves}
        predict = None if history.predictor is None else predictor_of(history.predictor)
        reading = _reading(members[best].encoder)
        found.append(TrainedReader(*reading, history.record, curves, seconds, predict))
    return found


def checkpoints_of(resources: Resources, group: Sequence[Cell]) -> list[Path]:
    """Return the files that hold the state of a group's training, one for each stack of it."""
    return sorted(resources.folder.run_folder(group[0].id).glob("*checkpoint.pt"))


def _encoder(resources: Resources, cell: Cell, restart: int = 0) -> nn.Module:
    study = resources.variants.at(cell.axes)
    seed = stream_seed(cell.seed, "encoder", *([restart] if restart else []))
    return study.encoder.build(study.observation_shape, study.dimensions, seed).to(resources.device)


def _member(resources: Resources, cell: Cell, restart: int) -> StackMember:
    study, frames = resources.variants.at(cell.axes), resources.frames(cell)
    objective, optimum = objective_of(cell, study), _optimum(resources, cell)
    return StackMember(
        _encoder(resources, cell, restart),
        objective.for_pairs(optimum, study.training.batch),
        frames.training_pairs(cell.regime, cell.seed, objective),
        stream_seed(cell.seed, "training"),
        heldout=frames.heldout_pairs(cell.regime, cell.seed, objective),
        alignment_optimum=optimum,
        name=cell.id,
    )


def _train(resources: Resources, group: Sequence[Cell], members: Sequence[StackMember]) -> list[TrainingHistory]:
    """Train a stack, or restarts of what cannot be stacked one by one."""
    study, folder = resources.variants.at(group[0].axes), resources.folder.run_folder(group[0].id)
    parts = [members] if study.encoder.stackable else [[member] for member in members]
    records = []
    for number, part in enumerate(parts):
        path = folder / ("checkpoint.pt" if number == 0 else f"{number}-checkpoint.pt")
        with resources.progress.training(study.training.steps, len(part)) as advance:
            records += train_stack(
                part,
                study.training,
                device=resources.device,
                progress=advance,
                resumed=advance.skip,
                checkpoint=path,
            )
    return records


def _optimum(resources: Resources, cell: Cell) -> float | None:
    """Return the alignment of a linear encoder over the controls that move: exact where known, else measured.

    Of an objective that predicts the next embedding it is the least error of a prediction, or None. Of a study with
    style, it is that of an encoder that ignores style.
    """
    study = resources.variants.at(cell.axes)
    source = study.source(cell.regime)
    if objective_of(cell, study).uses_actions:
        return source.exact_prediction_error()

    def pairs() -> Pairs:
        explored = resources.frames(cell).explored(cell.regime, cell.seed)
        return Pairs(explored.controls, explored.index)

    rho = moving_correlations(source, pairs)
    return alignment_optimum(rho) if len(rho) else None


def _reading(encoder: nn.Module) -> tuple[Features, Encode, Features | None]:
    backbone = encoder.backbone if isinstance(encoder, TwoTaps) else None
    return (
        lambda data: embed_dataset(encoder, data),
        lambda observations: embed(encoder, observations),
        None if backbone is None else lambda data: embed_dataset(backbone, data),
    )


def embed_dataset(encoder: nn.Module, data: Dataset) -> Float[np.ndarray, "frames d"]:
    """Return the embeddings of all frames of a data set, of which one batch at a time is in memory."""
    return np.concatenate([embed(encoder, piece) for piece in data.pieces(EMBED_BATCH)])


def _pixels(data: Dataset) -> Float[np.ndarray, "frames d"]:
    return data.frames().reshape(len(data.controls), -1).astype(np.float32)


def _save_weights(encoder: nn.Module, path: Path) -> None:
    if not is_first_rank():
        return
    # Through a handle: torch writes a path's name into the file, and this one is another every time.
    with atomic_write(path) as aside, open(aside, "wb") as handle:
        torch.save(encoder.state_dict(), handle)
