"""The planning benchmark of a study: every encoder solves the same tasks, and one path of each is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from worldprobe.planning import Benchmark, Encode, Findings, JointPredictor, PlanningSettings, TrainedEncoder
from worldprobe.results import ORACLE, Planned
from worldprobe.study.contact_sheets import enlarged_frames, sheet
from worldprobe.study.trained_network import trained_network
from worldprobe.train import embed
from worldprobe.world import World

FILM_FRAMES = 8


class StudyTrial:
    """The benchmark of one world's encoders, and the oracle that all of them are compared with."""

    def __init__(self, world: World, settings: PlanningSettings) -> None:
        self.trial = Benchmark(world, settings)

    def evaluate(
        self, encode: Encode, joint: JointPredictor | None = None
    ) -> tuple[Planned, dict[str, np.ndarray], Image.Image | None]:
        """Return an encoder's planning results, its paths, and a strip of frames along one of them and the oracle's."""
        found = self.trial.evaluate(encode, joint)
        paths = {f"plan_{name}": r.paths.astype(np.float32) for name, r in found.reaching.items()}
        lines = {f"plan_lines_{points}": lines.paths.astype(np.float32) for points, lines in found.lines.items()}
        return found.planned, lines | paths, self._film(found)

    def _film(self, found: Findings) -> Image.Image | None:
        """Draw the task of median length: the oracle's path above, the planned one below, evenly in what was walked."""
        world, tasks = self.trial.world, self.trial.tasks
        if len(world.observation_shape) != 3:
            return None
        task = int(np.argsort(tasks.straight)[len(tasks.straight) // 2])
        last = self.trial.settings.transitions[-1]
        rows = [found.reaching[ORACLE].paths[task], found.reaching[last].paths[task]]
        z = np.concatenate([_evenly(path, FILM_FRAMES) for path in rows])
        return sheet(enlarged_frames(world, z), FILM_FRAMES)


def trained_encoder(folder: Path, run_id: str, device: str = "cpu") -> TrainedEncoder:
    """Return the encoder that a run of a study trained, with the world that it belongs to, for planning.

    Raises NoResults where the folder holds no study or the run is not finished, UnknownName for a run that the study
    does not train.
    """
    encoder, here = trained_network(folder, run_id, device)
    return TrainedEncoder.of(lambda observations: embed(encoder, observations), here.known_world("planning"))


def _evenly(path: np.ndarray, frames: int) -> np.ndarray:
    """Return places along a path, evenly in its length: a planner that rests early does not fill the film."""
    walked = np.concatenate([[0.0], np.linalg.norm(np.diff(path, axis=0), axis=1).cumsum()])
    at = np.linspace(0.0, walked[-1], frames)
    return np.stack([np.interp(at, walked, column) for column in path.T], axis=1)
