"""The audit of recordings: of one alone, and of several sources side by side, scored on rows of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.audits import Audit, Gate, audit_frames, audit_regime
from worldprobe.audits.action_audit import audit_actions
from worldprobe.audits.gates.exploration.predicted_r2 import judged
from worldprobe.audits.limits.answering import answered
from worldprobe.audits.limits.ideal_logs import against_ideal
from worldprobe.audits.limits.odd_episodes import odd_episodes
from worldprobe.audits.thresholds import Thresholds, thresholds, thresholds_in_words
from worldprobe.errors import InvalidValue, option
from worldprobe.explore import Pairs
from worldprobe.predictor.action_prediction import predict_log_actions
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.predictor.prediction_steps import STEPS
from worldprobe.recordings import Recording
from worldprobe.recordings.problems import shortened
from worldprobe.results import AuditedPart
from worldprobe.sources import Recorded, Source
from worldprobe.sources.recorded import actions_between
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.study.audited_exploration import audited_exploration, predict_shown
from worldprobe.study.schema import Study

MOST_STATES = 256
"""States that a recording may have at most: an audit compares all of them with one another."""
COMMON_ROWS = "rows of all"
"""What predictions are scored on besides the source's own rows, as the table of an audit calls it."""

Controls = Float[np.ndarray, "_ n"]
AuditedPartAndGates = tuple[AuditedPart, list[Gate]]
_NONE: Thresholds = MappingProxyType({})


def audit_recording(
    recording: Recording, *, stride: int = 1, reporter: Reporter | None = None, chosen: Thresholds = _NONE
) -> Audit:
    """Audit a recording's states, pairs `stride` rows apart, and its frames where it has any.

    States are standardised first: what is canonical for a recording is its own mean and standard deviation. `chosen`
    are thresholds in place of the calibrated ones. Raises InvalidValue for more than `MOST_STATES` states.
    """
    with thresholds(chosen):
        part, gates = _audited_recording(recording, stride, reporter or SilentReporter())
    return Audit(gates, [part], [*recording.warnings, *thresholds_set(chosen)])


def audited_source(study: Study, label: str, reporter: Reporter) -> AuditedPartAndGates:
    """Audit a source of a study by itself, and predict what its ideal encoder recovers of the rows of all sources.

    The gates are those of the source alone, of a recording in its own mean and standard deviation, as where it is
    audited alone. The rows on which all are scored are as many of each source, in the units that they share.
    """
    sources = {each: study.source(each) for each in study.labels}
    source = sources[label]
    if len(sources) == 1 and isinstance(source, Recorded):
        return _audited_recording(source.recording, source.stride, reporter)
    visited = {each: _visited(other, study) for each, other in sources.items()}
    test = _scored_on(study, [pairs.controls for pairs in visited.values()])
    if isinstance(source, Recorded):
        own_units = _in_own_units(source, test)
        part, gates = _audited_recording(source.recording, source.stride, reporter, label, own_units)
    else:
        part, gates = audited_exploration(source, visited[label], study, label, test, reporter)
    named = [replace(gate, subject=f"{label}: {gate.subject}") for gate in gates]
    scored_on = "N(0, I)" if study.test_points == "canonical" else COMMON_ROWS
    return part.model_copy(update={"expected_to_fail": label in study.expect, "scored_on": scored_on}), named


def thresholds_set(chosen: Thresholds) -> list[str]:
    """Return what an audit says of thresholds that a study or a person set."""
    return [f"Thresholds that were set: {thresholds_in_words(chosen)}"] if chosen else []


def _predicted_from_actions(pairs: Pairs, names: Sequence[str], label: str, reporter: Reporter) -> IdealEncoder:
    """Return the prediction for an objective that predicts a log's next embedding from the action."""
    with reporter.task(f"predicting {label} from its actions", STEPS, "steps") as advance:
        return predict_log_actions(pairs, names, advance=advance)


def _audited_recording(
    recording: Recording, stride: int, shown: Reporter, label: str = "", test: Controls | None = None
) -> AuditedPartAndGates:
    """Return a recording's part of an audit and its gates; `test` are states in its own units to predict besides."""
    names = recording.names
    if len(names) > MOST_STATES:
        mend = f"An audit compares all of them with one another: name those that matter with {option('states')}."
        raise InvalidValue("states", f"{len(names):,} columns", f"{MOST_STATES} or fewer", mend)
    shown.say(f"Auditing {recording.rows:,} rows of {shortened(names)}" + (f" in {label}" if label else ""))
    pairs = recording.standardised().pairs(stride)
    own = audit_regime(pairs, names)
    predicted = predict_shown(pairs, names, label or "the recording", 0, shown).record(test)
    answer, not_made = answered(pairs, names, predicted)
    gates = own + judged(predicted, names, answer)
    if recording.frames is not None:
        shown.say("Comparing frames with states")
        gates += audit_frames(recording.frames, pairs, names)
    from_actions = None
    if recording.actions is not None:
        shown.say("Comparing actions with states")
        gates += audit_actions(recording.states, recording.actions, recording.episodes, names, recording.action_names)
        acted = Pairs(pairs.controls, pairs.index, actions_between(pairs.index, recording.actions, stride))
        from_actions = _predicted_from_actions(acted, names, label or "the recording", shown).record(test)
    shown.say("Comparing with ideal logs of its size")
    known: Mapping[str, Any] = {
        "predicted": predicted,
        "predicted_from_actions": from_actions,
        "answer": answer,
        "not_made": not_made,
        "against_ideal": against_ideal(pairs, names, own),
        "odd_episodes": odd_episodes(recording.states, recording.episodes, names),
    }
    return AuditedPart(label=label, gates=len(gates), **known), gates


def _visited(source: Source, study: Study) -> Pairs:
    """Return the pairs that a source is audited by, in shared units: of a recording all, whatever their split."""
    if isinstance(source, Recorded):
        return source.every_pair().pairs
    return source.sample("train", study.frames, study.seeds[0]).pairs


def _scored_on(study: Study, visited: Sequence[Controls]) -> Controls:
    """Return the controls that every prediction is scored on: canonical ones, or equal shares of all sources' rows."""
    if study.test_points == "canonical":
        return study.test_source.sample("test", study.test_frames, study.canonical_seed).controls
    share = min(study.test_frames // len(visited), *map(len, visited))
    return np.concatenate([z[evenly_spaced(len(z), share)] for z in visited])


def _in_own_units(source: Recorded, z: Controls) -> Controls:
    """Return shared controls as the recording has them that is standardised by itself."""
    own = source.recording.standardised().controls
    columns = zip(own, source.controls, z.T, strict=True)
    return np.stack([control.standardised(shared.physical(column)) for control, shared, column in columns], axis=1)
