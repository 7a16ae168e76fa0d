"""What a regime visited: its statistics, what is predicted from it, a sample of its controls, its contact sheet."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image

from worldprobe.datasets import Dataset
from worldprobe.explore import Pairs
from worldprobe.explore.visit_statistics import measure, named
from worldprobe.predictor.prediction_steps import STEPS
from worldprobe.results import Exploration, Prediction
from worldprobe.sources import Source
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.study.audited_predictions import audited_predictions
from worldprobe.study.cells import ExplorationCell
from worldprobe.study.contact_sheets import SHOWN_SIZE, sheet
from worldprobe.study.resources import Resources
from worldprobe.study.shown_states import attenuated, shown_shares
from worldprobe.study.study_predictions import ceilings_of, foreseen, made_from, predict_ceilings

SHOWN_CONTROLS = 4000
SHOWN_FRAMES = 24
TRUE_FRAMES = 8
"""Frames that are kept as the encoder saw them: every third of those on the contact sheet."""


def explore(resources: Resources, cell: ExplorationCell) -> Exploration:
    """Describe what a regime visited with the first seed, and keep it."""
    study, frames = resources.variants.at(cell.axes), resources.frames(cell)
    data, test = frames.explored(cell.regime, study.seeds[0]), frames.test().controls
    source, names = study.source(cell.regime), [spec.name for spec in study.controls]
    pairs = foreseen(source, study.frames, study.seeds[0], smoke=study.smoke)
    kept = resources.predictions.setdefault(made_from(pairs, names, study.seeds[0], test, study.d), {})
    audited = audited_predictions(resources.folder.root, study, cell)
    shares = shown_shares(source, data.controls, test)
    # What is kept is shared by worlds that are explored alike: of the states that were asked for.
    known = kept | (audited if shares is None else {})
    ceilings = ceilings_of(study.objectives.values(), pairs.actions is not None)
    steps = len(set(ceilings) - set(known)) * STEPS
    with resources.reporter.task(f"predicting {cell.regime}", steps, "steps") as advance:
        predicted = predict_ceilings(pairs, names, study.seeds[0], test, advance, known, study.d, ceilings)
    kept.update(predicted)
    predicted = {ceiling: attenuated(shares, found) for ceiling, found in predicted.items()}
    exploration = describe_exploration(cell, source, data, predicted)
    larger, seen = exploration_sheet(data), true_frames(data)
    resources.folder.save_exploration(exploration, visited(data), larger, seen)
    return exploration


def describe_exploration(
    cell: ExplorationCell, source: Source, dataset: Dataset, predicted: dict[str, Prediction]
) -> Exploration:
    """Return the measured statistics of a source's frames, and the exact ones where they are known."""
    names = [spec.name for spec in source.controls]
    measured = measure(Pairs(dataset.controls, dataset.index))
    exact, fingerprint = source.exact_correlation(), source.fingerprint
    return Exploration(
        id=cell.id,
        regime=fingerprint["name"],
        label=cell.regime,
        axes=cell.axes,
        settings=fingerprint["settings"],
        frames=len(dataset.controls),
        pairs=len(dataset.index),
        mean=dict(zip(names, measured.mean.tolist(), strict=True)),
        sd=dict(zip(names, measured.sd.tolist(), strict=True)),
        excess_kurtosis=named(measured.excess_kurtosis, names),
        pair_correlation=named(measured.pair_correlation, names),
        exact_pair_correlation=None if exact is None else named(exact, names),
        exact_marginal=source.exact_marginal(),
        predicted=predicted,
    )


def visited(dataset: Dataset) -> Float[np.ndarray, "frames n"]:
    """Return at most 4,000 of the controls that a regime visited, evenly spread over its frames."""
    return dataset.controls[evenly_spaced(len(dataset.controls), SHOWN_CONTROLS)]


def exploration_sheet(dataset: Dataset) -> Image.Image | None:
    """Return 24 of a source's frames, evenly spread, drawn larger where it can; None for vectors."""
    if len(dataset.spec.observation_shape) != 3:
        return None
    with dataset.spec.source.enlarged(SHOWN_SIZE) as larger:
        return sheet(larger.frames(dataset.spec.sample, evenly_spaced(dataset.frame_count, SHOWN_FRAMES)))


def true_frames(dataset: Dataset) -> Image.Image | None:
    """Return eight of a source's frames as the encoder saw them, in one row; None for vectors."""
    if len(dataset.spec.observation_shape) != 3:
        return None
    shown = evenly_spaced(dataset.frame_count, SHOWN_FRAMES)
    stride = max(1, len(shown) // TRUE_FRAMES)
    return sheet(dataset.spec.source.frames(dataset.spec.sample, shown[::stride][:TRUE_FRAMES]))
