"""Labels name folders: they are plain words, each names one run, and nothing is written outside of the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from worldprobe._util.files import inside
from worldprobe.errors import InvalidStudy, WorldprobeError
from worldprobe.study.load import study_of

BAD = ["../../../x", "a/b", "a\\b", "", ".", "..", "a b", "ü", "x" * 65, "a\0", "\ud800", "con:", "~", "-\n"]


def _study(settings: dict[str, Any], **changes: Any) -> Any:
    return study_of({**{k: v for k, v in settings.items() if k != "presets"}, **changes}, "toy")


@pytest.mark.parametrize("label", BAD)
@pytest.mark.parametrize("key", ["regimes", "objectives", "axes", "axes.values", "axes.names"])
def test_a_label_that_is_no_plain_word_is_refused_with_its_key(key: str, label: str, settings: dict[str, Any]) -> None:
    changes: dict[str, Any] = {
        "regimes": {"regimes": {"gaussian": {}, label: {"name": "gaussian"}}},
        "objectives": {"objectives": {label: {"name": "lejepa"}}},
        "axes": {"axes": {label: {"key": "d", "values": [2]}}},
        "axes.values": {"axes": {"x": {"key": "training.schedule", "values": [label]}}},
        "axes.names": {"axes": {"x": {"values": {label: {"d": 2}}}}},
    }[key]
    with pytest.raises(InvalidStudy, match=rf"  {key.partition('.')[0]}") as caught:
        _study(settings, **changes)
    assert "\0" not in str(caught.value)
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("label", ["canonical", "supervised", "untrained", "pixels", "world"])
@pytest.mark.parametrize("key", ["regimes", "objectives"])
def test_what_references_are_called_is_no_label(key: str, label: str, settings: dict[str, Any]) -> None:
    name = {"regimes": "gaussian", "objectives": "lejepa"}[key]
    with pytest.raises(InvalidStudy, match=f"{key}: the label '{label}' is taken"):
        _study(settings, **{key: {name: {}, label: {"name": name}}})


@pytest.mark.parametrize("name", ["", "-x", "A", "a/b", "..", "a" * 65, "a\n"])
def test_a_study_s_name_is_a_plain_word(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidStudy, match="name = "):
        _study(settings, name=name)


def test_two_runs_of_one_name_are_refused(settings: dict[str, Any]) -> None:
    twice = {
        "regimes": {"a": {"name": "gaussian"}, "a__b": {"name": "gaussian"}},
        "objectives": {"b__c": {"name": "lejepa"}, "c": {"name": "whitening"}},
        "references": {},
    }
    with pytest.raises(
        InvalidStudy, match=r"regimes = .*: regime 'a', objective 'b__c'.* and regime 'a__b', .*'a__b__c__seed0'"
    ):
        _study(settings, **twice)


def test_labels_that_differ_by_case_alone_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InvalidStudy, match="'gaussian' and 'Gaussian' differ by case alone"):
        _study(settings, regimes={"gaussian": {}, "Gaussian": {"name": "gaussian"}})


def test_a_run_s_name_fits_on_a_disk(settings: dict[str, Any]) -> None:
    long = {
        letter * 60: {"key": key, "values": [2]} for letter, key in (("a", "d"), ("b", "restarts"), ("c", "frames"))
    }
    long = {name: {**axis, "values": [axis["values"][0] * 64]} for name, axis in long.items()}
    with pytest.raises(InvalidStudy, match="at most 200 fit"):
        _study(settings, axes=long)


def test_numbers_on_an_axis_are_labels(settings: dict[str, Any]) -> None:
    study = _study(settings, axes={"lr": {"key": "training.lr", "values": ["1e-3", 1e-10, 2.5]}})
    assert study.axes["lr"].labels == [0.001, 1e-10, 2.5]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc", "a/b", "a\\b", "a\0b"])
def test_a_path_made_from_a_name_lies_in_its_folder(name: str, tmp_path: Path) -> None:
    assert inside(tmp_path, "runs", "a..b") == tmp_path / "runs" / "a..b"
    with pytest.raises(WorldprobeError, match="cannot be the name of a file"):
        inside(tmp_path, "runs", name)
