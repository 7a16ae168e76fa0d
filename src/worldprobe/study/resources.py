"""What the cells of one study share while it is executed: its folder, its frames, its device."""

from __future__ import annotations

from worldprobe._util.progress import Reporter
from worldprobe.datasets import Store
from worldprobe.results import Prediction
from worldprobe.study.cells import Cell, ExplorationCell
from worldprobe.study.planning_benchmark import StudyTrial
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_frames import Clock, StudyFrames
from worldprobe.study.study_plan import StudyPlan
from worldprobe.study.study_progress import StudyProgress
from worldprobe.train import PairSource


class Resources:
    """Frames are rendered, and planning trials prepared, when a cell first asks for them."""

    def __init__(
        self, plan: StudyPlan, folder: StudyFolder, store: Store, reporter: Reporter, progress: StudyProgress
    ) -> None:
        self.plan, self.variants, self.device = plan, plan.variants, plan.device
        self.folder, self.store, self.reporter, self.progress = folder, store, reporter, progress
        self.clock = Clock()
        self.trials: dict[str, StudyTrial] = {}
        self.predictions: dict[str, dict[str, Prediction]] = {}
        self._frames: dict[int, StudyFrames] = {}
        self._pairs: dict[str, PairSource] = {}

    def frames(self, cell: Cell | ExplorationCell) -> StudyFrames:
        """Return the frames of the study at a cell's point."""
        study = self.variants.at(cell.axes)
        if id(study) not in self._frames:
            frames = StudyFrames(study, self.store, self.reporter, self.clock, self.progress, self._pairs, self.device)
            self._frames[id(study)] = frames
        return self._frames[id(study)]

    def forget_pairs(self) -> None:
        """Release the training frames that are held in memory."""
        self._pairs.clear()
