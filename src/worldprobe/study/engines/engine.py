"""What executes the work of a plan somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, runtime_checkable

import torch

from worldprobe.datasets import Store
from worldprobe.study.resources import Resources
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import StudyPlan


@runtime_checkable
class Engine(Protocol):
    """Open while a study is executed; it gives the same results as every other one."""

    def __enter__(self) -> Engine:
        """Reach the machines that will do the work; raises WorldprobeErrors where they cannot be reached."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave them free."""

    def device(self, name: str) -> torch.device:
        """Return the device that "auto", "cpu" or "cuda" is there; raises InvalidValue where it is not."""

    def check(self, plan: StudyPlan, folder: StudyFolder, store: Store) -> None:
        """Raise WorldprobeErrors, before any work, for what cannot be done there."""

    def carry_out(self, resources: Resources) -> Iterator[None]:
        """Do what is not finished of the plan, and give control back whenever runs are finished."""
