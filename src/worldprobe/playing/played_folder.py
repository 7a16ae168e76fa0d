"""A results folder as it is played: its world, its trained encoders, its explorations' paths, its look-alikes.

Nothing here needs torch, so that the world is seen while the encoders are still being loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.files import inside
from worldprobe._util.strict_yaml import read_yaml
from worldprobe.errors import DamagedData, InvalidYaml, NoResults, UnknownName
from worldprobe.results import Results, Run
from worldprobe.results.reading import AGAIN, load_results

if TYPE_CHECKING:
    from worldprobe.study.schema import Study

TRAINED = ("measured", "ceiling")
"""Roles of runs that leave an encoder."""
MOST_ENCODERS = 8
"""Encoders that are shown at once: as many as there are colours."""


@dataclass(frozen=True)
class LookAlike:
    """Two states that the audit found to be far apart in a control and alike in the picture."""

    control: str
    states: Float[np.ndarray, "2 n"]
    distance: float
    """Root mean square distance between the two pictures, in grey levels."""

    @property
    def label(self) -> str:
        """What the pair is called on the page."""
        return f"{self.control}: {self.distance:.2g} grey levels apart"


@dataclass(frozen=True)
class PlayedFolder:
    """What a results folder holds to be played; `read_played` reads one."""

    path: Path
    results: Results
    settings: dict[str, Any]
    """Of the study, as study.yaml keeps them."""
    runs: tuple[Run, ...]
    """Those whose encoders are played."""

    @property
    def title(self) -> str:
        """The study's title."""
        return str(self.settings.get("title") or self.settings.get("name") or "A study")

    @property
    def recorded(self) -> bool:
        """Whether it compares `sources` (recordings, several worlds), and not explorations of one world."""
        return bool(self.settings.get("sources"))

    @cached_property
    def names(self) -> dict[str, str]:
        """What each run is called, by its id: whatever distinguishes it from the others."""
        several = {
            key: len({getattr(run, key) for run in self.runs}) > 1 for key in ("regime", "objective", "seed", "role")
        }
        varying = [k for k in self.runs[0].axes if len({run.axes.get(k) for run in self.runs}) > 1]

        def named(run: Run) -> str:
            supervised = [run.objective] if run.role == "ceiling" else []
            objective = [run.objective] if several["objective"] and not several["role"] else []
            parts = [run.regime, *(supervised or objective), *(f"{k} {run.axes[k]}" for k in varying if k in run.axes)]
            return ", ".join(parts + ([f"seed {run.seed}"] if several["seed"] else []))

        names = {run.id: named(run) for run in self.runs}
        return names if len(set(names.values())) == len(names) else {run.id: run.id for run in self.runs}

    def study(self) -> Study:
        """Return the study as it was for the first of the runs; raises what a study that is not valid raises."""
        from worldprobe.study.axes import study_at
        from worldprobe.study.claim_folder import kept_settings
        from worldprobe.study.load import study_of

        return study_at(study_of(kept_settings(self.path), str(self.path / "study.yaml")), self.runs[0].axes)

    def look_alikes(self) -> list[LookAlike]:
        """Return the pairs of states that the folder's audit found to be perceptually aliased, the most alike first.

        None without an audit. Raises DamagedData where it cannot be read.
        """
        from worldprobe.results.saved_audit import load_audit

        audit = load_audit(self.path)
        names = [control.name for control in self.results.controls]
        found = []
        for gate in audit.gates if audit else []:
            states = gate.evidence.get("controls")
            if gate.gate == "perceptual-aliasing" and isinstance(states, list) and len(states) == 2:
                try:
                    z = np.array([[float(state[name]) for name in names] for state in states])
                    found.append(LookAlike(gate.subject, z, float(gate.evidence["distance"])))
                except (KeyError, TypeError, ValueError):
                    continue  # of another world, or written by something else: the audit's page shows it
        return sorted((pair for pair in found if np.isfinite(pair.states).all()), key=lambda pair: pair.distance)


def read_played(path: Path, encoders: Sequence[str] = ()) -> PlayedFolder:
    """Read a results folder, or one run of it (DIR/runs/RUN); `encoders` names the runs whose encoders are wanted.

    Without names, those of the study's first seed at its first point. Raises NoResults for a folder without results or
    without a trained encoder, UnknownName for a run that left none, DamagedData for what cannot be read.
    """
    path = path.absolute()
    if path.parent.name == "runs" and not (path / "study.yaml").is_file():
        path, encoders = path.parent.parent, [path.name]
    if not path.is_dir():
        raise NoResults(f"{path} is not a folder. Give the folder that `worldprobe run STUDY --out DIR` wrote.")
    settings = _study(path)
    results = load_results(path)
    trained = {run.id: run for run in results.runs if run.role in TRAINED and _weights(path, run).is_file()}
    if not trained:
        raise NoResults(f"{path} holds no trained encoder. {AGAIN}")
    for name in encoders:
        if name not in trained:
            raise UnknownName("encoder", name, trained)
    chosen = [trained[name] for name in dict.fromkeys(encoders)] or _first_of_each(list(trained.values()))
    return PlayedFolder(path, results, settings, tuple(chosen[:MOST_ENCODERS]))


def _first_of_each(runs: list[Run]) -> list[Run]:
    """Return the runs of the first seed, at the first point of the axes of every regime and objective."""
    seed = runs[0].seed
    return list({(r.regime, r.objective): r for r in reversed(runs) if r.seed == seed}.values())[::-1]


def _weights(path: Path, run: Run) -> Path:
    return inside(path, "runs", run.id, "encoder.pt")


def _study(path: Path) -> dict[str, Any]:
    file = path / "study.yaml"
    if not file.is_file():
        raise NoResults(f"{path} has no study.yaml. Give the folder that `worldprobe run` wrote.")
    try:
        return dict(read_yaml(file.read_text(encoding="utf8"), str(file))["study"])
    except (InvalidYaml, UnicodeDecodeError, TypeError, KeyError, ValueError) as error:
        raise DamagedData(f"{file} is not what was written ({error}). {AGAIN}") from None
