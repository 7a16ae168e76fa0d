"""Scores what a run reads frames with on the canonical test set, and keeps the run."""

from __future__ import annotations

import time

import numpy as np

from worldprobe._util.files import atomic_write, content_key
from worldprobe._util.seeds import stream
from worldprobe.datasets import Dataset
from worldprobe.measures.log_rollouts import LoggedActions, log_rollouts
from worldprobe.measures.probes import fit_probe
from worldprobe.measures.style_leakage import measure_style
from worldprobe.measures.transition_recovery import enough_for, recover_transition
from worldprobe.planning import JointPredictor
from worldprobe.results import Bound, Planned, Recovery, RolloutErrors, Run, Seconds, StyleRecord, TransitionRecovery
from worldprobe.sources import Recorded
from worldprobe.study.cells import CANONICAL, Cell, RunRole
from worldprobe.study.machine import device_name
from worldprobe.study.measure_run import Embedded, measure_bound, measure_cyclic, measure_recovery
from worldprobe.study.planning_benchmark import StudyTrial
from worldprobe.study.resources import Resources
from worldprobe.study.train_group import TrainedReader


def score_run(resources: Resources, cell: Cell, reader: TrainedReader, render_seconds: float) -> Run:
    """Measure what was recovered of the controls, and keep the run."""
    start, frames, study = time.perf_counter(), resources.frames(cell), resources.variants.at(cell.axes)
    features = reader.features
    heldout = None if cell.regime == CANONICAL else frames.heldout(cell.regime, cell.seed)
    labelled = frames.pixel_probe() if cell.role is RunRole.PIXELS else frames.probe()
    probe, test = (
        Embedded(features(data), data.controls, data.spec.sample.blocks) for data in (labelled, frames.test())
    )
    own = None if heldout is None else Embedded(features(heldout), heldout.controls)
    recovery, read = measure_recovery(
        probe,
        test,
        [spec.name for spec in study.controls],
        stream(cell.seed, "bootstrap", cell.id),
        own=own,
        bound=_bound(resources, cell, own, heldout),
        cyclic={} if cell.role is RunRole.PIXELS else measure_cyclic(probe, test, study.controls),
        ridge=cell.role is RunRole.PIXELS,
        style=_style(resources, cell, reader, (labelled, probe.h), test.h, own),
    )
    planned, paths = _plan(resources, cell, reader, probe)
    run = Run(
        id=cell.id,
        world=(study.test_source if cell.regime == CANONICAL else study.source(cell.regime)).world_name,
        regime=cell.regime,
        objective=cell.objective,
        seed=cell.seed,
        role=cell.role.value,
        axes=cell.axes,
        d=probe.h.shape[1],
        recovery=recovery,
        backbone=_of_backbone(resources, cell, reader, heldout),
        training=reader.training,
        seconds=Seconds(render=render_seconds, train=reader.seconds, measure=time.perf_counter() - start),
        planning=planned,
        transition=_transition(resources, cell, reader, own, heldout),
        along_log=_along_log(resources, cell, reader, own, heldout),
        device=None if reader.training is None else device_name(resources.device),
    )
    arrays = {"truth": test.z, "recovered": read.astype(np.float32), **reader.curves, **paths}
    if test.blocks is not None:
        arrays["blocks"] = test.blocks
    resources.folder.save_run(run, arrays)
    return run


def _of_backbone(resources: Resources, cell: Cell, reader: TrainedReader, heldout: Dataset | None) -> Recovery | None:
    """Measure the features that a projector or head reads; None for an encoder without one.

    Features that are about as many as the probe's frames are read by ridge regression, as raw pixels are.
    """
    if reader.backbone is None:
        return None
    frames, study = resources.frames(cell), resources.variants.at(cell.axes)
    probe, test = (
        Embedded(reader.backbone(data), data.controls, data.spec.sample.blocks)
        for data in (frames.probe(), frames.test())
    )
    own = None if heldout is None else Embedded(reader.backbone(heldout), heldout.controls)
    wide, few = (4 * probe.h.shape[1] > points for points in (len(probe.z), len(heldout.controls) if heldout else 0))
    recovery, _ = measure_recovery(
        probe,
        test,
        [spec.name for spec in study.controls],
        stream(cell.seed, "bootstrap of the backbone", cell.id),
        own=None if few else own,
        bound=Bound(applies=False, reason="the objective does not see the backbone's features"),
        cyclic={} if wide else measure_cyclic(probe, test, study.controls),
        ridge=wide,
    )
    return recovery


