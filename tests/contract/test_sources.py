"""Every source keeps the contract that ships; one that breaks it is told what and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sources.dots import write_dots
from toy import ToyVectors, ToyWorld
from worldprobe.contracts.promise import ContractBroken
from worldprobe.contracts.source_contract import check_source
from worldprobe.explore import REGIMES
from worldprobe.recordings import Recording, read_recording
from worldprobe.sources import Canonical, Grid, Joint, Recorded, Sample, Simulated, Source
from worldprobe.study.open_sources import pooled


def log(folder: Path, episodes: int, rows: int = 12, *, seed: int = 0, **more: np.ndarray) -> Recording:
    path = write_dots(folder / f"{episodes}-{seed}.npz", episodes, rows, seed=seed, **more)
    return read_recording(path, states=["state"], episode="episode")


def shared(folder: Path) -> dict[str, Source]:
    logs = [log(folder, 40), log(folder, 60, seed=1)]
    controls = pooled(logs)
    return {"a": Recorded(logs[0], size=16, shared=controls), "b": Recorded(logs[1], size=16, shared=controls)}


def beside_a_world(folder: Path) -> dict[str, Source]:
    """A recording of the toy world's own controls, and the world explored."""
    world = ToyWorld()
    z = np.random.default_rng(0).standard_normal((600, len(world.controls))).astype(np.float32)
    columns = {control.name: control.physical(z[:, k]) for k, control in enumerate(world.controls)}
    np.savez(folder / "toy.npz", pixels=world.observe(z), episode=np.arange(600) // 10, **columns)
    recording = read_recording(folder / "toy.npz", states=list(columns), episode="episode")
    return {
        "log": Recorded(recording, size=16, shared=world.controls),
        "drawn": Simulated(world, REGIMES["gaussian"]()),
    }


SOURCES: dict[str, Callable[[Path], Source]] = {
    "frames": lambda _: Simulated(ToyWorld(), REGIMES["gaussian"]()),
    "vectors": lambda _: Simulated(ToyVectors(), REGIMES["narrow"]()),
    "clips": lambda _: Simulated(ToyWorld(), REGIMES["gaussian"](clip=8)),
    "canonical": lambda _: Canonical(ToyWorld()),
    "grid": lambda _: Grid(ToyVectors()),
    "many episodes": lambda folder: Recorded(log(folder, 40)),
    "a stride": lambda folder: Recorded(log(folder, 40), stride=5),
    "one episode": lambda folder: Recorded(log(folder, 1, 2000)),
    "actions": lambda folder: Recorded(log(folder, 40, action=np.ones((480, 2)) * np.arange(480)[:, None])),
    "shared controls": lambda folder: shared(folder)["b"],
    "two recordings": lambda folder: Joint(shared(folder)),
    "a recording and a world": lambda folder: Joint(beside_a_world(folder)),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_keeps_its_contract(name: str, tmp_path: Path) -> None:
    assert len(check_source(SOURCES[name](tmp_path)).kept) == 8


@pytest.mark.parametrize("label", ["log", "drawn"])
def test_a_recording_beside_a_world_has_the_world_s_controls(label: str, tmp_path: Path) -> None:
    assert beside_a_world(tmp_path)[label].controls == ToyWorld().controls


def test_a_joint_test_set_has_as_many_rows_of_each_and_their_own_frames(tmp_path: Path) -> None:
    sources = shared(tmp_path)
    joint = Joint(sources)
    sample = joint.sample("test", 1000, 0)
    own = [source.sample("test", 48, 0) for source in sources.values()]
    assert np.array_equal(sample.controls, np.concatenate([part.controls for part in own]))
    frames = joint.frames(sample, np.array([50, 3]))
    assert np.array_equal(frames[0], sources["b"].frames(own[1], np.array([2]))[0])
    assert np.array_equal(frames[1], sources["a"].frames(own[0], np.array([3]))[0])
    assert len(np.unique(sample.blocks)) == sum(len(np.unique(part.blocks)) for part in own)


@dataclass(frozen=True, eq=False)
class Faulty(Recorded):
    """A recording with one fault."""

    fault: str = ""

    def sample(self, split: str, frames: int | None, seed: int) -> Sample:  # type: ignore[override]
        found = super().sample("train" if self.fault == "splits" else split, frames, seed)  # type: ignore[arg-type]
        if self.fault == "across":
            found.pairs.index[-1:] = [0, len(found) - 1]
        return found

    def frames(self, sample: Sample, rows: np.ndarray) -> np.ndarray:
        if self.fault == "by state":
            rows = np.array([int(np.argmin(np.abs(sample.controls - sample.controls[row]).sum(1))) for row in rows]) + 0
            return super().frames(sample, np.sort(rows))
        return super().frames(sample, rows)


@pytest.mark.parametrize(
    ("fault", "found"),
    [("splits", "train and heldout share"), ("across", "a pair across"), ("by state", "alone than in a batch")],
)
def test_a_broken_promise_says_what_was_found(fault: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match=found):
        check_source(Faulty(log(tmp_path, 40), fault=fault))
