"""Tables as worlds: published sets in their own layouts, explored by the picture whose factors are nearest."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LinearRegression

import worldprobe as wp
from worldprobe.audits.world_audit import audit_world
from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.recordings import UnreadableFile, UnusableData
from worldprobe.results import Verdict
from worldprobe.sources.simulated import OfWorld
from worldprobe.study import Study
from worldprobe.study.shown_states import shown_shares
from worldprobe.world import PictureTable


def spots(places: np.ndarray, side: int = 16) -> np.ndarray:
    """Draw a blurred spot at (x, y) in -1 .. 1."""
    across, down = np.meshgrid(np.arange(side), np.arange(side))
    half, reach = (side - 1) / 2, side / 4
    apart = (across - half - reach * places[:, 0, None, None]) ** 2 + (
        down - half - reach * places[:, 1, None, None]
    ) ** 2
    return np.rint(255 * np.exp(-apart / side)).astype(np.uint8)


def dense(path: Path, rows: int = 8000) -> Path:
    places = np.random.default_rng(0).uniform(-1, 1, (rows, 2))
    np.savez(path, imgs=spots(places), latents_values=places)
    return path


def test_a_table_keeps_the_contract_of_worlds(tmp_path: Path) -> None:
    world = PictureTable(path=str(dense(tmp_path / "spots.npz", 40_000)), size=16)
    assert len(wp.check_world(world).kept) == 13


def test_the_nearest_picture_in_standardised_factors_is_shown(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    factors = rng.uniform(-1, 1, (300, 2)) * [1.0, 50.0] + [3.0, 0.0]
    frames = rng.integers(0, 256, (300, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "t.npz", images=frames, factors=factors)
    world = PictureTable(path=str(tmp_path / "t.npz"), size=16, names=("x", "y"), reach=0.5)
    z = rng.standard_normal((40, 2))
    asked = factors.mean(axis=0) + 0.5 * factors.std(axis=0) * z
    apart = ((asked[:, None] - factors) / factors.std(axis=0)) ** 2
    np.testing.assert_array_equal(world.observe(z), frames[apart.sum(axis=2).argmin(axis=1)])
    assert [control.name for control in world.controls] == ["x", "y"]
    assert world.controls[1].scale == pytest.approx(0.5 * factors[:, 1].std())


def test_dsprites_masks_are_shown_bright_and_what_never_changes_is_left_out(tmp_path: Path) -> None:
    grid = np.array(list(product([1.0], [1, 2, 3], np.linspace(0.5, 1, 6), [0.0], *[np.linspace(0, 1, 8)] * 2)))
    masks = (spots(2 * grid[:, 4:] - 1) > 99).astype(np.uint8)
    np.savez_compressed(tmp_path / "d.npz", imgs=masks, latents_values=grid, metadata=np.array({"title": "x"}))
    world = PictureTable(path=str(tmp_path / "d.npz"), size=16)
    assert [control.name for control in world.controls] == ["shape", "scale", "x", "y"]
    assert "of 3 values" in world.controls[0].meaning
    assert world.observe(np.zeros((1, 4))).max() == 255
    found = {(gate.gate, gate.subject): gate for gate in audit_world(world) if gate.gate == "discrete-factor"}
    assert {subject for (_, subject), gate in found.items() if gate.verdict is Verdict.WARN} == {
        "shape",
        "scale",
        "x",
        "y",
    }
    assert found["discrete-factor", "shape"].value == 3
    chosen = PictureTable(path=str(tmp_path / "d.npz"), factors=("x", "y"))
    assert [control.name for control in chosen.controls] == ["x", "y"]
    with pytest.raises(UnknownName, match="Did you mean 'scale'"):
        _ = PictureTable(path=str(tmp_path / "d.npz"), factors=("scal",)).controls


def test_shapes3d_labels_have_their_published_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file["images"] = rng.integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
        file["labels"] = rng.uniform(0, 1, (60, 6))
    world = PictureTable(path=str(tmp_path / "3dshapes.h5"))
    assert [control.name for control in world.controls][:2] == ["floor hue", "wall hue"]
    assert world.observe(np.zeros((2, 6))).shape == (2, 64, 64, 3)


def test_pictures_of_every_combination_need_only_the_grid(tmp_path: Path) -> None:
    frames = np.arange(24, dtype=np.uint8)[:, None, None, None] * np.ones((1, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "mpi3d_real.npz", images=frames)
    world = PictureTable(path=str(tmp_path / "mpi3d_real.npz"), grid=(2, 3, 4), size=16)
    z = (np.array([[1, 2, 3], [0, 0, 1]]) - [c.centre for c in world.controls]) / [c.scale for c in world.controls]
    assert world.observe(z)[:, 0, 0, 0].tolist() == [23, 1]
    with pytest.raises(InvalidValue, match="product is 24"):
        _ = PictureTable(path=str(tmp_path / "mpi3d_real.npz"), grid=(2, 3)).controls
    with pytest.raises(UnusableData, match="grid:"):
        _ = PictureTable(path=str(tmp_path / "mpi3d_real.npz")).controls


@pytest.mark.parametrize("classes", [(), (0, 1)])
def test_3dident_folders_are_read_in_the_order_of_the_numbers(tmp_path: Path, classes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    suffixes = [f"_{k}" for k in classes] or [""]
    for place, suffix in enumerate(suffixes):
        np.save(tmp_path / f"raw_latents{suffix}.npy", rng.uniform(-1, 1, (12, 10)))
        (tmp_path / f"images{suffix}").mkdir()
        for row in range(12):
            picture = np.full((16, 16, 3), 100 * place + row, dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / f"images{suffix}" / f"{row:02d}.png")
    world = PictureTable(path=str(tmp_path), size=16)
    assert world.observe(world.states)[:, 0, 0, 0].tolist() == [
        100 * place + row for place in range(len(suffixes)) for row in range(12)
    ]
    names = [control.name for control in world.controls]
    assert names[-1] == "background hue"
    assert names[0] == ("object shape" if classes else "x")


@pytest.mark.slow
def test_what_the_nearest_picture_is_off_by_is_gated(tmp_path: Path) -> None:
    fine = audit_world(PictureTable(path=str(dense(tmp_path / "fine.npz")), size=16))
    assert {gate.verdict for gate in fine if gate.gate == "table-distance"} == {Verdict.PASS}
    coarse = PictureTable(path=str(dense(tmp_path / "coarse.npz", rows=9)), size=16)
    gates = [gate for gate in audit_world(coarse) if gate.gate == "table-distance"]
    assert all(gate.verdict is not Verdict.PASS for gate in gates)
    assert "R² cannot exceed" in gates[0].advice


def explored(path: Path) -> Study:
    regimes = {
        "broad": {"name": "gaussian", "rho": 0.7},
        "fine": {"name": "narrow", "scale": 0.02, "rho": 0.9},
        "one": {"name": "yaw-only", "control": "x", "rho": 0.7},
    }
    world = {"name": "table", "path": str(path), "size": 16, "names": ["x", "y"]}
    settings = {"name": "spots", "title": "Spots", "question": "Where?", "world": world, "regimes": regimes}
    return Study.model_validate(
        settings
        | {
            "objectives": {"lejepa": {}},
            "frames": 2000,
            "training": {"steps": 1, "batch": 64, "lr": 0.01},
            "encoder": {"name": "patchify"},
            "seeds": [0],
        }
    )


@pytest.mark.slow
def test_what_the_nearest_picture_is_off_by_is_gated_for_every_regime(tmp_path: Path) -> None:
    path = dense(tmp_path / "spots.npz")
    study = explored(path)
    found = {gate.subject: gate for gate in wp.audit(study).gates if gate.gate == "table-distance"}
    assert set(found) == {"x", "y", "broad: x", "broad: y", "fine: x", "fine: y", "one: x"}  # one never moves y
    assert {found[name].verdict for name in ("x", "y", "broad: x", "broad: y")} == {Verdict.PASS}
    assert {found[name].verdict for name in ("fine: x", "fine: y")} == {Verdict.FAIL}
    world = PictureTable(path=str(path), size=16, names=("x", "y"))
    z = study.source("fine").sample("train", 2000, study.seeds[0]).pairs.controls
    off = ((z - world.states[world.nearest(z)]) ** 2).mean(axis=0) / z.var(axis=0)
    assert found["fine: y"].value == pytest.approx(off[1])
    assert "R² cannot exceed 0.00" in found["fine: x"].advice
    assert "of the pairs show one picture twice" in found["fine: x"].advice


@pytest.mark.slow
def test_what_the_nearest_picture_is_off_by_is_taken_off_the_prediction(tmp_path: Path) -> None:
    coarse = explored(dense(tmp_path / "coarse.npz", rows=60))
    source = coarse.source("broad")
    assert isinstance(source, OfWorld)
    assert isinstance(source.world, PictureTable)
    z = source.sample("train", 2000, coarse.seeds[0]).pairs.controls
    shown = source.world.states[source.world.nearest(z)]
    most = LinearRegression().fit(shown, z[:, 0]).score(shown, z[:, 0])
    assert most < 0.95
    part = next(part for part in wp.audit(coarse).parts if part.label == "broad")
    assert part.predicted is not None
    assert part.predicted.r2_per_control is not None
    assert part.predicted.r2_per_control["x"] == pytest.approx(most, abs=0.02)
    assert any("nearest pictures show" in note for note in part.predicted.notes)
    assert part.answer is not None
    assert part.answer.causes[0].cause == "distance to the nearest picture"
    assert part.answer.causes[0].gain == pytest.approx(1 - part.predicted.r2, abs=0.02)  # type: ignore[operator]


def test_a_table_that_shows_nearly_all_leaves_the_prediction_as_it_is(tmp_path: Path) -> None:
    source = explored(dense(tmp_path / "fine.npz", rows=40_000)).source("broad")
    assert shown_shares(source, source.sample("train", 500, 0).pairs.controls) is None


def test_another_table_has_another_fingerprint_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    first, second = dense(tmp_path / "a.npz", 50), dense(tmp_path / "b.npz", 51)
    moved = dense(tmp_path / "there" / "a.npz", 50)
    prints = [PictureTable(path=str(path)).fingerprint for path in (first, second, moved)]
    assert prints[0] == prints[2] != prints[1]


@pytest.mark.slow
def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        _ = PictureTable(path=str(tmp_path / "none.npz")).controls
    (tmp_path / "images").mkdir()
    Image.new("RGB", (16, 16)).save(tmp_path / "images" / "0.png")
    np.save(tmp_path / "raw_latents.npy", np.zeros((2, 10)))
    with pytest.raises(UnusableData, match="2 rows of factors and 1 pictures"):
        _ = PictureTable(path=str(tmp_path)).controls
