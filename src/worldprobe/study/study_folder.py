"""A results folder: claimed by one study, filled run by run, each run whole or absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import nn

from worldprobe._util.files import atomic_write, inside, write_json
from worldprobe._util.strict_yaml import read_yaml, write_yaml
from worldprobe.errors import DamagedData, InvalidYaml, StudyChanged, WorldprobeError
from worldprobe.results import Exploration, Kind, Registration, Results, Run, read_record, versioned
from worldprobe.study.overrides import differences
from worldprobe.study.schema import Study, unannotated


class StudyFolder:
    """The files of one study; their names are listed in `worldprobe.results.study_results`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.results = root / "results.json"
        self.hero = root / "hero.png"

    def claim(self, study: Study, versions: dict[str, str]) -> None:
        """Write study.yaml, or check that the one that is there is the same study.

        Raises StudyChanged, naming every key that differs, and WorldprobeError where the folder cannot be written.
        """
        path = self.root / "study.yaml"
        resolved = json.loads(study.model_dump_json())
        if path.exists():
            before = kept_settings(self.root)
            unlike = differences(unannotated(before), unannotated(resolved))
            changes = [f"{path} was {old!r}, is {new!r}" for path, old, new in unlike]
            if changes:
                raise StudyChanged(
                    f"{self.root} holds the results of another study; nothing in it was touched. "
                    f"What differs: {'; '.join(changes)}. Give another --out, or undo the change to continue this one."
                )
            return
        try:
            with atomic_write(path) as aside:
                aside.write_text(write_yaml({"study": resolved, "versions": versions}), encoding="utf8")
        except OSError as error:
            raise unwritable(self.root, error) from None

    def register(self, registration: Registration | None) -> Registration | None:
        """Keep the protocol that the runs to come stand under, and return the one that holds: what is there stays.

        Raises StudyChanged where the folder stands under another protocol, or holds runs that are older than it.
        """
        path = self.root / "registration.json"
        if path.exists():
            kept = read_record(path, Kind.REGISTRATION, Registration, mend="Give another --out.")
            if registration is not None and registration.hash != kept.hash:
                raise StudyChanged(
                    f"{self.root} was run under the protocol {kept.hash[:16]}, not {registration.hash[:16]}. "
                    "Give another --out."
                )
            return kept
        if registration is not None:
            if any(self.root.glob("runs/*/run.json")):
                raise StudyChanged(
                    f"{self.root} holds runs that were made without a protocol: they cannot be registered afterwards. "
                    "Give another --out."
                )
            write_json(path, versioned(registration))
        return registration

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of one run."""
        return inside(self.root, "runs", run_id)

    def finished_run(self, run_id: str) -> Run | None:
        """Return the run if it is finished; raises DamagedData where its file is not what was written."""
        path = self.run_folder(run_id) / "run.json"
        if not path.exists():
            return None
        return read_record(path, Kind.RUN, Run, mend=f"Remove {path.parent} and run again: it is redone.")

    def save_run(self, run: Run, arrays: dict[str, np.ndarray]) -> None:
        """Write a run's arrays, then run.json, which makes it finished."""
        folder = self.run_folder(run.id)
        _save_arrays(folder / "arrays.npz", arrays)
        write_json(folder / "run.json", versioned(run))

    def finished_exploration(self, exploration_id: str) -> Exploration | None:
        """Return the exploration if it is finished."""
        path = inside(self.root, "explorations", f"{exploration_id}.json")
        if not path.exists():
            return None
        return read_record(path, Kind.EXPLORATION, Exploration, mend="Remove it and run again: it is redone.")

    def save_exploration(self, exploration: Exploration, z: np.ndarray, sheet: Any) -> None:
        """Write what a regime visited: controls, contact sheet (a PIL image, or None), then its numbers."""
        stem = inside(self.root, "explorations", f"{exploration.id}.")
        _save_arrays(stem.with_name(f"{stem.name}npz"), {"z": z})
        if sheet is not None:
            with atomic_write(stem.with_name(f"{stem.name}png")) as aside:
                sheet.save(aside, format="PNG")
        write_json(stem.with_name(f"{stem.name}json"), versioned(exploration))

    def previous_results(self) -> Results | None:
        """Return the results that an earlier call wrote here, if any."""
        if not self.results.exists():
            return None
        return read_record(self.results, Kind.RESULTS, Results, mend="Remove it and run again: finished runs are kept.")

    def save_results(self, results: Results) -> None:
        """Write results.json."""
        write_json(self.results, versioned(results))


def kept_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of the study that claimed a folder; what is not in its file has its default.

    Raises DamagedData where study.yaml cannot be read.
    """
    path = folder / "study.yaml"
    try:
        settings = read_yaml(path.read_text(encoding="utf8"), str(path))["study"]
        absent = {key for key in Study.model_fields if key not in settings}
    except (InvalidYaml, UnicodeDecodeError, TypeError, KeyError) as error:
        raise DamagedData(f"{path} is not what was written ({error}). Give another --out.") from None
    try:
        defaults = json.loads(Study.model_validate(settings).model_dump_json(include=absent))
    except (ValidationError, WorldprobeError):
        defaults = {}  # of an older version; every difference is named
    return {**settings, **defaults}


def unwritable(folder: Path, error: OSError) -> WorldprobeError:
    """Return the error for a results folder that cannot be written."""
    return WorldprobeError(f"The results folder {folder} cannot be written: {error.strerror}. Give another with --out.")


def save_weights(encoder: nn.Module, path: Path) -> None:
    """Write an encoder's weights."""
    with atomic_write(path) as aside:
        torch.save(encoder.state_dict(), aside)


def _save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with atomic_write(path) as aside, open(aside, "wb") as handle:
        np.savez_compressed(handle, **arrays)
