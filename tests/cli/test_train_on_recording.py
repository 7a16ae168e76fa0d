"""`worldprobe audit --data ... --train` with an encoder, an objective, a size and steps of one's choice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from cli.calling import call
from sources.dots import write_dots
from worldprobe.results.reading import load_results


@pytest.mark.slow
def test_the_choices_reach_the_study_and_its_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))
    log = write_dots(tmp_path / "log.npz", 40, actions=np.random.default_rng(0).standard_normal((480, 2)))
    out = tmp_path / "out"
    chosen = ("--encoder", "paper-cnn", "--objective", "lejepa-predictive", "--size", "48", "--steps", "7")
    read = ("--states", "state", "--actions", "actions", "--frames", "pixels", "--episode", "episode")
    call("audit", "--data", str(log), *read, "--train", *chosen, "--out", str(out))
    kept = yaml.safe_load((out / "study.yaml").read_text())
    study = kept.get("study", kept)
    assert study["encoder"]["name"] == "paper-cnn"
    assert study["sources"]["recorded"]["size"] == 48
    runs = [run for run in load_results(out).runs if run.role == "measured"]
    assert [run.objective for run in runs] == ["lejepa-predictive"]
    assert runs[0].training is not None
    assert runs[0].training.steps == 7
    assert "prediction_error" in runs[0].training.final or runs[0].training.final["alignment"] >= 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--encoder", "patchfy"), "Did you mean 'patchify'?"),
        (("--objective", "lejpa"), "Did you mean 'lejepa'?"),
        (("--objective", "supervised"), "one that needs no labels"),
        (("--objective", "lejepa-predictive"), "--actions"),
        (("--encoder", "inverse-coupling"), "inverse-coupling"),
        (("--size", "20"), "frame size = 20 is not possible"),
        (("--encoder", "paper-cnn", "--size", "24"), "a multiple of 16"),
        (("--steps", "0"), "--steps"),
        (("--size", "-8"), "--size"),
    ],
)
def test_an_impossible_choice_is_refused_before_any_work(given: tuple[str, ...], said: str, tmp_path: Path) -> None:
    log, out = write_dots(tmp_path / "log.npz", 40), tmp_path / "out"
    found = call(
        "audit", "--data", str(log), "--states", "state", "--frames", "pixels", "--train", *given, "--out", str(out)
    )
    assert found.status == 2
    assert said in " ".join((found.err + found.out).split())
    assert "Auditing" not in found.out + found.err
    assert not out.exists()


@pytest.mark.parametrize(
    "given", [("--encoder", "vit"), ("--size", "64"), ("--steps", "9"), ("--objective", "infonce")]
)
def test_a_choice_without_training_is_refused(given: tuple[str, str], tmp_path: Path) -> None:
    log = write_dots(tmp_path / "log.npz", 4)
    for what, why in ((("--data", str(log)), "--train was not given"), (("camera",), "a study was given")):
        found = call("audit", *what, *given)
        assert found.status == 2
        assert f"{' '.join(given)} changes nothing" in found.err
        assert "--train" in found.err
        assert why in found.err
