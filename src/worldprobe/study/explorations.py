"""What a regime visited: its statistics, what is predicted from it, a sample of its controls, its contact sheet."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image

from worldprobe.datasets import Dataset
from worldprobe.explore import REGIMES, Pairs, Regime
from worldprobe.explore.visit_statistics import measure, named
from worldprobe.predictor.predict import CEILINGS
from worldprobe.predictor.prediction_steps import STEPS
from worldprobe.results import Exploration, Prediction
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.study.audited_predictions import audited_predictions
from worldprobe.study.cells import ExplorationCell
from worldprobe.study.contact_sheets import enlarged_frames, sheet
from worldprobe.study.resources import Resources
from worldprobe.study.study_predictions import foreseen, predict_ceilings
from worldprobe.world import World

SHOWN_CONTROLS = 4000
SHOWN_FRAMES = 24
TRUE_FRAMES = 8
"""Frames that are kept as the encoder saw them: every third of those on the contact sheet."""


def explore(resources: Resources, cell: ExplorationCell) -> Exploration:
    """Describe what a regime visited with the first seed, and keep it."""
    study, frames = resources.variants.at(cell.axes), resources.frames(cell)
    data, test = frames.explored(cell.regime, study.seeds[0]), frames.test().controls
    regime, names = study.regimes[cell.regime], [spec.name for spec in study.world.controls]
    pairs = foreseen(study.world, regime, study.frames, study.seeds[0])
    known = audited_predictions(resources.folder.root, study, cell)
    with resources.reporter.task(f"predicting {cell.regime}", (len(CEILINGS) - len(known)) * STEPS, "steps") as advance:
        predicted = predict_ceilings(pairs, names, study.seeds[0], test, advance, known, study.d)
    exploration = describe_exploration(cell, regime, data, study.world, predicted)
    larger, seen = exploration_sheet(data, study.world), true_frames(data, study.world)
    resources.folder.save_exploration(exploration, visited(data), larger, seen)
    return exploration


def describe_exploration(
    cell: ExplorationCell, regime: Regime, dataset: Dataset, world: World, predicted: dict[str, Prediction]
) -> Exploration:
    """Return the measured statistics of a regime's frames, and the exact ones where they are known."""
    names = [spec.name for spec in world.controls]
    measured = measure(Pairs(dataset.controls, dataset.index))
    exact = regime.exact_correlation(world.controls)
    return Exploration(
        id=cell.id,
        regime=REGIMES.name_of(type(regime)),
        label=cell.regime,
        axes=cell.axes,
        settings=regime.settings(),
        frames=len(dataset.controls),
        pairs=len(dataset.index),
        mean=dict(zip(names, measured.mean.tolist(), strict=True)),
        sd=dict(zip(names, measured.sd.tolist(), strict=True)),
        excess_kurtosis=named(measured.excess_kurtosis, names),
        pair_correlation=named(measured.pair_correlation, names),
        exact_pair_correlation=None if exact is None else named(exact, names),
        exact_marginal=regime.exact_marginal(world.controls),
        predicted=predicted,
    )


def visited(dataset: Dataset) -> Float[np.ndarray, "frames n"]:
    """Return at most 4,000 of the controls that a regime visited, evenly spread over its frames."""
    return dataset.controls[evenly_spaced(len(dataset.controls), SHOWN_CONTROLS)]


def exploration_sheet(dataset: Dataset, world: World) -> Image.Image | None:
    """Return 24 of a regime's frames, evenly spread, drawn larger where the world can; None for worlds of vectors."""
    if len(world.observation_shape) != 3:
        return None
    z = dataset.controls[evenly_spaced(len(dataset.controls), SHOWN_FRAMES)]
    return sheet(enlarged_frames(world, z))


def true_frames(dataset: Dataset, world: World) -> Image.Image | None:
    """Return eight of a regime's frames as the encoder saw them, in one row; None for worlds of vectors."""
    if len(world.observation_shape) != 3:
        return None
    shown = evenly_spaced(len(dataset.controls), SHOWN_FRAMES)
    stride = max(1, len(shown) // TRUE_FRAMES)
    return sheet(world.observe(dataset.controls[shown[::stride][:TRUE_FRAMES]]))
