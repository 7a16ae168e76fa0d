"""`worldprobe measure` on input that cannot be measured: one line, exit status 2, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import worldprobe as wp
from cli.calling import call
from worldprobe.errors import WorldprobeError
from worldprobe.evaluation.subject import of_arrays
from worldprobe.evaluation.tap_measures import measure_tap


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log of twenty episodes and an embedding of it."""
    found, rng = tmp_path_factory.mktemp("refused"), np.random.default_rng(0)
    z = rng.standard_normal((1000, 2))
    np.savez(found / "log.npz", pos=z, episode=np.repeat(np.arange(20), 50))
    np.save(found / "h.npy", z @ rng.standard_normal((2, 3)))
    np.savez(found / "fraction.npz", h=z[:400], rows=np.arange(400) + 0.5)
    np.savez(found / "lacking.npz", h=z[:400], rows=np.full(400, np.nan))
    np.savez(found / "named.npz", h=z[:400], rows=np.array(["a"] * 400))
    np.save(found / "huge.npy", z * 1e200)
    np.save(found / "complex.npy", z * 1j)
    np.save(found / "episodes.npy", np.zeros((20, 50, 2)))
    np.save(found / "objects.npy", np.array([{}] * 1000, dtype=object))
    torch.save([{"h": 1}], found / "list.pt")
    torch.save(torch.nn.Linear(2, 2), found / "module.pt")
    torch.save({"a": torch.zeros(1000, 2), "b": torch.zeros(1000, 3)}, found / "two.pt")
    np.save(found / "wide.npy", rng.standard_normal((1000, 1200)))
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("fraction.npz",), "'rows' has 0.5 in row 0, not the whole number of a row"),
        (("lacking.npz",), "'rows' has nan in row 0"),
        (("named.npz",), "'rows' holds <U1, not the numbers of rows"),
        (("huge.npy",), "too large to be squared: rescale it"),
        (("complex.npy",), "holds complex128 of shape (1000, 2), not rows of numbers"),
        (("episodes.npy",), "If it is (episodes, steps, d): reshape it to one row for every step"),
        (("objects.npy",), "loading its Python objects would execute code"),
        (("list.pt",), "it holds a list. Write it with torch.save, a tensor or a dictionary of tensors"),
        (("module.pt",), "(it holds more than tensors, and loading it would run code from it)"),
        (("two.pt",), "several arrays that could be the embedding: a (float32, (2,) a row), b (float32, (3,) a row)"),
        (("wide.npy",), "a probe on 1,200 features needs at least 1,202 rows, 800 are left"),
        (("h.npy[h]",), "holds one array without a name: leave out [h]"),
        (("a=",), "allowed is FILE, FILE[ARRAY] or NAME=FILE"),
        (("=h.npy",), "allowed is FILE, FILE[ARRAY] or NAME=FILE"),
        (("nowhere.npz",), "there is no such file"),
        (("h.npy", "--size", "64"), "--size 64 changes nothing: it says how an encoder is used"),
        (("h.npy", "--layout", "NCHW"), "--layout NCHW changes nothing"),
        (("h.npy", "--range", "0,1"), "--range 0,1 changes nothing"),
        (("h.npy", "--checkpoint", "w.pt"), "--checkpoint w.pt changes nothing"),
        (("h.npy", "--output", "0"), "--output 0 changes nothing"),
        (("h.npy", "--batch", "7"), "--batch 7 changes nothing"),
        (("h.npy", "--frames", "cam"), "--frames cam changes nothing"),
        (("h.npy", "--quick", "--pretrained", "scripted.pt"), "--pretrained scripted.pt changes nothing"),
        (("h.npy", "--supervised", "9"), "embeddings alone were given: name the encoder with --encoder"),
        (("h.npy", "--pretrained", "nowhere.pt"), "There is no such file"),
        (("h.npy", "world.size=64"), "Data were given: leave it out"),
        (("h.npy", "--lag", "70"), "lag = 70 is not possible: allowed is a lag within an episode"),
        (("h.npy", "--states", "pos,pos"), "'pos' comes twice"),
        (("h.npy", "--states", ","), "One of them is empty"),
    ],
)
def test_odd_files_and_options_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(folder)
    states = () if "--states" in arguments else ("--states", "pos")
    found = call("measure", "--data", "log.npz", *states, "--out", "out", "--json", "--embeddings", *arguments)
    assert found.status == 2
    assert said in found.err
    assert found.err.count("\n") == 1
    assert not found.out
    assert not (folder / "out").exists()


