"""Reading a results folder: what the report may know, and clear errors for a folder that is not whole."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from worldprobe.errors import DamagedData
from worldprobe.reports.wording import ROLES, VECTOR_ROLES, at
from worldprobe.results import Exploration, Results, Run, Summary, exploration_of
from worldprobe.results.condition_colours import condition_colour
from worldprobe.results.reading import AGAIN, load_results


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
        return [control.name for control in self.results.controls]

    @cached_property
    def series(self) -> list[Series]:
        """The measured series, in the study's order, each condition (regime and objective) with its own colour."""
        return [self._series(s, self.runs_of(s)) for s in self._measured]

    @property
    def references(self) -> list[Summary]:
        """The summaries of floors and ceilings: untrained encoder, raw pixels, supervised."""
        return [s for s in self.results.summary if s.role != "measured"]

    def runs_of(self, summary: Summary) -> list[Run]:
        """Return the runs that a summary sums up, in the order of their seeds."""
        return self._runs.get(_cell(summary), [])

    @cached_property
    def swept(self) -> bool:
        """Whether any measured condition has more than one point: then the study is a sweep."""
        conditions = {(s.regime, s.objective): 0 for s in self._measured}
        for s in self._measured:
            conditions[s.regime, s.objective] += 1
        return any(points > 1 for points in conditions.values())

    def colour(self, regime: str, objective: str | None = None) -> int:
        """Return the number of the colour of a regime under an objective, the same in every picture."""
        return condition_colour(self.results.summary, regime, objective)

    def named(self, regime: str, objective: str) -> str:
        """Return the name of a condition: its regime, its objective or both, whichever tells it from the others."""
        pairs = {(s.regime, s.objective) for s in self._measured}
        several = len({r for r, _ in pairs}) > 1, len({o for r, o in pairs if r == regime}) > 1
        named = [name for name, needed in zip((regime, objective), several, strict=True) if needed]
        return ", ".join(named) or regime

    def explored(self, exploration: Exploration) -> str:
        """Return the name of an exploration: its regime, and its point where the study is a sweep."""
        alone = len({e.label for e in self.results.explorations}) == 1
        named = at(exploration.axes) if self.swept else ""
        return named if named and alone else ", ".join(filter(None, [exploration.label, named]))

    @cached_property
    def drawn(self) -> bool:
        """Whether the world is drawn: its observations are frames, of which there are contact sheets."""
        return any(self.contact_sheet(e).is_file() for e in self.results.explorations)

    def role(self, role: str) -> str:
        """Return what a floor or ceiling is called."""
        return (ROLES if self.drawn else ROLES | VECTOR_ROLES).get(role, role)

    def arrays(self, run: Run, *names: str) -> dict[str, np.ndarray]:
        """Return these arrays of a run; raises DamagedData where the file or one of them is missing or unreadable."""
        return _load(self._inside("runs", run.id) / "arrays.npz", names)

    def visited(self, exploration: Exploration) -> np.ndarray:
        """Return the controls that a regime visited (frames, n); raises DamagedData where they cannot be read."""
        return _load(self._inside("explorations", f"{exploration.id}.npz"), ("z",))["z"]

    def contact_sheet(self, exploration: Exploration) -> Path:
        """Return where the contact sheet of a regime would be; worlds that are not drawn have none."""
        return self._inside("explorations", f"{exploration.id}.png")

    def true_frames(self, exploration: Exploration) -> Path:
        """Return where a few of a regime's frames would be, at the size at which the encoder saw them."""
        return self._inside("explorations", f"{exploration.id}.frames.png")

    def has_arrays(self, run: Run) -> bool:
        """Whether a run's arrays are there."""
        return (self._inside("runs", run.id) / "arrays.npz").is_file()

    def film(self, run: Run) -> Path:
        """Return where the film of a run's planned path would be; only studies that plan in a drawn world have any."""
        return self._inside("runs", run.id) / "plan.png"

    def _inside(self, folder: str, name: str) -> Path:
        if Path(name).name != name:
            raise DamagedData(
                f"{self.path / 'results.json'} names {name!r}, which is not the name of a file in {folder}/."
            )
        return self.path / folder / name

    @cached_property
    def _measured(self) -> list[Summary]:
        return [s for s in self.results.summary if s.role == "measured"]

    @cached_property
    def _runs(self) -> dict[Cell, list[Run]]:
        found: dict[Cell, list[Run]] = {}
        for run in self.results.runs:
            found.setdefault(_cell(run), []).append(run)
        return found

    def _series(self, summary: Summary, runs: list[Run]) -> Series:
        if not runs:
            raise DamagedData(
                f"{self.path / 'results.json'} sums up {summary.regime!r} but holds no run of it. {AGAIN}"
            )
        kin = [s for s in self._measured if s.regime == summary.regime]
        varying = {k: v for k, v in summary.axes.items() if len({str(s.axes.get(k)) for s in kin}) > 1}
        condition, point = self.named(summary.regime, summary.objective), at(varying)
        alone = len({(s.regime, s.objective) for s in self._measured}) == 1
        label = point if point and alone else ", ".join(filter(None, [condition, point]))
        exploration = exploration_of(summary, self.results.explorations)
        return Series(summary, tuple(runs), exploration, label, self.colour(summary.regime, summary.objective))


def read_folder(path: Path) -> ResultsFolder:
    """Read the results in a folder, of a half-finished one those of its finished runs.

    Raises NoResults where there are none (yet), DamagedData where a file is unreadable or not what a study writes.
    """
    return ResultsFolder(path, load_results(path))


Cell = tuple[str, str, str, str, str]


def _cell(part: Run | Summary) -> Cell:
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
