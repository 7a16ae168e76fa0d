"""Reading a results folder: what the report may know, and clear errors for a folder that is not whole."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from worldprobe.errors import DamagedData, NoResults
from worldprobe.studies.results import Exploration, Results, Run, Summary
from worldprobe.studies.verdicts import exploration_of

AGAIN = "Run the study's command again with the same --out: finished runs are kept, and what is missing is made."

COLOURS = 8  # that style.css defines: c0 to c7


@dataclass(frozen=True)
class Series:
    """One regime under one objective, over its seeds: a colour and a name that are the same in every picture."""

    summary: Summary
    runs: tuple[Run, ...]
    exploration: Exploration | None
    label: str
    colour: int

    @property
    def median_run(self) -> Run:
        """The run whose R^2 is the median over seeds (the lower one of the middle two)."""
        return sorted(self.runs, key=lambda run: run.recovery.r2)[(len(self.runs) - 1) // 2]


@dataclass(frozen=True)
class ResultsFolder:
    """A results folder that has been read and found whole; arrays and pictures are read when they are asked for."""

    path: Path
    results: Results

    @property
    def controls(self) -> list[str]:
        """The names of the hidden controls, in the world's order."""
        return [str(control["name"]) for control in self.results.controls]

    @property
    def series(self) -> list[Series]:
        """The measured series, in the study's order, each regime with its own colour."""
        measured = [s for s in self.results.summary if s.role == "measured"]
        return [self._series(s, measured) for s in measured]

    @property
    def references(self) -> list[Summary]:
        """The summaries of floors and ceilings: untrained encoder, raw pixels, supervised."""
        return [s for s in self.results.summary if s.role != "measured"]

    def colour(self, regime: str) -> int:
        """Return the colour of a regime, a number of the style sheet's: the same one in every picture."""
        regimes = list(dict.fromkeys(s.regime for s in self.results.summary if s.role == "measured"))
        return (regimes.index(regime) if regime in regimes else len(regimes)) % COLOURS

    def arrays(self, run: Run, *names: str) -> dict[str, np.ndarray]:
        """Return these arrays of a run; raises DamagedData where the file or one of them is missing or unreadable."""
        return _load(self._inside("runs", run.id) / "arrays.npz", names)

    def visited(self, exploration: Exploration) -> np.ndarray:
        """Return the controls that a regime visited (frames, n); raises DamagedData where they cannot be read."""
        return _load(self._inside("explorations", f"{exploration.id}.npz"), ("z",))["z"]

    def contact_sheet(self, exploration: Exploration) -> Path:
        """Return where the contact sheet of a regime would be; worlds that are not drawn have none."""
        return self._inside("explorations", f"{exploration.id}.png")

    def _inside(self, folder: str, name: str) -> Path:
        if Path(name).name != name:
            raise DamagedData(
                f"{self.path / 'results.json'} names {name!r}, which is not the name of a file in {folder}/."
            )
        return self.path / folder / name

    def _series(self, summary: Summary, measured: list[Summary]) -> Series:
        kin = [s for s in measured if s.regime == summary.regime]
        runs = tuple(run for run in self.results.runs if _cell(run) == _cell(summary))
        if not runs:
            raise DamagedData(
                f"{self.path / 'results.json'} sums up {summary.regime!r} but holds no run of it. {AGAIN}"
            )
        exploration = exploration_of(summary, self.results.explorations)
        told = [summary.regime]
        told += [summary.objective] if len({s.objective for s in kin}) > 1 else []
        varying = [k for k in summary.axes if len({str(s.axes.get(k)) for s in kin}) > 1]
        told += [f"{key} {summary.axes[key]}" for key in varying]
        return Series(summary, runs, exploration, ", ".join(told), self.colour(summary.regime))


def read_folder(path: Path) -> ResultsFolder:
    """Read `results.json` of a folder and check it.

    Raises NoResults where there is none (yet), DamagedData where it is unreadable or not what a study writes.
    """
    file = path / "results.json"
    if not path.is_dir():
        raise NoResults(f"{path} is not a folder. Give the folder that `worldprobe run STUDY --out DIR` wrote.")
    if not file.is_file():
        finished = len(list(path.glob("runs/*/run.json")))
        if finished:
            raise NoResults(f"{path} is half done: {finished} finished run(s), but no results.json yet. {AGAIN}")
        raise NoResults(f"{path} has no results.json. Give the folder that `worldprobe run STUDY --out DIR` wrote.")
    try:
        results = Results.model_validate(json.loads(file.read_text(encoding="utf8")))
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise DamagedData(f"{file} is not readable JSON ({fault}). {AGAIN}") from fault
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise DamagedData(
            f"{file} is not what a study writes: {key}: {first['msg']} ({fault.error_count()} fault(s) in all). {AGAIN}"
        ) from fault
    twice = [name for name, times in Counter(run.id for run in results.runs).items() if times > 1]
    if twice:
        raise DamagedData(f"{file} holds the run {twice[0]!r} more than once. {AGAIN}")
    return ResultsFolder(path, results)


def _cell(part: Run | Summary) -> tuple[str, str, str, str, str]:
    return part.world, part.regime, part.objective, part.role, json.dumps(part.axes, sort_keys=True)


def _load(file: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except FileNotFoundError as fault:
        raise DamagedData(f"{file} is missing. {AGAIN}") from fault
    except KeyError as fault:
        raise DamagedData(f"{file} lacks {fault}. {AGAIN}") from fault
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as fault:
        raise DamagedData(f"{file} is not readable ({fault}). Remove it. {AGAIN}") from fault
