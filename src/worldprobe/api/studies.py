"""Studies, audits and plans by name: what the command line does, from Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import Pairs
from worldprobe.world.world import World, open_world

if TYPE_CHECKING:
    from worldprobe.audits.audit_outcome import Audit
    from worldprobe.planning import Findings
    from worldprobe.results import Results
    from worldprobe.study.schema import Study


def load_study(study: str | Path, overrides: Sequence[str] = (), preset: str | None = None) -> Study:
    """Return a shipped study by name, or one from a YAML file, with a preset and "key.path=value" overrides applied.

    Raises UnknownName for a name or preset that there is not, InvalidStudy for settings that do not fit.
    """
    from worldprobe.study.load import load_study as load

    return load(study, overrides, preset)


def run(
    study: Study | str | Path,
    out: str | Path | None = None,
    *,
    overrides: Sequence[str] = (),
    preset: str | None = None,
    device: str = "auto",
    processes: int | None = None,
    progress: bool = True,
) -> Results:
    """Run what is not finished of a study, write results and report to `out`, and return the results.

    `study` is a study (`recorded_study` makes one of recordings), its name or its file. `out` is runs/STUDY
    by default, with the preset's name where one is given. The same call continues a run that was stopped.
    Runs are trained in as many `processes` as cores and memory allow where none are given.
    `progress` writes to standard error. Raises WorldprobeErrors before any work for what cannot be done here.
    """
    from worldprobe._util.progress import SilentReporter, reporter
    from worldprobe.study import run_study

    loaded = _study(study, overrides, preset)
    folder = Path(out) if out is not None else Path("runs") / "-".join(filter(None, [loaded.name, preset]))
    shown = reporter() if progress else SilentReporter()
    results = run_study(loaded, folder, device=device, processes=processes, reporter=shown)
    report(folder)
    return results


def report(folder: str | Path) -> Path:
    """Write the report of a results folder, one self-contained HTML file, and return its path; needs no torch."""
    from worldprobe.reports import write_report

    return write_report(Path(folder))


def audit(
    subject: Any,
    *,
    stride: int = 1,
    names: Sequence[str] | None = None,
    preset: str | None = None,
    overrides: Sequence[str] = (),
    progress: bool = False,
) -> Audit:
    """Find out before any training whether an exploration can teach a world model, and what is in its way.

    `subject` is a study or its name (with `preset` and `overrides`), a recording or the path of one (pairs `stride`
    rows apart; `read_recording` chooses its columns), or `Pairs`, whose states are called `names` and are standardised.
    Raises InvalidValue for anything else.
    """
    from worldprobe._util.progress import SilentReporter, reporter
    from worldprobe.recordings import Recording, read_recording

    shown = reporter() if progress else SilentReporter()
    if isinstance(subject, Pairs):
        return _audit_pairs(subject, names)
    from worldprobe.study.audit_sources import audit_recording
    from worldprobe.study.audit_study import audit_study
    from worldprobe.study.schema import Study

    if isinstance(subject, str | Path) and _is_recording(subject):
        subject = read_recording(Path(subject))
    if isinstance(subject, Recording):
        return audit_recording(subject, stride=stride, reporter=shown)
    if isinstance(subject, str | Path):
        subject = load_study(subject, overrides, preset)
    if not isinstance(subject, Study):
        allowed = "a study or its name, a recording (worldprobe.read_recording), or Pairs"
        raise InvalidValue("subject", type(subject).__name__, allowed)
    return audit_study(subject, reporter=shown)


def plan(encode: Callable[[np.ndarray], np.ndarray], world: World | str, **settings: Any) -> Findings:
    """Plan in an embedding, act in the true world: what straight lines cost, and how goals given as frames are reached.

    `encode` maps observations (N, ...) to embeddings (N, d): any function. `world` is a world or its name; `settings`
    are those of a study's `planning:` section (pairs, library, steps ...). Raises InvalidValue for settings that are
    not possible, WrongWorld for an encoder that was trained on another world, Unreachable for goals out of reach.
    """
    from pydantic import ValidationError

    from worldprobe.planning import Benchmark, PlanningSettings

    try:
        chosen = PlanningSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "settings"
        raise InvalidValue(key, first["input"], first["msg"].removeprefix("Input should be ")) from None
    with open_world(world) as opened:
        return Benchmark(opened, chosen).evaluate(encode)


def recorded_study(
    *paths: str | Path,
    states: Sequence[str] | None = None,
    frames: str | None = None,
    episode: str | None = None,
    actions: Sequence[str] | None = None,
    time: str | None = None,
    format: str | None = None,
    drop_bad: bool = False,
    stride: int = 1,
    size: int = 32,
    encoder: str = "patchify",
    objective: str = "lejepa",
    steps: int | None = None,
) -> Study:
    """Return the study that trains on the frames of recordings, for `run` and `audit`: of one, or of several compared.

    Options are those of `read_recording`, the same for all; pairs are `stride` rows apart, frames averaged down to
    `size` pixels. Each recording has its file's name without suffix. `encoder` and `objective` are names
    (`worldprobe encoders`, `objectives`; `lejepa-predictive` needs actions), `steps` those of the optimiser, as many as
    suit the frames if not given. Raises as `read_recording`, UnknownName, and InvalidValue or UnusableData where
    nothing can be trained.
    """
    from worldprobe.study.recorded_study import compared_study, labels_of, settings_of
    from worldprobe.study.recorded_study import recorded_study as of_one
    from worldprobe.study.training_choices import TrainingChoices

    if not paths:
        raise InvalidValue("paths", "none", "one recording or more")
    given = {
        "states": [states] if isinstance(states, str) else states,
        "frames": frames,
        "episode": episode,
        "actions": [actions] if isinstance(actions, str) else actions,
        "time": time,
        "format": format,
        "drop_bad": drop_bad,
        "stride": stride,
        "size": size,
    }
    settings = settings_of(labels_of([Path(path) for path in paths]), given)
    choices = TrainingChoices(encoder, objective, steps)
    return of_one(next(iter(settings.values())), choices) if len(paths) == 1 else compared_study(settings, choices)


def _study(given: Study | str | Path, overrides: Sequence[str], preset: str | None) -> Study:
    from worldprobe.study.schema import Study

    if isinstance(given, str | Path):
        return load_study(given, overrides, preset)
    if overrides or preset is not None:
        raise InvalidValue("overrides", list(overrides), "nothing where a study is given: change it where it is loaded")
    if not isinstance(given, Study):
        allowed = "a study, its name or file (worldprobe.recorded_study makes one of recordings)"
        raise InvalidValue("study", type(given).__name__, allowed)
    return given


def _is_recording(path: str | Path) -> bool:
    """Whether something lies there that is no study: neither a study file nor a shipped study of that name."""
    from worldprobe.study import shipped_studies

    return Path(path).suffix not in {".yaml", ".yml"} and str(path) not in shipped_studies() and Path(path).exists()


def _audit_pairs(pairs: Pairs, names: Sequence[str] | None) -> Audit:
    from dataclasses import replace

    from worldprobe.audits import Audit, audit_regime
    from worldprobe.audits.gates.exploration.predicted_r2 import judged
    from worldprobe.audits.limits.answering import answered
    from worldprobe.audits.limits.ideal_logs import against_ideal
    from worldprobe.predictor.log_prediction import predict_log
    from worldprobe.results import AuditedPart

    n = pairs.controls.shape[1]
    called = tuple(names) if names is not None else tuple(f"z{place + 1}" for place in range(n))
    if len(called) != n:
        raise InvalidValue("names", len(called), f"{n}, one for every column of the controls")
    mean, sd = pairs.controls.mean(axis=0), pairs.controls.std(axis=0)
    white = replace(pairs, controls=(pairs.controls - mean) / np.where(sd > 0.0, sd, 1.0))
    predicted = predict_log(white, called).record()
    answer, not_made = answered(white, called, predicted)
    gates = [*audit_regime(white, called), *judged(predicted, called, answer)]
    ideal = against_ideal(white, called, gates)
    part = AuditedPart(label="", gates=len(gates), predicted=predicted, answer=answer, not_made=not_made)
    part = part.model_copy(update={"against_ideal": ideal})
    return Audit(gates, [part])
