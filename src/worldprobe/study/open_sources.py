"""The sources of a study, opened: recordings read, and their states in units that all sources share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from worldprobe.errors import InvalidValue, option
from worldprobe.recordings.recording import Recording
from worldprobe.sources import Recorded, Simulated, Source
from worldprobe.study.source_settings import RecordedSettings, SimulatedSettings, SourceSettings
from worldprobe.world import Control


def open_sources(settings: Mapping[str, SourceSettings]) -> dict[str, Source]:
    """Return the sources by label, with the same controls in the same order.

    A recording alone is standardised by itself. Several share the mean and standard deviation over all of them, each
    recording counted equally; recordings next to a world take the world's controls. Raises what `read_recording`
    raises, and InvalidValue where the sources differ in their states or in the shape of their frames.
    """
    recordings = {label: one.opened for label, one in settings.items() if isinstance(one, RecordedSettings)}
    worlds = {label: one.world for label, one in settings.items() if isinstance(one, SimulatedSettings)}
    names = {label: recording.names for label, recording in recordings.items()}
    names |= {label: tuple(control.name for control in world.controls) for label, world in worlds.items()}
    _check_names(names)
    first = next(iter(worlds.values())).controls if worlds else None
    order = [control.name for control in first] if first else next(iter(names.values()))
    recordings = {label: _in_order(recording, order) for label, recording in recordings.items()}
    shared = first if first is not None else pooled(list(recordings.values())) if len(recordings) > 1 else None
    found: dict[str, Source] = {}
    for label, one in settings.items():
        if isinstance(one, SimulatedSettings):
            found[label] = Simulated(one.world, one.regime)
        else:
            found[label] = Recorded(recordings[label], one.stride, one.size, shared)
    return found


def pooled(recordings: Sequence[Recording]) -> tuple[Control, ...]:
    """Return controls that standardise several recordings together, each counted equally.

    Raises InvalidValue for a state that never moves in any of them.
    """
    found = []
    for place, control in enumerate(recordings[0].controls):
        columns = [one.controls[place].physical(one.states[:, place]) for one in recordings]
        means = [float(column.mean()) for column in columns]
        mean = float(np.mean(means))
        scale = float(np.sqrt(np.mean([column.var() + (own - mean) ** 2 for column, own in zip(columns, means)])))  # noqa: B905
        if not scale > 0.0:
            raise InvalidValue("states", control.name, "columns that move", f"Name the others with {option('states')}.")
        found.append(replace(control, centre=mean, scale=scale))
    return tuple(found)


def check_shapes(sources: Mapping[str, Source]) -> None:
    """Raise InvalidValue where the frames of the sources differ in shape."""
    shapes = {label: source.observation_shape for label, source in sources.items()}
    if len(set(shapes.values())) > 1:
        told = ", ".join(f"{label} {' x '.join(map(str, shape))}" for label, shape in shapes.items())
        raise InvalidValue("sources", told, "frames of one shape", "Set the `size` of recordings and worlds.")


def _check_names(names: Mapping[str, Sequence[str]]) -> None:
    first, *others = names.items()
    for label, own in others:
        if set(own) != set(first[1]):
            told = f"{first[0]}: {', '.join(first[1])}; {label}: {', '.join(own)}"
            mend = f"Name the same columns in each with {option('states')}."
            raise InvalidValue("states", told, "states of the same names in all sources", mend)


def _in_order(recording: Recording, names: Sequence[str]) -> Recording:
    """Return a recording with its states in this order."""
    if list(recording.names) == list(names):
        return recording
    places = [recording.names.index(name) for name in names]
    return replace(
        recording,
        states=recording.states[:, places],
        controls=tuple(recording.controls[place] for place in places),
    )
