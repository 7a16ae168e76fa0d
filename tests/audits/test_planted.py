"""Every planted fault is named by its gate and its subject, and nothing unrelated fails beside it."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.spatial import cKDTree

from audits.logs import changed, clean, draw, names
from worldprobe.audits import Gate, Verdict, audit_regime
from worldprobe.audits.gates.exploration.sample_size import smallest_distances
from worldprobe.explore import Gaussian, GeneralisedNormal, Jumps, Narrow, Pairs

pytestmark = pytest.mark.thorough


def failing(gates: list[Gate]) -> set[tuple[str, str]]:
    return {(gate.gate, gate.subject) for gate in gates if gate.verdict is Verdict.FAIL}


def dead() -> Pairs:
    return changed(clean(), 1, 0.0)


def clipped() -> Pairs:
    pairs = clean()
    return changed(pairs, 1, np.clip(pairs.controls[:, 1], -1.5, 1.5))


def reseeded() -> Pairs:
    """Every batch of 500 frames is drawn by a generator with the same seed."""
    batch = clean(frames=500, clip=2).controls
    controls = np.concatenate([batch] * 20)
    return Pairs(controls, np.arange(len(controls)).reshape(-1, 2))


def drifting() -> Pairs:
    pairs = clean()
    return changed(pairs, 1, pairs.controls[:, 1] + np.linspace(-3.0, 3.0, len(pairs.controls)))


def anisotropic() -> Pairs:
    return draw(Gaussian(rho={"c0": 0.9, "c1": 0.6, "c2": 0.9}, clip=8))


def heavy_tailed() -> Pairs:
    pairs = clean()
    heavy = draw(GeneralisedNormal(alpha=0.5, rho=0.7, pairing="siblings"), n=1, frames=len(pairs.controls))
    pairs = clean(clip=2)
    return changed(pairs, 1, heavy.controls[:, 0])


def teleporting() -> Pairs:
    return draw(Jumps(p=0.3, rho=0.95, clip=8))


def narrow() -> Pairs:
    return draw(Narrow(scale=0.2, clip=8))


def few() -> Pairs:
    return clean(frames=3000, rho=0.99, clip=300)


def entangled() -> Pairs:
    """c1 is a square of c0 for the most part: uncorrelated, and far from independent."""
    pairs = clean()
    square = (pairs.controls[:, 0] ** 2 - 1.0) / np.sqrt(2.0)
    return changed(pairs, 1, 0.9 * square + 0.436 * pairs.controls[:, 1])


def sided() -> Pairs:
    """The noise of c1 is twenty times as large above 0 as below: the step depends on where it starts."""
    pairs = clean(clip=2)
    z = pairs.controls[:, 1].copy()
    noise = np.random.default_rng(1).standard_normal(len(z) // 2)
    z[1::2] = 0.7 * z[::2] + np.where(z[::2] > 0.0, 1.0, 0.05) * noise
    return changed(pairs, 1, z)


def paused() -> Pairs:
    """Two of three pairs are twice the same state."""
    pairs = clean(clip=2)
    controls = pairs.controls.copy()
    still = np.arange(0, len(controls) // 2) % 3 > 0
    controls[1::2][still] = controls[::2][still]
    return Pairs(controls, pairs.index)


def unrelated() -> Pairs:
    return clean(rho=0.01, clip=2)


def swinging() -> Pairs:
    """Every step leads to the other side: a square of the control changes less than the control."""
    return clean(rho=-0.6, clip=8)


FAULTS: list[tuple[Callable[[], Pairs], tuple[str, str], set[str]]] = [
    (dead, ("dead-control", "c1"), set()),
    (clipped, ("bounded", "c1"), {"gaussian-control"}),
    (reseeded, ("repeats", "all controls"), {"hole"}),
    (drifting, ("stationary-log", "c1"), set()),
    (anisotropic, ("isotropy", "c1"), {"spectral-gap"}),
    (heavy_tailed, ("gaussian-control", "c1"), {"gaussian-joint", "spectral-gap", "jumps"}),
    (teleporting, ("jumps", "all controls"), set()),
    (narrow, ("coverage", "c1"), {"coverage"}),
    (few, ("effective-samples", "c1"), {"effective-samples"}),
    (
        entangled,
        ("independent-controls", "c1"),
        {"gaussian-control", "gaussian-joint", "spectral-gap", "isotropy", "hole"},
    ),
    (sided, ("additive-noise", "c1"), {"stationary-pair", "gaussian-control", "gaussian-joint", "spectral-gap"}),
    (paused, ("standing-still", "all controls"), set()),
    (unrelated, ("pairs-related", "c1"), {"isotropy", "enough-pairs"}),
    (swinging, ("pairs-related", "c1"), {"spectral-gap"}),
]


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(("plant", "named", "beside"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_planted_fault_is_named_and_nothing_unrelated_fails(
    plant: Callable[[], Pairs], named: tuple[str, str], beside: set[str]
) -> None:
    gates = audit_regime(plant(), names(3))
    found = failing(gates)
    assert named in found or (named[0] == "effective-samples" and {gate for gate, _ in found} == {named[0]})
    assert {gate for gate, _ in found} <= beside | {named[0]}
    for gate in gates:
        assert (gate.advice == "") == (gate.verdict is Verdict.PASS)
        assert gate.because


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("kind", ["exact", "near"])
def test_a_test_set_that_overlaps_training_is_named(kind: str) -> None:
    """Exact: a twentieth of the test states were trained on. Near: every tenth frame of a slow log is a test frame."""
    n = 5
    if kind == "exact":
        train = clean(n)
        test = np.random.default_rng(5).standard_normal((2000, n)).astype(np.float32)
        test[::20] = train.controls[:2000:20]
    else:
        whole = clean(n, frames=10_000, rho=0.999, clip=50)
        test = whole.controls[::10]
        rest = np.delete(whole.controls, np.s_[::10], axis=0)
        train = Pairs(rest, np.arange(len(rest) - 1)[:, None] + np.array([0, 1]))
    gates = audit_regime(train, names(n), test=test)
    assert ("test-overlap", "test set") in failing(gates)


@pytest.mark.slow
def test_a_test_set_of_a_stream_of_its_own_does_not_overlap() -> None:
    test = np.random.default_rng(5).standard_normal((2000, 3)).astype(np.float32)
    [gate] = [gate for gate in audit_regime(clean(), names(3), test=test) if gate.gate == "test-overlap"]
    assert gate.verdict is Verdict.PASS


@pytest.mark.slow
def test_clean_logs_raise_no_alarm() -> None:
    """Ten studies of different seeds, sizes, rho and clips: no fail; a warning only where draws are really few."""
    for seed in range(10):
        rng = np.random.default_rng(1000 + seed)
        n, clip = int(rng.integers(2, 7)), int(rng.choice([2, 2, 4, 8, 16]))
        frames, rho = int(np.exp(rng.uniform(np.log(4000), np.log(100_000)))), float(rng.uniform(0.3, 0.95))
        pairs = clean(n, frames, rho, clip, seed)
        test = rng.standard_normal((1000, n))
        lags = np.arange(1, clip)
        draws = frames / (1.0 + 2.0 * np.sum(rho**lags * (1.0 - lags / clip)))
        for gate in audit_regime(pairs, names(n), test=test):
            if gate.gate == "effective-samples":
                assert 0.5 * draws < gate.value < 1.3 * draws
            if gate.gate == "enough-pairs" and rho**1.5 * len(pairs.index) / (65 * n) < 2.2:
                assert gate.verdict is Verdict.WARN
                continue
            assert gate.verdict is Verdict.PASS, (seed, n, rho, clip, frames, gate)


@pytest.mark.slow
def test_a_discrete_control_that_is_stationary_is_not_said_to_drift() -> None:
    """A gripper, open in a tenth of the rows: halves, eighths and pair members have one distribution, ties and all."""
    rng = np.random.default_rng(0)
    grip = (rng.random(2000) < 0.1).repeat(10).astype(np.float32)
    walk = clean(1, frames=20_000, rho=0.8, clip=20).controls[:, 0]
    pairs = Pairs(np.stack([walk, grip], axis=1), np.arange(19_999)[:, None] + np.array([0, 1]))
    found = {(gate.gate, gate.subject): gate for gate in audit_regime(pairs, ["walk", "grip"], standardise=True)}
    assert found["stationary-log", "grip"].verdict is Verdict.PASS
    assert found["stationary-pair", "grip"].verdict is Verdict.PASS
    assert found["stationary-pair", "grip"].value < 0.001
    assert "is discrete, with 2 values" in found["gaussian-control", "grip"].advice
    assert "is discrete, with 2 values" in found["bounded", "grip"].advice


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("frames", [93, 127, 400, 20_000])
def test_a_log_that_hardly_moves_along_is_worth_a_few_draws(frames: int) -> None:
    pairs = draw(Gaussian(rho=0.99995 if frames < 1000 else 0.9999995, clip=frames), frames=frames)
    [gate] = [g for g in audit_regime(pairs, names(3), standardise=True) if g.gate == "effective-samples"]
    assert gate.verdict is Verdict.FAIL
    assert gate.value < 2.0


def test_isotropy_is_judged_however_large_the_ratio_and_its_error_are(rng: np.random.Generator) -> None:
    rho = np.array([0.9999, 0.5])
    steps = rng.standard_normal((2000, 2)) * np.sqrt(1 - rho**2)
    z = np.stack([lfilter([1.0], [1.0, -r], step) for r, step in zip(rho, steps.T, strict=True)], axis=1)
    pairs = Pairs((z - z.mean(axis=0)) / z.std(axis=0), np.stack([np.arange(1999), np.arange(1, 2000)], axis=1))
    (gate,) = [gate for gate in audit_regime(pairs, ["slow", "fast"]) if gate.gate == "isotropy"]
    assert gate.value > 100
    assert gate.verdict is Verdict.FAIL


@pytest.mark.parametrize("kind", ["independent", "a walk", "copies", "one point"])
def test_the_smallest_distances_are_those_of_a_search_without_a_bound(kind: str, rng: np.random.Generator) -> None:
    rows, points = rng.standard_normal((12_000, 3)), rng.standard_normal((700, 3))
    if kind == "a walk":
        rows = rows.cumsum(axis=0) / 50.0
    elif kind == "copies":
        rows, points = np.round(rows), np.round(points)
    elif kind == "one point":
        rows = np.zeros_like(rows)
    nearest = cKDTree(rows).query(points)[0]
    for share in (0.0, 0.01, 0.3):
        assert smallest_distances(points, rows, share) == np.quantile(nearest, share)
