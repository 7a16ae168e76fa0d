"""`import worldprobe as wp`: the public names, what their import costs, and what they do with people's data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import worldprobe as wp
from worldprobe.errors import InvalidValue, WrongChoice

IMPORT_SECONDS = 0.05
TRIES = 5


def python(code: str, cwd: Path | None = None) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_it_is_quick_and_loads_nothing() -> None:
    code = (
        "import sys, time; before = set(sys.modules); start = time.process_time(); import worldprobe; "
        "took = time.process_time() - start; print(took, *{name.split('.')[0] for name in set(sys.modules) - before} "
        "& {'numpy', 'torch', 'pydantic', 'rich', 'typing', 'dataclasses', 're'})"
    )
    runs = [python(code).split() for _ in range(TRIES)]
    assert all(len(run) == 1 for run in runs), "it loads more than itself"
    assert min(float(run[0]) for run in runs) < IMPORT_SECONDS


def test_every_public_name_is_there_and_listed() -> None:
    missing = [name for name in wp.__all__ if getattr(wp, name, None) is None]
    assert missing == []
    assert set(wp.__all__) == set(wp._HOMES)
    assert set(wp.__all__) < set(dir(wp))
    assert wp.__version__ == "0.1.0"
    with pytest.raises(AttributeError, match="it has Column, "):
        _ = wp.nothing


@pytest.mark.slow
def test_arrays_are_measured_without_torch(tmp_path: Path) -> None:
    code = """
