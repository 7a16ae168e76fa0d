"""The work of a study as tasks: what each needs, what it is charged for, what it takes of a machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import worldprobe
from worldprobe import errors
from worldprobe.errors import InvalidValue, NotEnoughRoom, UnwritableFolder, WorldprobeError
from worldprobe.study import load_study
from worldprobe.study.cells import RunRole
from worldprobe.study.engines.cluster_checks import Answer, Node, check_tasks, judge
from worldprobe.study.engines.task_reports import TaskRefused
from worldprobe.study.study_folder import StudyFolder
from worldprobe.study.study_plan import plan_study
from worldprobe.study.task_graph import TaskKind, tasks_of

NODE = Node("0", "worker-1", cores=4, gpus=0, memory=64e9)
ROOM = 10 << 30


def test_every_run_and_exploration_is_in_one_task_after_the_data_that_it_reads(tmp_path: Path) -> None:
    plan = plan_study(load_study("lambda-rho-grid", [], "smoke"), "cpu")
    tasks = tasks_of(plan, StudyFolder(tmp_path))
    assert [run for task in tasks if task.kind is TaskKind.RUNS for run in task.ids] == [
        cell.id for group in plan.groups for cell in group
    ]
    explored = [task.ids[0] for task in tasks if task.kind is TaskKind.EXPLORATION]
    assert explored == [cell.id for cell in plan.explorations]
    for place, task in enumerate(tasks):
        assert all(need < place and tasks[need].kind is TaskKind.FRAMES for need in task.needs)
    titles = [task.name for task in tasks if task.kind is TaskKind.FRAMES]
    # Pairs are drawn afresh: no training set. Two regimes, and what all are measured on, each rendered once.
    assert sorted(titles) == ["canonical probe", "canonical test", "gaussian heldout", "gaussian heldout"]


def test_a_data_set_is_charged_to_the_first_group_that_reads_it(tmp_path: Path) -> None:
    plan = plan_study(load_study("camera", [], "smoke"), "cpu")
    groups = [task for task in tasks_of(plan, StudyFolder(tmp_path)) if task.kind is TaskKind.RUNS]
    charged = [place for task in groups for place in task.needs[: task.charged]]
    assert len(groups) > 1
    assert len(charged) == len(set(charged))
    assert set(charged) == {place for task in groups for place in task.needs}


def test_only_trainings_take_a_share_of_a_gpu(tmp_path: Path) -> None:
    plan = plan_study(load_study("camera", [], "smoke"), torch.device("cuda"))
    for task in tasks_of(plan, StudyFolder(tmp_path), gpu_share=0.25):
        assert task.takes.gpus == (0.25 if task.kind is TaskKind.RUNS else 0)
        assert task.takes.cores == plan.study.training.threads
        assert task.takes.memory > 1e9


def test_a_task_that_no_machine_has_room_for_is_refused(tmp_path: Path) -> None:
    tasks = tasks_of(plan_study(load_study("camera", [], "smoke"), torch.device("cuda")), StudyFolder(tmp_path))
    check_tasks(tasks, [NODE, Node("1", "gpu-1", cores=8, gpus=1, memory=64e9)])
    with pytest.raises(NotEnoughRoom, match=r"1 of a GPU.*worker-1: 4, 0 GPUs, 64\.0 GB"):
        check_tasks(tasks, [NODE])
    with pytest.raises(NotEnoughRoom, match="of memory"):
        check_tasks(tasks, [Node("1", "gpu-1", cores=8, gpus=1, memory=1e8)])


def answer(**changed: object) -> Answer:
    given = {"version": worldprobe.__version__, "probes": {"/shared/.p": "t"}, "unwritable": {}}
    return Answer(**given | {"free": {"/shared/.p": ROOM}} | changed)  # type: ignore[arg-type]


def test_a_machine_is_judged_by_its_answer() -> None:
    judge(NODE, answer(), "t")
    with pytest.raises(WorldprobeError, match=rf"worker-1 has worldprobe 0\.0\.9, .* {worldprobe.__version__}"):
        judge(NODE, answer(version="0.0.9"), "t")
    with pytest.raises(WorldprobeError, match="worker-1 has no worldprobe"):
        judge(NODE, answer(version=None), "t")
    for seen in (None, "another"):
        with pytest.raises(WorldprobeError, match="worker-1 does not see /shared"):
            judge(NODE, answer(probes={"/shared/.p": seen}), "t")
    with pytest.raises(UnwritableFolder, match=r"/shared on worker-1: Read-only"):
        judge(NODE, answer(unwritable={"/shared/.p": "Read-only file system"}), "t")
    with pytest.raises(NotEnoughRoom, match="worker-1 has 1 MB free in /shared"):
        judge(NODE, answer(free={"/shared/.p": 1 << 20}), "t")


def test_what_a_worker_refuses_is_raised_as_it_was() -> None:
    try:
        raise InvalidValue("frames", 3, "8 or more")
    except WorldprobeError as error:
        sent = TaskRefused(type(error).__name__, str(error))
    found = sent.error()
    assert isinstance(found, InvalidValue)
    assert str(found) == "frames = 3 is not possible: allowed is 8 or more."
    assert type(TaskRefused("Elsewhere", "No.").error()) is errors.WorldprobeError


def test_references_are_tasks_like_others(tmp_path: Path) -> None:
    plan = plan_study(load_study("camera", [], "smoke"), "cpu")
    alone = {cell.id for cell in plan.runs if cell.role in (RunRole.PIXELS, RunRole.FLOOR)}
    tasks = tasks_of(plan, StudyFolder(tmp_path))
    assert alone <= {run for task in tasks if task.kind is TaskKind.RUNS for run in task.ids}
