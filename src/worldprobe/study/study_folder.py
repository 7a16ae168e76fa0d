"""A results folder: claimed by one study, filled run by run, each run whole or absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.files import atomic_write, inside, write_json
from worldprobe._util.strict_yaml import read_yaml, write_yaml
from worldprobe.errors import DamagedData, InvalidYaml, NoResults, StudyChanged, WorldprobeError
from worldprobe.results import (
    ExecutionRecord,
    Exploration,
    Kind,
    Registration,
    Results,
    Run,
    read_record,
    versioned,
)


class StudyFolder:
    """The files of one study; their names are listed in `worldprobe.results.study_results`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.study = root / "study.yaml"
        self.results = root / "results.json"
        self.hero = root / "hero.png"
        self.claims = root / "claims"

    def stored_study(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the settings and versions of study.yaml.

        Raises NoResults where there is none and DamagedData where it cannot be read.
        """
        if not self.study.is_file():
            raise NoResults(f"{self.root} has no study.yaml. Give the folder that `worldprobe run` wrote.")
        try:
            content = read_yaml(self.study.read_text(encoding="utf8"), str(self.study))
            return dict(content["study"]), dict(content.get("versions") or {})
        except (InvalidYaml, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
            raise DamagedData(f"{self.study} is not what was written ({error}). Give another --out.") from None

    def save_study(self, settings: dict[str, Any], versions: dict[str, str]) -> None:
        """Write study.yaml; raises WorldprobeError where the folder cannot be written."""
        try:
            with atomic_write(self.study) as aside:
                aside.write_text(write_yaml({"study": settings, "versions": versions}), encoding="utf8")
        except OSError as error:
            raise unwritable(self.root, error) from None

    def register(self, registration: Registration | None) -> Registration | None:
        """Keep the protocol that the runs to come are made under, and return the one that applies: the first is kept.

        Raises StudyChanged where the folder belongs to another protocol, or holds runs that are older than it.
        """
        kept = self.registration()
        if kept is not None:
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
            write_json(self.root / "registration.json", versioned(registration))
        return registration

    def registration(self) -> Registration | None:
        """Return the protocol that the runs were made under, if any."""
        path = self.root / "registration.json"
        if not path.exists():
            return None
        return read_record(path, Kind.REGISTRATION, Registration, mend="Give another --out.")

    def execution(self) -> ExecutionRecord | None:
        """Return the record of what was planned and spent here, if there is one."""
        path = self.root / "execution.json"
        if not path.exists():
            return None
        return read_record(
            path, Kind.EXECUTION, ExecutionRecord, mend="Remove it and run again: finished runs are kept."
        )

    def save_execution(self, record: ExecutionRecord) -> None:
        """Write execution.json."""
        write_json(self.root / "execution.json", versioned(record))

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
        """Return the exploration if it is finished; raises DamagedData where its file is not what was written."""
        path = inside(self.root, "explorations", f"{exploration_id}.json")
        if not path.exists():
            return None
        return read_record(path, Kind.EXPLORATION, Exploration, mend="Remove it and run again: it is redone.")

    def save_exploration(self, exploration: Exploration, z: np.ndarray, sheet: Any, frames: Any = None) -> None:
        """Write what a regime visited: controls, contact sheet and frames (PIL images, or None), then its numbers."""
        stem = inside(self.root, "explorations", f"{exploration.id}.")
        _save_arrays(stem.with_name(f"{stem.name}npz"), {"z": z})
        for ending, picture in (("png", sheet), ("frames.png", frames)):
            if picture is not None:
                with atomic_write(stem.with_name(f"{stem.name}{ending}")) as aside:
                    picture.save(aside, format="PNG")
        write_json(stem.with_name(f"{stem.name}json"), versioned(exploration))

    def previous_results(self) -> Results | None:
        """Return the results that an earlier call wrote here, if any."""
        if not self.results.exists():
            return None
        return read_record(self.results, Kind.RESULTS, Results, mend="Remove it and run again: finished runs are kept.")

    def save_results(self, results: Results) -> None:
        """Write results.json."""
        write_json(self.results, versioned(results))


def unwritable(folder: Path, error: OSError) -> WorldprobeError:
    """Return the error for a results folder that cannot be written."""
    return WorldprobeError(f"The results folder {folder} cannot be written: {error.strerror}. Give another with --out.")


def _save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with atomic_write(path) as aside, open(aside, "wb") as handle:
        np.savez_compressed(handle, **arrays)
