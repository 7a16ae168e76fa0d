"""A study's settings: merged in order, and refused at the door with path, given and allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from worldprobe.errors import InvalidStudy, UnknownName, WorldprobeError
from worldprobe.study import Study, load_study, shipped_studies


def test_a_preset_changes_the_file_and_an_override_changes_the_preset(study_file: Path) -> None:
    assert load_study(study_file).training.steps == 60
    assert load_study(study_file, preset="long").training.steps == 100_000
    changed = load_study(study_file, ["training.steps=7", "regimes.gaussian.rho=5e-1", "seeds=[3, 4]"], "long")
    assert changed.training.steps == 7
    assert changed.training.checkpoint_every == 20
    assert changed.regimes["gaussian"].settings()["rho"] == 0.5
    assert changed.seeds == [3, 4]


def test_a_study_is_made_again_from_what_it_dumps(study_file: Path) -> None:
    study = load_study(study_file)
    assert Study.model_validate(study.model_dump(mode="json")) == study


def test_a_component_that_changes_its_name_loses_its_old_settings(study_file: Path) -> None:
    study = load_study(study_file, ["encoder={name: mlp, depth: 1}"])
    assert study.encoder.settings() == {"width": 32, "depth": 1}
    swapped = load_study(study_file, ["objectives.lejepa={name: whitening}"])
    assert type(swapped.objectives["lejepa"]).__name__ == "Whitening"


@pytest.mark.parametrize("name", sorted(shipped_studies()))
@pytest.mark.parametrize("preset", ["smoke", "cpu", "gpu"])
def test_every_shipped_study_is_valid_at_every_preset(name: str, preset: str) -> None:
    assert load_study(name, preset=preset).name == name


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainng.steps=5", r"trainng: unknown key\. Did you mean 'training'\?"),
        ("training.step=5", r"training\.step: unknown key\. Did you mean 'steps'\?"),
        ("training.steps=0", r"training\.steps = 0: .*greater than 0"),
        ("training.steps=many", r"training\.steps = 'many': .*valid integer"),
        ("frames=0", r"frames = 0: .*greater than or equal to 64"),
        ("regimes.gaussian.rho=1.0", r"regimes\.gaussian\.rho.* = 1\.0: .*less than 1"),
        ("regimes.gaussian.rho=-1.5", r"regimes\.gaussian\.rho.* = -1\.5: .*greater than -1"),
        ("regimes.gaussian.roh=0.5", r"regimes\.gaussian\.roh: unknown key\. Did you mean 'rho'\?"),
        ("seeds=[]", r"seeds = \[\]: .*at least 1 item"),
        ("seeds=[1, 1]", r"seeds = \[1, 1\]: a seed occurs twice"),
        ("regimes=7", r"regimes = 7: .*valid dictionary"),
        ("objectives.lejepa.lambda=1", r"objectives\.lejepa\.lambda = 1: .*less than 1"),
        ("objectives.lejepa.lambda=best", r"objectives\.lejepa\.lambda = 'best': .*less than 1, or auto"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path_and_what_is_allowed(
    study_file: Path, override: str, message: str
) -> None:
    with pytest.raises(InvalidStudy, match=message) as caught:
        load_study(study_file, [override])
    assert str(caught.value).startswith(f"{study_file} is not a valid study:")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("world.name=toy-vektors", "Unknown world 'toy-vektors'. Did you mean 'toy-vectors'?"),
        ("regimes.gausian.rho=0.3", "Unknown regime 'gausian'. Did you mean 'gaussian'?"),
        ("objectives.lejpa={}", "Unknown objective 'lejpa'. Did you mean 'lejepa'?"),
        ("encoder.name=mlq", "Unknown encoder 'mlq'. Did you mean 'mlp'?"),
        ("references.supervised_on=gausian", "Did you mean 'gaussian'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(study_file: Path, override: str, message: str) -> None:
    with pytest.raises(UnknownName) as caught:
        load_study(study_file, [override])
    assert message in str(caught.value)


def test_an_unknown_study_or_preset_is_answered_with_the_nearest(study_file: Path) -> None:
    with pytest.raises(UnknownName, match=r"Unknown study 'camara'\. Did you mean 'camera'\?"):
        load_study("camara")
    with pytest.raises(UnknownName, match="Did you mean 'long'"):
        load_study(study_file, preset="lon")
    with pytest.raises(WorldprobeError, match=r"There is no study file nowhere\.yaml"):
        load_study("nowhere.yaml")


@pytest.mark.parametrize("text", ["a: [1", "- 1", ""])
def test_what_is_no_mapping_is_no_study(tmp_path: Path, text: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf8")
    with pytest.raises(InvalidStudy, match=str(path)):
        load_study(path)


def test_an_override_without_a_value_is_explained(study_file: Path) -> None:
    with pytest.raises(WorldprobeError, match=r"Write key\.path=value"):
        load_study(study_file, ["training.steps"])


def test_a_missing_key_is_named(settings: dict[str, Any], tmp_path: Path) -> None:
    del settings["frames"]
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    with pytest.raises(InvalidStudy, match="frames: missing"):
        load_study(path)


def test_a_study_extends_another_and_says_only_what_differs(study_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "longer.yaml"
    path.write_text(f"extends: {study_file}\nname: longer\ntraining: {{steps: 99}}\n", encoding="utf8")
    study, parent = load_study(path), load_study(study_file)
    assert (study.name, study.training.steps) == ("longer", 99)
    assert study.regimes == parent.regimes


def test_settings_that_differ_from_the_published_ones_are_told(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["published"] = {"source": "a paper", "preset": "long", "deviations": ["another machine"]}
    path = tmp_path / "quoted.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    study = load_study(path, ["seeds=[0, 1]"])
    assert study.published is not None
    assert sorted(study.published.deviations[:-1]) == [
        "seeds: [0, 1], published [0]",
        "training.checkpoint_every: None, published 20",
        "training.steps: 60, published 100000",
    ]
    assert study.published.deviations[-1] == "another machine"