def test_how_a_log_is_read_is_refused_with_a_world(folder: Path) -> None:
    found = call("measure", "room", "--embeddings", str(folder / "h.npy"), "--states", "x")
    assert found.status == 2
    assert "--states x changes nothing: it says how a log is read, and a world was given" in found.err


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (np.ones((40, 2)), {"size": 64}, "size=64 changes nothing"),
        (lambda x: x, {"mean": (0.5,)}, "std is missing: give what is divided by"),
        (lambda x: x, {"std": (0.5,)}, "mean is missing: give what is taken off"),
        (lambda x: x, {"mean": (float("nan"),), "std": (1.0,)}, "allowed is finite numbers"),
        (lambda x: x, {"range": (0.0, float("inf"))}, "allowed is finite numbers"),
        (lambda x: x, {"batch": 0}, "batch = 0 is not possible"),
        (lambda x: x, {"quick": True, "supervised": 5}, "supervised=5 changes nothing: it asks for a reference"),
        (lambda x: x, {"stride": 0}, "stride = 0 is not possible"),
    ],
)
def test_python_refuses_the_same(given: object, options: dict, said: str) -> None:
    z = np.random.default_rng(0).standard_normal((40, 2))
    with pytest.raises(WorldprobeError, match=said):
        wp.measure(given, z, **options)


def test_what_is_left_out_has_its_reason(folder: Path) -> None:
    z = np.load(folder / "log.npz")["pos"]
    found = wp.measure(np.load(folder / "h.npy"), z, quick=True).to_json()
    assert list(found) == ["of", "taps", "predicted", "references", "decomposition", "verdict"]
    assert found["predicted"]["refused"].startswith("left out, as asked")
    assert set(found["references"]["reasons"]) == {"chance", "untrained", "pixels", "supervised", "pretrained"}
    tap = found["taps"]["embeddings"]
    assert {key for key, value in tap.items() if value is None} == set(tap["reasons"])


@pytest.mark.slow
def test_a_stride_longer_than_every_episode_is_the_reason(folder: Path) -> None:
    z = np.load(folder / "log.npz")["pos"]
    subject = of_arrays(z, episodes=np.repeat(np.arange(20), 50), stride=60)
    found = wp.measure(np.load(folder / "h.npy"), subject)
    assert found.predicted is not None
    assert found.predicted["refused"] == "no episode has two rows that are 60 apart: there are no pairs to predict from"


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_of_an_embedding_does_not_change_what_a_perceptron_reads(
    folder: Path, scale: float, planted: Callable[[float], float | None]
) -> None:
    assert planted(scale) == pytest.approx(planted(1.0), abs=0.01)


@pytest.fixture
def planted(folder: Path) -> Callable[[float], float | None]:

    z = np.load(folder / "log.npz")["pos"]
    return lambda scale: measure_tap(z * scale, of_arrays(z, independent=True)).values["mlp_r2"]


def test_embeddings_of_every_row_fit_a_log_whose_bad_rows_are_dropped(folder: Path) -> None:
    log = np.load(folder / "log.npz")
    spoiled, h = log["pos"].copy(), np.load(folder / "h.npy")
    spoiled[7], spoiled[30, 1] = np.nan, np.inf
    actions = np.full((len(h), 1), np.nan)
    np.savez(folder / "bad.npz", state=spoiled, action=actions, episode=log["episode"])
    np.savez(folder / "ids.npz", h=h[::-1], rows=np.arange(len(h))[::-1])
    options = {"states": ["state"], "drop_bad": True, "quick": True}
    for given in (h, np.delete(h, [7, 30], axis=0), {"ids": folder / "ids.npz"}):
        found = wp.measure(given, folder / "bad.npz", **options).to_json()
        (tap,) = found["taps"].values()
        assert tap["r2"] == pytest.approx(1.0, abs=1e-6)
        assert found["of"]["rows"] == 998


def test_the_format_is_named_where_several_fit(folder: Path) -> None:
    given = ("--data", str(folder / "log.npz"), "--states", "pos", "--embeddings", str(folder / "h.npy"))
    found = call("measure", *given, "--format", "npz", "--quick")
    assert found.status == 0, found.err
    assert "Unknown" in call("measure", *given, "--format", "nzp").err


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_made_is_refused_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / "file").touch()
    monkeypatch.setattr("worldprobe.cli.measure._recording", lambda *_: pytest.fail("the log was read"))
    found = call("measure", "--data", str(folder / "log.npz"), "--embeddings", "h.npy", "--out", str(folder / name))
    assert found.status == 2
    assert "allowed is a folder" in found.err
    assert found.err.count("\n") == 1


@pytest.mark.parametrize("flag", ["--size=0", "--range=1,0", "--mean=1,2", "--layout=XYZ", "--std=0", "--mean=1"])
def test_pre_processing_is_refused_in_the_words_of_the_command_line(flag: str, folder: Path) -> None:
    log = str(folder / "log.npz")
    called = call("measure", "--data", log, "--states", "pos", "--encoder", "none.onnx", flag)
    assert called.status == 2
    assert re.match(r"worldprobe: --(size|range|mean|layout|std) ", called.err), called.err
