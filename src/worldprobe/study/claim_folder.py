"""Claims a results folder for one study, and tells whether the study that claimed it is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from worldprobe.errors import StudyChanged, WorldprobeError
from worldprobe.results.differences import differences
from worldprobe.study.schema import Study, unannotated
from worldprobe.study.study_folder import StudyFolder


def claim_folder(folder: StudyFolder, study: Study, versions: dict[str, str]) -> None:
    """Write study.yaml, or check that the one that is there is of the same study.

    Settings that change no run (hypotheses, what is published) are written anew; versions stay those of the first
    claim. Raises StudyChanged, naming every key that differs, and WorldprobeError where the folder cannot be written.
    """
    resolved = json.loads(study.model_dump_json())
    if folder.study.exists():
        stored, versions = folder.stored_study()
        unlike = differences(unannotated(_as_written_now(stored)), unannotated(resolved))
        if unlike:
            changes = [f"{path} was {old!r}, is {new!r}" for path, old, new in unlike]
            raise StudyChanged(
                f"{folder.root} holds the results of another study; nothing in it was touched. "
                f"What differs: {'; '.join(changes)}. Give another --out, or undo the change to continue this one."
            )
        if stored == resolved:
            return
    folder.save_study(resolved, versions)


def kept_settings(root: Path) -> dict[str, Any]:
    """Return the settings of the study that claimed a folder; settings that its file lacks have their defaults.

    Raises NoResults where there is no study.yaml and DamagedData where it cannot be read.
    """
    return _as_written_now(StudyFolder(root).stored_study()[0])


def _as_written_now(stored: dict[str, Any]) -> dict[str, Any]:
    """Return stored settings as this version writes them; those that it refuses as they are."""
    try:
        now: dict[str, Any] = json.loads(Study.model_validate(stored).model_dump_json())
    except (ValidationError, WorldprobeError):
        return stored
    return now
