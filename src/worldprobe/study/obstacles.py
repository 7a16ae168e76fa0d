"""Which of the shipped studies can be run on this machine, found by trying: one frame, and a few pairs."""

from __future__ import annotations

from worldprobe._util.files import content_key
from worldprobe.errors import WorldprobeError
from worldprobe.study.load import load_study, shipped_studies
from worldprobe.study.preflight import check_frame
from worldprobe.study.schema import Study, unannotated

PAIRS = 64
"""Frames that an exploration is drawn with."""


def obstacles() -> dict[str, str | None]:
    """Return for every shipped study why it cannot be run here, None where it can."""
    known: dict[str, str | None] = {}
    found = {}
    for name in shipped_studies():
        study = load_study(name)
        settings = unannotated(study.model_dump(mode="json"))
        parts = content_key({"world": settings["world"], "regimes": settings["regimes"]})
        if parts not in known:
            known[parts] = _obstacle(study)
        found[name] = known[parts]
    return found


def _obstacle(study: Study) -> str | None:
    try:
        with study.test_source as points:
            check_frame(points)
            for label in study.labels:
                study.source(label).sample("train", PAIRS, 0)
    except WorldprobeError as error:
        return str(error)
    return None
