"""`worldprobe measure --data --embeddings`: what is read, what is printed, and what is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from worldprobe.cli import app
from worldprobe.errors import WorldprobeError
from worldprobe.evaluation.measurement import measure_embeddings
from worldprobe.evaluation.subject import from_recording
from worldprobe.taps.embedding_files import read_embeddings

EPISODES, LENGTH = 30, 60


@pytest.fixture
def log(tmp_path: Path, rng: np.random.Generator) -> tuple[Path, np.ndarray]:
    z = np.empty((EPISODES, LENGTH, 3))
    z[:, 0] = rng.standard_normal((EPISODES, 3))
    for t in range(1, LENGTH):
        z[:, t] = 0.8 * z[:, t - 1] + 0.6 * rng.standard_normal((EPISODES, 3))
    z = z.reshape(-1, 3)
    np.savez(
        tmp_path / "log.npz", pos=z[:, :2], yaw=z[:, 2], still=np.ones(len(z)), episode=np.repeat(np.arange(30), LENGTH)
    )
    return tmp_path / "log.npz", z


def measured(*arguments: object, quick: bool = True) -> dict:
    given = ["measure", *map(str, arguments), "--json", *(["--quick"] if quick else [])]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict = json.loads(done.output)
    return found


def test_taps_are_measured_side_by_side(log: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, z = log
    np.savez(tmp_path / "good.npz", h=z @ np.random.default_rng(1).standard_normal((3, 5)))
    np.save(tmp_path / "half.npy", z[:, :1])
    found = measured(
        *("--data", path, "--states", "pos,yaw", "--embeddings"),
        f"good={tmp_path / 'good.npz'}",
        f"half={tmp_path / 'half.npy'}",
    )
    assert list(found) == ["of", "taps", "predicted", "references", "decomposition", "verdict"]
    assert list(found["taps"]) == ["good", "half"]
    good, half = found["taps"].values()
    assert good["r2"] == pytest.approx(1.0, abs=1e-6)
    assert half["r2_per_state"] == pytest.approx({"pos[0]": 1.0, "pos[1]": 0.0, "yaw": 0.0}, abs=0.06)
    assert good["ci95"] == pytest.approx([1.0, 1.0])


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("suffix", ["npy", "npz", "parquet", "h5", "csv", "pt", "pth"])
def test_every_kind_of_file_gives_the_same_numbers(
    log: tuple[Path, np.ndarray], tmp_path: Path, rng: np.random.Generator, suffix: str
) -> None:
    path, z = log
    h = (z @ rng.standard_normal((3, 4)) + 0.5 * rng.standard_normal((len(z), 4))).astype(np.float32)
    file = tmp_path / f"taps.{suffix}"
    if suffix == "npy":
        np.save(file, h)
    elif suffix == "npz":
        np.savez(file, h=h)
    elif suffix == "h5":
        import h5py

        with h5py.File(file, "w") as handle:
            handle["h"] = h
    elif suffix == "pt":
        torch.save(torch.from_numpy(h), file)
    elif suffix == "pth":
        torch.save({"h": torch.from_numpy(h), "rows": torch.arange(len(h)), "epoch": 3}, file)
    elif suffix == "csv":
        np.savetxt(file, h, delimiter=",", header="a,b,c,d", comments="")
    else:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"h": pa.FixedSizeListArray.from_arrays(h.reshape(-1), 4)}), file)
    subject = from_recording(path, states=["pos", "yaw"])
    found, wanted = (
        measure_embeddings({"tap": read_embeddings(each)}, subject, quick=True).taps["tap"].values
        for each in (file, _saved(tmp_path, h))
    )
    assert found["r2"] == pytest.approx(wanted["r2"], abs=1e-6)


def _saved(folder: Path, h: np.ndarray) -> Path:
    np.save(folder / "same.npy", h)
    return folder / "same.npy"


def test_rows_are_matched_by_their_ids(log: tuple[Path, np.ndarray], tmp_path: Path, rng: np.random.Generator) -> None:
    path, z = log
    rows = rng.permutation(len(z))[:900]
    np.savez(tmp_path / "some.npz", h=z[rows], rows=rows)
    found = measured("--data", path, "--states", "pos,yaw", "--embeddings", tmp_path / "some.npz")
    assert found["taps"]["some"]["r2"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda h: np.where(np.arange(len(h))[:, None] == 7, np.nan, h), "NaN or infinity in row 7 of 1,800"),
        (lambda h: np.ones_like(h), "is the same in all 1,800 rows"),
        (
            lambda h: h[:, :, None, None] * np.ones((3, 4, 4)),
            r"has the shape \(N, 3, 4, 4\), not \(N, d\).*--pool mean",
        ),
        (lambda h: h[:-100], "1,700 rows, .* 1,800: they fit best without the last 100 rows of the data"),
        (lambda h: h.T, "3 rows, .* 1,800. It has 1,800 columns: transpose it"),
        (lambda h: h[1:], "they fit best without the first row of the data"),
        (lambda h: h.reshape(30, 60, 3)[:, :-1].reshape(-1, 3), "without the last row of every episode"),
        (
            lambda h: np.roll(h, 1, axis=0),
            r"its rows are 1 off: embeddings fit the states 1 row earlier best.*lag=-1",
        ),
        (lambda h: np.roll(h, -2, axis=0), "fit the states 2 rows later best.*lag=2"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(
    log: tuple[Path, np.ndarray], tmp_path: Path, spoil: object, said: str
) -> None:
    path, z = log
    np.savez(tmp_path / "h.npz", h=spoil(z))  # type: ignore[operator]
    with pytest.raises(WorldprobeError, match=said) as caught:
        measured("--data", path, "--states", "pos,yaw", "--embeddings", tmp_path / "h.npz")
    assert "\n" not in str(caught.value)


def test_a_lag_that_is_meant_is_measured(log: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, z = log
    np.save(tmp_path / "h.npy", np.roll(z, 1, axis=0))
    given = ("--data", path, "--states", "pos,yaw", "--embeddings", tmp_path / "h.npy", "--lag")
    assert measured(*given, -1)["taps"]["h"]["r2"] == pytest.approx(1.0, abs=1e-6)
    assert measured(*given, 0)["taps"]["h"]["r2"] == pytest.approx(0.64, abs=0.05)


def test_a_page_and_the_json_are_written(log: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, z = log
    np.save(tmp_path / "<b>h.npy", z)
    out = tmp_path / "out"
    found = measured("--data", path, "--states", "pos,yaw", "--embeddings", tmp_path / "<b>h.npy", "--out", out)
    assert json.loads((out / "measure.json").read_text()) == found
    page = (out / "measure.html").read_text(encoding="utf8")
    assert "&lt;b&gt;h" in page
    assert "<b>h" not in page


@pytest.mark.slow
def test_what_the_data_allow_and_chance_are_beside_the_recovery(log: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    path, z = log
    np.save(tmp_path / "h.npy", z)
    found = measured("--data", path, "--states", "pos,yaw", "--embeddings", tmp_path / "h.npy", quick=False)
    assert found["references"]["chance"] == pytest.approx(0.0, abs=0.1)
    assert set(found["references"]["reasons"]) == {"untrained", "pixels", "supervised", "pretrained"}
    assert found["verdict"].startswith("The encoder recovers 1.00 of the states linearly")
    assert not found["taps"]["h"]["reasons"]
    assert found["taps"]["h"]["bound"]["error"] < 0.01
    assert found["predicted"]["refused"] or found["decomposition"]["share_of_ceiling"] > 0.95


@pytest.mark.slow
def test_a_short_log_of_many_states_has_a_ceiling_too(tmp_path: Path, rng: np.random.Generator) -> None:
    z = np.empty((20, 40, 12))
    z[:, 0] = rng.standard_normal((20, 12))
    for t in range(1, 40):
        z[:, t] = 0.9 * z[:, t - 1] + np.sqrt(1 - 0.81) * rng.standard_normal((20, 12))
    np.savez(tmp_path / "log.npz", state=z.reshape(-1, 12), episode=np.repeat(np.arange(20), 40))
    np.save(tmp_path / "h.npy", z.reshape(-1, 12) @ rng.standard_normal((12, 12)))
    found = measured("--data", tmp_path / "log.npz", "--embeddings", tmp_path / "h.npy", quick=False)
    assert found["predicted"]["refused"] is None
    assert found["predicted"]["approximate"]
    assert found["predicted"]["r2"] > 0.7
    assert found["decomposition"]["share_of_ceiling"] is not None


@pytest.mark.slow
def test_an_encoder_that_reads_more_than_its_pairs_can_teach_is_said_to_know_more(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    z = rng.standard_normal((2000, 2))
    for t in range(1, 2000):  # the pairs teach pos, and nothing of yaw
        z[t, 0] = 0.9 * z[t - 1, 0] + np.sqrt(1 - 0.81) * z[t, 0]
    np.savez(tmp_path / "log.npz", pos=z[:, 0], yaw=z[:, 1], episode=np.arange(2000) // 50)
    for d, said in ((2, "an ideal encoder that"), (8, "an ideal encoder with as many dimensions as states that")):
        np.save(tmp_path / "h.npy", z @ rng.standard_normal((2, d)))
        found = measured("--data", tmp_path / "log.npz", "--embeddings", tmp_path / "h.npy", quick=False)
        assert f"of {said} learns from these pairs alone" in found["verdict"]
