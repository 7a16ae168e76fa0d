"""What a study file says: strict YAML, presets and parents of the right form, and every error names its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from worldprobe.errors import DamagedData, InvalidStudy, StudyChanged, UnknownName, WorldprobeError
from worldprobe.study import load_study, shipped_studies
from worldprobe.study.claim_folder import claim_folder
from worldprobe.study.load import study_of
from worldprobe.study.study_folder import StudyFolder


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seeds=[1", "seeds: not readable YAML"),
        ("seeds=!!python/object/apply:os.system [ls]", "seeds: not readable YAML: .*tag"),
        ("seeds=[true]", r"seeds = \[True\]: a number is needed, not true or false"),
        ("frames=true", "frames = True: a number is needed"),
        ("training.lr=false", r"training\.lr = False: a number is needed"),
        ("training.steps=010", r"training\.steps: .*010 is read in different ways"),
        ("training.steps=1:30", "1:30 is read in different ways"),
        ("training={steps: 1, steps: 2}", "the key 'steps' occurs twice"),
        ("training.lr=.inf", "not a finite number"),
        ('title="\\0"', r"title: .*U\+0000"),
        ("title=a\ud800", "title: not readable YAML"),
        ("axes.x={key: d, values: [true]}", r"axes\.x\.values = \[True\]: points are numbers or words"),
        ("axes.x={key: d, values: [[2]]}", r"axes\.x\.values"),
        ("axes.x={key: seeds, values: [2]}", r"axes\.x = 'seeds': an axis cannot vary this"),
        ("presets={}", "presets: unknown key"),
        ("planning.stepz=3", r"planning\.stepz: unknown key\. Did you mean 'step'"),
        ("published.sorce=x", r"published\.sorce: unknown key\. Did you mean 'source'"),
        ("axes.x={kye: d, values: [1]}", r"axes\.x\.kye: unknown key\. Did you mean 'key'"),
        ("published=7", "published = 7"),
        ("published.deviations=7", r"published\.deviations = 7"),
        ("published={source: x, preset: [1]}", r"published\.preset = \[1\]"),
        ("expect={gaussian: pass}", r"expect\.gaussian = 'pass'"),
        ("regimes.gaussian={name: [1]}", r"regimes\.gaussian\.name: missing"),
        ("world={name: arm, size: 0}", r"world\.size = 0"),
    ],
)
def test_a_wrong_override_is_refused_naming_its_key(study_file: Path, override: str, message: str) -> None:
    with pytest.raises(InvalidStudy, match=message) as caught:
        load_study(study_file, [override])
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("override", ["=1", "a..b=1", "a b=1", "a\0=1", ".".join("a" * 1000) + "=1", "x", ""])
def test_what_is_no_override_is_refused(study_file: Path, override: str) -> None:
    with pytest.raises(WorldprobeError):
        load_study(study_file, [override])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"presets": [1]}, r"presets = \[1\]: allowed is a mapping"),
        ({"presets": {"cpu": [1]}}, r"presets\.cpu = \[1\]: allowed is a mapping"),
        ({"extends": ["camera"]}, r"extends = \['camera'\]: allowed is a study's name"),
        ({"extends": 7}, "extends = 7"),
        ({"extends": "toy.yaml"}, r"extends: toy\.yaml -> toy\.yaml: a study cannot extend itself"),
        ({"extends": "b.yaml"}, r"extends: toy\.yaml -> b\.yaml -> toy\.yaml"),
    ],
)
def test_parents_and_presets_of_the_wrong_form_are_refused(
    change: dict[str, Any], message: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump({**settings, **change}), encoding="utf8")
    (tmp_path / "b.yaml").write_text("extends: toy.yaml\n", encoding="utf8")
    with pytest.raises(InvalidStudy, match=message):
        load_study(tmp_path / "toy.yaml")


def test_what_a_model_s_validator_refuses_names_the_key(settings: dict[str, Any]) -> None:
    own = {key: value for key, value in settings.items() if key != "presets"}
    with pytest.raises(InvalidStudy) as caught:
        study_of({**own, "seeds": [1, 1], "planning": {"apart": 9.0}}, "toy")
    assert caught.value.problems == [
        "planning.apart = 9.0: at most 2 reach = 4, the range of a control.",
    ]
    with pytest.raises(InvalidStudy, match=r"\n  seeds = \[1, 1\]: a seed occurs twice"):
        study_of({**own, "seeds": [1, 1]}, "toy")
    with pytest.raises(InvalidStudy, match=r"regimes\.film\.stride = 99: less than shortest"):
        study_of({**own, "regimes": {"film": {"name": "cinematic", "stride": 99}}}, "toy")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\x1b[31m"])
def test_text_that_is_no_text_is_refused_whatever_gave_it(text: str, settings: dict[str, Any]) -> None:
    own = {key: value for key, value in settings.items() if key != "presets"}
    for change in ({"title": text}, {"published": {"source": "x", "deviations": [text]}}):
        with pytest.raises(InvalidStudy, match=r"the text has the character U\+"):
            study_of({**own, **change}, "toy")


@pytest.mark.parametrize("name", sorted(shipped_studies()))
def test_only_smoke_presets_are_marked_as_too_small_to_mean_anything(name: str) -> None:
    assert [load_study(name, preset=preset).smoke for preset in ("smoke", "cpu", "gpu")] == [True, False, False]


def test_a_contrast_is_a_regime_of_the_study_or_its_world(settings: dict[str, Any]) -> None:
    own = {key: value for key, value in settings.items() if key != "presets"}
    assert study_of({**own, "expect": {"narrow": "fail", "world": "fail"}}, "toy").expect["narrow"] == "fail"
    with pytest.raises(UnknownName, match=r"regime of expect 'narow'\. Did you mean 'narrow'"):
        study_of({**own, "expect": {"narow": "fail"}}, "toy")


def test_a_folder_of_before_a_key_existed_continues(settings: dict[str, Any], tmp_path: Path) -> None:
    own = {key: value for key, value in settings.items() if key != "presets"}
    study = study_of(own, "toy")
    folder = StudyFolder(tmp_path)
    claim_folder(folder, study, {})
    kept = yaml.safe_load((tmp_path / "study.yaml").read_text(encoding="utf8"))
    for key in ("smoke", "expect", "test_points"):
        del kept["study"][key]
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(kept), encoding="utf8")
    claim_folder(folder, study_of({**own, "smoke": True, "expect": {"narrow": "fail"}}, "toy"), {})
    with pytest.raises(StudyChanged, match=r"test_points was 'canonical', is 'grid'"):
        claim_folder(folder, study_of({**own, "test_points": "grid"}, "toy"), {})


@pytest.mark.parametrize("text", ["", "study: [", "- 1", "study: 7", "study: !!python/name:os.system x"])
def test_a_folder_whose_study_cannot_be_read_is_damaged(text: str, settings: dict[str, Any], tmp_path: Path) -> None:
    own = {key: value for key, value in settings.items() if key != "presets"}
    (tmp_path / "study.yaml").write_text(text, encoding="utf8")
    with pytest.raises(DamagedData, match=r"study\.yaml is not what was written"):
        claim_folder(StudyFolder(tmp_path), study_of(own, "toy"), {})
