"""The study of a recording: the same training, references, measures and report as for every world."""

from __future__ import annotations

from typing import Any

from worldprobe.recordings.recorded_world import RecordedWorld
from worldprobe.study.schema import Study

EPOCHS, LEAST, MOST = 25, 300, 2000
"""How often the training frames are seen, within these numbers of steps: with more, an encoder memorises them."""
BATCH = 256


def recorded_study(world: RecordedWorld) -> Study:
    """Return the study that trains on a recording and scores the embedding on stretches that were kept out of training.

    Raises what `read_recording` raises, and InvalidValue for a recording without frames or with a state that never
    moves.
    """
    train = len(world.shown("train")[0])
    batch = max(2, min(BATCH, train // 8))
    steps = min(max(EPOCHS * train // (2 * batch), LEAST), MOST)
    settings: dict[str, Any] = {
        "name": "recording",
        "title": world.path.name,
        "question": (
            "Can an encoder that only ever sees pairs of these frames find the states that were recorded with them?"
        ),
        "world": world,
        "regimes": {"recorded": {}},
        "objectives": {"lejepa": {"lambda": 0.025}},
        "encoder": {"name": "patchify"},
        "frames": max(train, 64),
        "training": {"steps": steps, "batch": batch, "lr": 3e-3},
        "seeds": [0],
        "references": {"supervised_on": "recorded"},
    }
    return Study.model_validate(settings)
