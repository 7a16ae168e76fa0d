"""What a person chooses of the training on a recording: encoder, objective and steps."""

from __future__ import annotations

from dataclasses import dataclass

from worldprobe.errors import InvalidValue, option, option_name
from worldprobe.study.network_size import parameter_count
from worldprobe.study.source_settings import RecordedSettings
from worldprobe.train import ENCODERS, OBJECTIVES, Encoder


@dataclass(frozen=True)
class TrainingChoices:
    """Names of an encoder and an objective, and optimiser steps (None: as many as suit the frames)."""

    encoder: str = "patchify"
    objective: str = "lejepa"
    steps: int | None = None

    @property
    def learning_rate(self) -> float:
        """The encoder's advised learning rate."""
        return ENCODERS[self.encoder].advised_lr

    def check(self, *recordings: RecordedSettings) -> None:
        """Raise where something is impossible; names, steps and the frames' size are checked before a file is opened.

        UnknownName for a name that no encoder or objective has, InvalidValue for steps below 1, an objective that
        learns from labels, frames that the encoder does not read, or actions that an objective needs and a recording
        lacks.
        """
        encoder, objective = ENCODERS[self.encoder], OBJECTIVES[self.objective]
        if objective.uses_controls:
            mend = "A supervised reference is trained with every study of a recording."
            allowed = ", ".join(name for name, kind in OBJECTIVES.items() if not kind.uses_controls)
            raise InvalidValue(option_name("objective"), self.objective, f"one that needs no labels: {allowed}", mend)
        if self.steps is not None and self.steps < 1:
            raise InvalidValue(option_name("steps"), self.steps, "1 or more")
        for size in {one.size for one in recordings}:
            parameter_count(_with_defaults(encoder, self.encoder), (size, size, 3), 1)
        for one in recordings if objective.uses_actions else ():
            if one.opened.actions is None:
                mend = f"Name them with {option('actions')}: {one.recording.name} has none that were found."
                allowed = "an objective that needs no actions, or a recording with actions"
                raise InvalidValue(option_name("objective"), self.objective, allowed, mend)


def _with_defaults(kind: type[Encoder], name: str) -> Encoder:
    """Return an encoder with default settings; raises InvalidValue for one that has a setting without default."""
    needed = [field for field, info in kind.model_fields.items() if info.is_required()]
    if needed:
        mend = f"It needs {', '.join(needed)}: write a study file, and give it to `worldprobe run`."
        raise InvalidValue(option_name("encoder"), name, "an encoder whose settings all have defaults", mend)
    return kind()