import sys, numpy as np, worldprobe as wp
rng = np.random.default_rng(0)
z = rng.standard_normal((3000, 2)); z_next = 0.7 * z + 0.51**0.5 * rng.standard_normal(z.shape)
turn = np.array([[0.6, -0.8], [0.8, 0.6]])
wp.recover(z @ turn, z, independent=True); wp.bound(z @ turn, z_next @ turn, 0.7); wp.predict(z, z_next)
wp.decompose([0.9]); wp.audit(wp.Pairs(z.astype(np.float32), np.arange(3000).reshape(-1, 2)))
wp.check_world("identity"); wp.check_regime("gaussian"); wp.gates, wp.formats, wp.regimes, wp.Results
print("torch" in sys.modules)
"""
    assert python(code, tmp_path) == "False"


@pytest.mark.slow
def test_a_registry_holds_the_same_whatever_was_imported() -> None:
    names = ("worlds", "regimes", "encoders", "objectives", "formats", "gates")
    shown = "".join(f"print(*sorted(wp.{name}));" for name in names)
    alone = python(f"import worldprobe as wp; {shown}")
    late = python(f"import worldprobe.cli, worldprobe.study, worldprobe.reports, worldprobe as wp; {shown}")
    assert alone == late
    assert all(alone.splitlines())


def test_recovery_of_a_rotation_is_whole_and_of_noise_is_none(rng: np.random.Generator) -> None:
    z = rng.standard_normal((4000, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    whole = wp.recover(z @ turn, z, names=["x", "y"], independent=True)
    assert whole.r2 == pytest.approx(1.0)
    assert list(whole.r2_per_state) == ["x", "y"]
    assert whole.procrustes == pytest.approx(0.0, abs=0.01)
    assert whole.orthogonality == pytest.approx(0.0, abs=0.1)
    none = wp.recover(rng.standard_normal((4000, 3)), z, independent=True)
    assert abs(none.r2) < 0.01
    assert none.ci95[0] < none.r2 < none.ci95[1]
    assert str(none).startswith("R² ")


def test_recovery_is_scored_on_episodes_that_no_probe_has_seen(rng: np.random.Generator) -> None:
    """Every episode has a constant of its own that the embedding copies: within an episode it gives the state away."""
    episodes = np.repeat(np.arange(40), 50)
    own = rng.standard_normal((40, 30))[episodes]
    state = rng.standard_normal(40)[episodes][:, None] + 0.01 * rng.standard_normal((2000, 1))
    mixed = rng.permutation(2000)
    honest, leaking = wp.recover(own, state, episodes=episodes), wp.recover(own[mixed], state[mixed], independent=True)
    assert leaking.r2 > 0.5 > honest.r2


def test_where_it_went_adds_up() -> None:
    found = wp.decompose([0.95, 0.55], ceiling=[1.0, 1.0], supervised=[0.99, 0.60], train=0.98, heldout=1.06, rho=0.5)
    for name, missing in (("z1", 0.05), ("z2", 0.45)):
        parts = found[name].model_dump(exclude={"missing"}).values()
        assert sum(part for part in parts if part is not None) == pytest.approx(missing)
    assert found["z2"].scene == pytest.approx(0.4)
    named = wp.decompose({"x": 0.95, "yaw": 0.55}, ceiling={"yaw": 1.0, "x": 0.97})
    assert (named["x"].regime, named["yaw"].regime) == pytest.approx((0.03, 0.0))
    with pytest.raises(InvalidValue, match="the states of r2: x, yaw"):
        wp.decompose({"x": 0.95, "yaw": 0.55}, ceiling={"x": 0.97})


def test_a_plan_takes_any_function_of_observations() -> None:
    found = wp.plan(lambda x: x, "identity", pairs=8, library=400, experience=256, transitions=["linear"], steps=30)
    assert found.reaching["linear"].outcome.rate > 0.8
    with pytest.raises(InvalidValue, match="pairs = 1"):
        wp.plan(lambda x: x, "identity", pairs=1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: wp.recover(np.zeros((100, 2)), np.zeros((99, 2))), r"h = \(100, 2\).*as many rows as z, 99"),
        (lambda: wp.recover(np.full((100, 2), np.nan), np.zeros((100, 2))), "NaN or infinity, first in row 0"),
        (lambda: wp.recover([["a"]] * 100, np.zeros((100, 2))), "an array of numbers"),
        (
            lambda: wp.recover(np.eye(5), np.eye(5)),
            "5 rows are too few for a probe and its interval: 40 or more",
        ),
        (lambda: wp.recover(np.eye(100), np.eye(100)), "a probe on 100 features needs at least 102 rows"),
        (
            lambda: wp.recover(np.ones((90, 2)), np.eye(90)[:, :2], episodes=np.tile(np.arange(9), 10)),
            "episodes = '0 in 10 pieces' is not possible: allowed is the rows of an episode one after the other",
        ),
        (
            lambda: wp.measure(np.ones((90, 2)), None),
            "source = 'NoneType'.*the path of a log",
        ),
        (lambda: wp.measure(np.ones((90, 2)), np.array(["a"] * 90)), r"source = '<U1 of shape .90,.'"),
        (lambda: wp.bound(np.ones((9, 2)), np.ones((9, 2)), 1.0), "rho = 1.0"),
        (lambda: wp.bound(np.ones((9, 2)), np.ones((8, 2)), 0.5), "the shape of h"),
        (lambda: wp.predict(np.ones((9, 2))), "second is missing: give"),
        (lambda: wp.decompose([0.5, 0.5], ceiling=[1.0]), "a number per state"),
        (lambda: wp.decompose([0.5], heldout=1.0), "rho is missing: give"),
        (lambda: wp.audit(3), "a study or its name"),
    ],
)
def test_a_mistake_is_named_by_the_argument(call: object, error: str) -> None:
    with pytest.raises(InvalidValue, match=error):
        call()  # type: ignore[operator]


def test_pairs_and_a_second_array_are_one_too_many() -> None:
    pairs = wp.Pairs(np.zeros((4, 1), dtype=np.float32), np.array([[0, 1], [2, 3]]))
    with pytest.raises(WrongChoice, match="either Pairs or two arrays"):
        wp.predict(pairs, np.zeros((2, 1)))


def test_rows_are_of_episodes_or_independent() -> None:
    z = np.random.default_rng(0).standard_normal((90, 2))
    with pytest.raises(WrongChoice, match="either episodes or independent rows"):
        wp.recover(z, z, episodes=np.repeat(np.arange(9), 10), independent=True)


def test_states_may_be_a_tensor() -> None:
    z = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    found = wp.measure(z @ z.new_ones(2, 1), z, quick=True)
    assert found.taps["embeddings"].values["r2"] == pytest.approx(0.5, abs=0.1)


def test_how_a_log_is_read_is_refused_where_its_states_are_given() -> None:
    z = np.random.default_rng(0).standard_normal((200, 2))
    with pytest.raises(wp.errors.WorldprobeError, match="changes nothing: it says how a log is read") as refused:
        wp.measure(z, z, states=["x"], quick=True)
    assert "a source of type ndarray was given" in str(refused.value)


def test_a_recording_is_audited_by_its_path(tmp_path: Path) -> None:
    np.savez(tmp_path / "log.npz", state=np.random.default_rng(0).standard_normal((300, 2)))
    (tmp_path / "bad.yaml").write_text("name: 3", encoding="utf8")
    by_path = wp.audit(tmp_path / "log.npz").to_json()
    assert by_path["gates"] == wp.audit(wp.read_recording(tmp_path / "log.npz")).to_json()["gates"]
    with pytest.raises(wp.errors.InvalidStudy):
        wp.audit(tmp_path / "bad.yaml")