def _plan(
    resources: Resources, cell: Cell, reader: TrainedReader, labelled: Embedded
) -> tuple[Planned | None, dict[str, np.ndarray]]:
    """Run the study's planning benchmark, if it has one; keep the film of one task and return all paths."""
    study = resources.variants.at(cell.axes)
    if study.planning is None or reader.encode is None:
        return None, {}
    world = study.known_world("planning")
    key = content_key([type(world).__qualname__, world.settings(), study.planning.settings()])
    if key not in resources.trials:
        with resources.reporter.task("rendering for planning", 1, "trial") as advance:
            resources.trials[key] = StudyTrial(world, study.planning)
            advance(1)
    joint = _joint_predictor(resources, cell, reader, labelled)
    planned, paths, film = resources.trials[key].evaluate(reader.encode, joint)
    if film is not None:
        with atomic_write(resources.folder.run_folder(cell.id) / "plan.png") as aside:
            film.save(aside, format="PNG")
    return planned, paths


def _joint_predictor(
    resources: Resources, cell: Cell, reader: TrainedReader, labelled: Embedded
) -> JointPredictor | None:
    """Return the predictor that was trained, for planning, where it is known how actions move the controls."""
    loop = None if reader.predict is None else resources.variants.at(cell.axes).source(cell.regime).dynamics()
    if reader.predict is None or loop is None:
        return None
    return JointPredictor.where_possible(reader.predict, fit_probe(labelled.h, labelled.z), loop)


def _transition(
    resources: Resources, cell: Cell, reader: TrainedReader, own: Embedded | None, heldout: Dataset | None
) -> TransitionRecovery | None:
    """Measure the predictor that was trained, where it is known how actions move the controls.

    None for so few held-out pairs that half of them are too few for a probe.
    """
    if reader.predict is None or own is None or heldout is None:
        return None
    loop, actions = resources.variants.at(cell.axes).source(cell.regime).dynamics(), heldout.spec.pairs.actions
    if loop is None or actions is None:
        return None
    first = heldout.index[:, 0]
    if len(first) < 2 * enough_for(own.h.shape[1], own.z.shape[1]):
        return None
    names, rng = [f"a{i + 1}" for i in range(actions.shape[1])], stream(cell.seed, "transition", cell.id)
    return recover_transition(own.h[first], own.z[first], actions, reader.predict, loop, names, rng)


def _along_log(
    resources: Resources, cell: Cell, reader: TrainedReader, own: Embedded | None, heldout: Dataset | None
) -> RolloutErrors | None:
    """Measure the predictor that was trained on a recording along its held-out episodes."""
    if reader.predict is None or own is None or heldout is None:
        return None
    source, sample = resources.variants.at(cell.axes).source(cell.regime), heldout.spec.sample
    if not isinstance(source, Recorded) or sample.actions is None:
        return None
    return log_rollouts(own.h, LoggedActions(own.z, sample.actions, sample.starts, source.stride), reader.predict)


def _style(
    resources: Resources,
    cell: Cell,
    reader: TrainedReader,
    labelled: tuple[Dataset, np.ndarray],
    test: np.ndarray,
    own: Embedded | None,
) -> StyleRecord | None:
    """Measure how far the reader ignores style; None where the study has none, and of raw pixels."""
    study, frames = resources.variants.at(cell.axes), resources.frames(cell)
    probe_style, test_style = labelled[0].spec.sample.style, frames.test().spec.sample.style
    if cell.role is RunRole.PIXELS or probe_style is None or test_style is None:
        return None
    restyled = reader.features(frames.restyled_test())
    explored = None
    if own is not None:
        explored = own.h, reader.features(frames.restyled_heldout(cell.regime, cell.seed))
    return measure_style(study.style, (labelled[1], probe_style), (test, test_style), restyled, explored)


def _bound(resources: Resources, cell: Cell, own: Embedded | None, heldout: Dataset | None) -> Bound:
    if own is None or heldout is None:
        return Bound(applies=False, reason="no exploration took part in this reference")
    if cell.role is RunRole.CEILING:
        return Bound(applies=False, reason="the supervised ceiling does not minimise the theorem's loss")
    if heldout.spec.sample.style is not None:
        return Bound(applies=False, reason="Theorem 3 is for frames that depend on the controls alone, not on style")
    first, second = (Embedded(own.h[rows], own.z[rows]) for rows in heldout.index.T)
    return measure_bound(first, second, resources.variants.at(cell.axes).source(cell.regime))
