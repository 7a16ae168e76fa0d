"""Audits and contact sheets that are made in parts elsewhere are those that are made here; a stand-in for a cluster."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from cli.calling import call
from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.audits import GATES
from worldprobe.errors import InvalidValue
from worldprobe.study import load_study
from worldprobe.study.audit_study import audit_study
from worldprobe.study.contact_sheets import canonical_views, frames_of
from worldprobe.study.engines.parts import PartTask, carry_out_part
from worldprobe.study.engines.remote_views import drawn_elsewhere
from worldprobe.study.engines.task_reports import Made
from worldprobe.study.labels import WORLD
from worldprobe.study.task_graph import Takes, TaskKind
from worldprobe.world.world import WORLDS


class Elsewhere:
    """Has every part made from what can be sent, the last one first."""

    def __init__(self) -> None:
        self.parts: list[PartTask] = []

    def gather(self, title: str, parts: Sequence[PartTask], reporter: Reporter) -> list[Any]:
        self.parts = list(parts)
        found = {}
        for part in reversed(parts):
            made = pickle.loads(pickle.dumps(carry_out_part((), pickle.loads(pickle.dumps(part)))))
            assert isinstance(made, Made)
            found[part.name] = made.found
        return [found[part.name] for part in parts]


def evidence(gates: Any) -> list[Any]:
    return [sorted(gate.evidence) for gate in gates]


@pytest.mark.slow
def test_an_audit_of_a_world_s_explorations_is_the_same(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["audit"] = {"coverage": {"warn": GATES["coverage"].limit.warn}}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    study, elsewhere = load_study(path), Elsewhere()
    here = audit_study(study)
    there = audit_study(study, engine=elsewhere)
    assert [part.name for part in elsewhere.parts] == [WORLD, *study.regimes]
    assert all(part.takes.memory > 1e9 for part in elsewhere.parts)
    assert there == here
    assert evidence(there.gates) == evidence(here.gates)
    assert here.warnings == there.warnings != []


@pytest.mark.slow
def test_an_audit_of_recordings_is_the_same(tmp_path: Path, settings: dict[str, Any]) -> None:
    rng, sources = np.random.default_rng(0), {}
    for label in ("one", "two"):
        file = tmp_path / f"{label}.npz"
        np.savez(file, state=rng.standard_normal((600, 2)).cumsum(0) / 10, episode=np.arange(600) // 50)
        sources[label] = {"recording": str(file)}
    for labels in (["one"], ["one", "two"]):
        path = tmp_path / "study.yaml"
        kept = {key: value for key, value in settings.items() if key not in ("world", "regimes", "references")}
        own = {"sources": {label: sources[label] for label in labels}, "references": {"pixels": False}}
        path.write_text(yaml.safe_dump(kept | own | {"test_points": "heldout"}), encoding="utf8")
        study = load_study(path)
        assert audit_study(study, engine=Elsewhere()) == audit_study(study)


@pytest.mark.parametrize("views", [1, 11])
def test_views_are_the_same(views: int) -> None:
    world, elsewhere = WORLDS["toy-frames"](), Elsewhere()
    z = canonical_views(world, views, 3)
    assert np.array_equal(drawn_elsewhere(world, z, elsewhere, SilentReporter()), frames_of(world, z))
    assert len(elsewhere.parts) == -(-views // 8)


def test_what_a_part_refuses_is_reported_as_such() -> None:
    def refused() -> None:
        raise InvalidValue("frames", 3, "8 or more")

    made = carry_out_part((), PartTask(TaskKind.AUDIT, "a", refused, Takes()))
    assert not isinstance(made, Made)
    assert str(made.error()) == "frames = 3 is not possible: allowed is 8 or more."


@pytest.mark.parametrize("command", [("render", "room"), ("audit", "camera")])
def test_the_engine_of_a_command_is_checked_first(command: tuple[str, ...]) -> None:
    for given, message in ((("--engine", "rey"), "local or ray"), (("--address", "a:1"), "only with --engine ray")):
        done = call(*command, *given)
        assert done.status == 2
        assert message in " ".join(done.err.replace("│", " ").split())


def test_one_recording_is_one_piece_of_work(tmp_path: Path) -> None:
    done = call("audit", "--data", str(tmp_path / "log.npz"), "--engine", "ray")
    assert done.status == 2
    assert "local for one recording" in " ".join(done.err.replace("│", " ").split())
