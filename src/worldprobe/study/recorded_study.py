"""The study of recordings: one log, or several compared with one another, trained on as every study is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from worldprobe.errors import InvalidValue
from worldprobe.study.labels import RESERVED
from worldprobe.study.schema import Study
from worldprobe.study.source_settings import RecordedSettings
from worldprobe.study.training_choices import TrainingChoices

EPOCHS, LEAST, MOST = 25, 300, 2000
"""How often the training frames are seen, within these numbers of steps: with more, an encoder memorises them."""
BATCH = 256
LONGEST_LABEL = 40
RECORDED = "recorded"
"""The label of a recording that is alone."""
DEFAULT = TrainingChoices()


def recorded_study(settings: RecordedSettings, choices: TrainingChoices = DEFAULT) -> Study:
    """Return the study that trains on a recording and scores the embedding on stretches that were kept out of training.

    Raises what `TrainingChoices.check` and `read_recording` raise, InvalidValue for a recording without frames or with
    a state that never moves, and UnusableData for one that is too short to keep stretches apart.
    """
    choices.check(settings)
    question = "Can an encoder that only ever sees pairs of these frames find the states that were recorded with them?"
    return _trained(comparing({RECORDED: settings}, settings.recording.name, question, choices), choices)


def compared_study(settings: Mapping[str, RecordedSettings], choices: TrainingChoices = DEFAULT) -> Study:
    """Return the study that trains on each of several recordings and scores all on rows that each kept out of it.

    Raises as `recorded_study`, and InvalidValue where they differ in their states or in the shape of their frames.
    """
    choices.check(*settings.values())
    return _trained(audited_study(settings, choices), choices)


def audited_study(settings: Mapping[str, RecordedSettings], choices: TrainingChoices = DEFAULT) -> Study:
    """Return the study that audits several recordings side by side; frames are not needed."""
    return comparing(settings, " and ".join(settings), "Which of these recordings teaches an encoder more?", choices)


def comparing(
    settings: Mapping[str, RecordedSettings], title: str, question: str, choices: TrainingChoices = DEFAULT
) -> Study:
    """Return a study of recordings whose budget is not fitted to them yet."""
    found: dict[str, Any] = {
        "name": "recording" if len(settings) == 1 else "recordings",
        "title": title,
        "question": question,
        "sources": dict(settings),
        "objectives": {choices.objective: {}},
        "encoder": {"name": choices.encoder},
        "frames": None,
        "training": {"steps": choices.steps or LEAST, "batch": BATCH, "lr": choices.learning_rate},
        "seeds": [0],
    }
    return Study.model_validate(found)


def _trained(study: Study, choices: TrainingChoices) -> Study:
    """Return a study with a budget that suits its training frames, the same for all, and a supervised ceiling.

    The ceiling is trained on the recording that has the most frames.
    """
    frames = {label: len(study.source(label).sample("train", None, 0)) for label in study.labels}
    batch = max(2, min(BATCH, min(frames.values()) // 8))
    steps = choices.steps or min(max(EPOCHS * max(frames.values()) // (2 * batch), LEAST), MOST)
    changed = {
        "training": study.training.model_copy(update={"steps": steps, "batch": batch}),
        "references": study.references.model_copy(update={"supervised_on": max(frames, key=lambda k: frames[k])}),
    }
    return study.model_copy(update=changed)


def labels_of(paths: Sequence[Path]) -> dict[str, Path]:
    """Return recordings by label: their files' names without suffix, as far as a label allows, each once.

    Raises InvalidValue where one path is given twice.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if path.resolve() in [other.resolve() for other in found.values()]:
            raise InvalidValue("recordings", str(path), "another path for each")
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().stem).strip("-._")[:LONGEST_LABEL] or "recording"
        taken = {label.casefold() for label in (*found, *RESERVED)}
        numbered = (f"{name}-{number}" for number in count(2))
        label = name if name.casefold() not in taken else next(n for n in numbered if n.casefold() not in taken)
        found[label] = path
    return found


def settings_of(paths: Mapping[str, Path | str], given: Mapping[str, Any]) -> dict[str, RecordedSettings]:
    """Return the settings of recordings by label, which are read in the same way."""
    return {label: RecordedSettings.model_validate({"recording": path, **given}) for label, path in paths.items()}
