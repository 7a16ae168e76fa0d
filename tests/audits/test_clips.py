"""Gates on clips unlike the others, on content that no state says, and on frames that are the same."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from audits.logs import names
from worldprobe.audits import Gate, Verdict, audit_frames
from worldprobe.audits.gates.frames.clip_read_out import clips

BENCHMARKS = str(Path(__file__).parents[2] / "benchmarks")


@pytest.fixture(scope="module")
def planted():
    """benchmarks/planted_logs.py; its folder leaves the path again, for it has names that the tests have, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import planted_logs

        yield planted_logs
    sys.modules.pop("planted_logs", None)


def found(planted, shown: np.ndarray, recorded: np.ndarray) -> dict[tuple[str, str], Gate]:
    gates = audit_frames(shown.reshape(-1, *shown.shape[2:]), planted.pairs_of(recorded), names(3))
    return {(gate.gate, gate.subject): gate for gate in gates if gate.verdict is not Verdict.PASS}


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    ("fault", "gate"),
    [
        ("every other clip mirrored", "clips-agree"),
        ("a tenth of the clips with other clips' frames", "foreign-clips"),
        ("left half black", "blind-region"),
        ("a hue of its own in every clip", "hidden-factor"),
        ("a burnt-in counter", "hidden-factor"),
    ],
)
def test_a_fault_of_the_frames_is_named(planted, fault: str, gate: str) -> None:
    rng = np.random.default_rng(0)
    states = planted.walk(rng, 40, 60)
    shown = planted.FRAME_FAULTS[fault][0](rng, planted.frames_of(states))
    assert gate in {kind for kind, _ in found(planted, shown, states)}


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("rho", [0.3, 0.9, 0.99])
def test_frames_of_an_ideal_log_pass(planted, rho: float) -> None:
    states = planted.walk(np.random.default_rng(0), 40, 60, (rho, rho, rho))
    assert found(planted, planted.frames_of(states), states) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "gate"),
    [
        ("two columns swapped in half of the clips", "clips-agree"),
        ("one sign flipped in half of the clips", "clips-agree"),
        ("offsets of .5 sd per episode in the record", "clip-offset"),
    ],
)
def test_a_fault_of_the_record_is_named_by_its_frames(planted, fault: str, gate: str) -> None:
    true, recorded = planted.STATE_FAULTS[fault].make(np.random.default_rng(0))
    assert gate in {kind for kind, _ in found(planted, planted.frames_of(true[:30]), recorded[:30])}


@pytest.mark.slow
def test_the_share_of_foreign_frames_is_what_was_planted(planted) -> None:
    rng = np.random.default_rng(1)
    states = planted.walk(rng, 40, 60)
    shown = planted.FRAME_FAULTS["a tenth of the clips with other clips' frames"][0](rng, planted.frames_of(states))
    assert found(planted, shown, states)["foreign-clips", "frames"].value == pytest.approx(0.1, abs=0.03)


@pytest.mark.slow
def test_what_is_readable_does_not_depend_on_where_the_log_stands_still(planted) -> None:
    """The last third hardly moves: what is read there is divided by the variance of all rows that are read."""
    states = planted.walk(np.random.default_rng(0), 40, 60)
    states[27:] *= 0.02
    gates = audit_frames(planted.frames_of(states).reshape(-1, 16, 16, 3), planted.pairs_of(states), names(3))
    assert all(gate.value > 0.8 for gate in gates if gate.gate == "readable")


def test_long_stretches_are_cut_into_blocks_and_short_clips_are_not() -> None:
    one = clips(np.ones(5999, dtype=bool))
    assert np.bincount(one).tolist() == [100] * 60
    short = np.ones(599, dtype=bool)
    short[9::10] = False
    assert np.bincount(clips(short)).tolist() == [10] * 60
