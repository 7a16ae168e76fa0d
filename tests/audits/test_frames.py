"""The gates on recorded frames: what is out of step, dropped, unreadable or trained on is named."""

from __future__ import annotations

import numpy as np
import pytest

from audits.logs import names
from toy import PLANE, ToyVectors, ToyWorld
from worldprobe.audits import Gate, Verdict, audit_frames
from worldprobe.audits.gates.frames.frames_match_states import same_stretch
from worldprobe.errors import InvalidValue
from worldprobe.explore import Gaussian, Pairs

NAMES = ["x", "y"]


def recorded(frames: int = 4000, rho: float = 0.8, clip: int = 16) -> tuple[np.ndarray, Pairs]:
    pairs = Gaussian(rho=rho, clip=clip).sample(frames, PLANE, np.random.default_rng(0))
    return ToyWorld().observe(pairs.controls), pairs


def bad(gates: list[Gate]) -> dict[tuple[str, str], Gate]:
    return {(gate.gate, gate.subject): gate for gate in gates if gate.verdict is not Verdict.PASS}


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    ("frames", "rho", "clip"), [(4000, 0.8, 16), (3000, 0.3, 2), (9000, 0.95, 60), (4000, 0.99, 400)]
)
def test_frames_in_step_raise_no_alarm(frames: int, rho: float, clip: int) -> None:
    shown, pairs = recorded(frames, rho, clip)
    gates = audit_frames(shown, pairs, NAMES)
    assert bad(gates) == {}
    always = {"in-step", "dropped-frames", "readable", "weak-cue", "hidden-factor", "blind-region"}
    assert {gate.gate for gate in gates} - {"clips-agree", "foreign-clips", "clip-offset"} == always


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("late", [-1, 1, 2])
@pytest.mark.parametrize(("rho", "clip"), [(0.8, 16), (0.97, 200)])
def test_frames_that_are_late_are_named_with_their_shift(late: int, rho: float, clip: int) -> None:
    """Frame i shows the controls of moment i - late."""
    shown, pairs = recorded(rho=rho, clip=clip)
    gates = audit_frames(np.roll(shown, late, axis=0), pairs, NAMES)
    gate = bad(gates)["in-step", "frames"]
    assert gate.verdict is Verdict.FAIL
    assert gate.value == abs(late)
    assert gate.evidence["shift"] == -late
    assert ("later" if late < 0 else "earlier") in gate.advice


@pytest.mark.slow
def test_independent_pairs_out_of_step_are_named_too() -> None:
    shown, pairs = recorded(6000, 0.3, 2)
    assert bad(audit_frames(np.roll(shown, 1, axis=0), pairs, NAMES))["in-step", "frames"].evidence["shift"] == -1


@pytest.mark.slow
def test_dropped_frames_are_named() -> None:
    shown, pairs = recorded()
    for i in range(7, len(shown), 25):
        shown[i] = shown[i - 1]
    assert bad(audit_frames(shown, pairs, NAMES))["dropped-frames", "frames"].value == pytest.approx(0.04, abs=0.01)


@pytest.mark.slow
def test_frames_of_another_recording_are_unreadable() -> None:
    shown, pairs = recorded()
    shuffled = shown[np.random.default_rng(1).permutation(len(shown))]
    found = bad(audit_frames(shuffled, pairs, NAMES))
    assert found["readable", "x"].verdict is found["readable", "y"].verdict is Verdict.FAIL


@pytest.mark.slow
def test_test_frames_that_were_trained_on_are_named() -> None:
    shown, pairs = recorded()
    fresh = ToyWorld().observe(np.random.default_rng(3).standard_normal((500, 2)))
    assert bad(audit_frames(shown, pairs, NAMES, test_frames=fresh)) == {}
    mixed = np.concatenate([fresh, shown[:100]])
    gate = bad(audit_frames(shown, pairs, NAMES, test_frames=mixed))["test-overlap", "test frames"]
    assert gate.value == pytest.approx(1 / 6)


def test_vectors_are_audited_like_frames() -> None:
    pairs = Gaussian(rho=0.8, clip=16).sample(4000, PLANE, np.random.default_rng(0))
    seen = ToyVectors().observe(pairs.controls)
    assert bad(audit_frames(seen, pairs, NAMES)) == {}
    assert ("in-step", "frames") in bad(audit_frames(np.roll(seen, 1, axis=0), pairs, NAMES))


def test_a_stretch_reaches_from_the_first_member_of_a_pair_to_the_last() -> None:
    """Pairs (0, 2) and (1, 3) join frames 0 to 3; (5, 6) joins two; (0, 200) is no stretch of recording."""
    index = np.array([[0, 2], [1, 3], [6, 5], [0, 200]])
    joined = same_stretch(index, 201)
    assert np.flatnonzero(joined).tolist() == [0, 1, 2, 5]


@pytest.mark.slow
@pytest.mark.thorough
def test_frames_are_read_all_along_the_recording() -> None:
    """The first 6,000 frames belong to their states and the other 18,000 are shuffled."""
    shown, pairs = recorded(24_000, rho=0.9, clip=200)
    assert bad(audit_frames(shown, pairs, NAMES)) == {}
    shown[6000:] = shown[6000:][np.random.default_rng(1).permutation(18_000)]
    failing = {gate.gate for gate in bad(audit_frames(shown, pairs, NAMES)).values() if gate.verdict is Verdict.FAIL}
    assert failing & {"in-step", "readable"}


class Counted:
    """Frames that are only ever asked for by rows, and never many at a time."""

    def __init__(self, frames: np.ndarray) -> None:
        self.frames, self.rows = frames, np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.frames)

    def read(self, rows: np.ndarray) -> np.ndarray:
        assert len(rows) <= 500
        self.rows = np.concatenate([self.rows, rows])
        return self.frames[rows]


@pytest.mark.slow
def test_a_reader_gives_the_same_gates_and_is_read_in_stretches() -> None:
    shown, pairs = recorded(9000)
    shown[4000] = shown[3999]
    reader = Counted(shown)
    assert audit_frames(reader, pairs, NAMES) == audit_frames(shown, pairs, NAMES)
    assert len(np.unique(reader.rows)) == len(reader.rows) == 6000
    assert (reader.rows.min(), reader.rows.max()) == (0, 8999)


def test_frames_and_controls_must_be_equally_many() -> None:
    shown, pairs = recorded(400)
    with pytest.raises(InvalidValue, match="as many as rows"):
        audit_frames(shown[1:], pairs, NAMES)
    with pytest.raises(InvalidValue, match="one name for each"):
        audit_frames(shown, pairs, names(3))


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("shape", [(16, 16), (16, 1024), (3, 500)])
@pytest.mark.parametrize("kind", ["black", "one picture", "one picture at first", "noise"])
def test_frames_of_any_shape_and_frames_that_never_change_are_a_finding(
    rng: np.random.Generator, shape: tuple[int, int], kind: str
) -> None:
    frames = rng.integers(0, 256, (600, *shape, 3), dtype=np.uint8)
    if kind != "noise":
        frames[: 600 if kind != "one picture at first" else 450] = 0 if kind == "black" else frames[0]
    z = rng.standard_normal((600, 2))
    pairs = Pairs(z, np.stack([np.arange(599), np.arange(1, 600)], axis=1))
    found = {gate.gate: gate for gate in audit_frames(frames, pairs, ["x", "y"])}
    assert found["readable"].verdict is Verdict.FAIL
    assert (found["dropped-frames"].verdict is Verdict.FAIL) == (kind != "noise")
    assert found["dropped-frames"].advice.startswith("The frames never change") == (kind in ("black", "one picture"))
