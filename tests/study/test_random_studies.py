"""Whatever a person writes: a study, or one error that a person can read; and no path that leads out of its folder."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worldprobe.errors import WorldprobeError
from worldprobe.study import Study, load_study, shipped_studies
from worldprobe.study.cells import cells, explorations
from worldprobe.study.load import study_of
from worldprobe.study.study_folder import StudyFolder

SHIPPED = {name: load_study(name, preset="smoke").model_dump(mode="json") for name in shipped_studies()}
WORDS = ["../../../x", "/etc/x", "..", ".", "", "a\0b", "\ud800", "\x1b[31m", "a" * 300, "[/nope]", "world", "1e-3"]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([10**30, 10**9, 1e300, float("nan"), float("inf"), -1e-300, 33, 100_000])
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(st.sampled_from([*WORDS, "name", "rho", "values", "key"]), part, max_size=3)
    ),
    max_leaves=6,
)
ANYTHING = settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))


def _as_yaml(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, part in inner for found in _paths(part, (*path, key)))]


def _holds(study: Study, out: Path) -> None:
    """Check that everything that the study would write lies in its folder, at most two levels down."""
    folder = StudyFolder(out)
    for cell in cells(study):
        assert folder.run_folder(cell.id).resolve().parent == (out / "runs").resolve()
    for cell in explorations(study):
        folder.finished_exploration(cell.id)
    assert len({cell.id.casefold() for cell in cells(study)}) == len(cells(study))
    settings = study.model_dump(mode="json")
    for _ in range(2):
        folder.save_study(settings, {})
        assert folder.stored_study() == (settings, {})


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parent")


@ANYTHING
@given(data=st.data(), name=st.sampled_from(sorted(SHIPPED)))
def test_changed_settings_are_a_study_or_refused_in_words(data: st.DataObject, name: str, out: Path) -> None:
    changed = deepcopy(SHIPPED[name])
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, key = data.draw(st.sampled_from(_paths(changed)[1:]))
        target: Any = changed
        for parent in parents:
            target = target[parent]
        if isinstance(target, dict) and data.draw(st.booleans()):
            target[data.draw(st.sampled_from(WORDS))] = target.pop(key)
        else:
            target[key] = data.draw(VALUES)
    _is_a_study_or_refused(lambda: study_of(changed, name), out)


@pytest.mark.slow
@ANYTHING
@given(data=st.data(), name=st.sampled_from(sorted(SHIPPED)))
def test_any_override_is_a_study_or_refused_in_words(data: st.DataObject, name: str, out: Path) -> None:
    keys = [".".join(map(str, path)) for path in _paths(SHIPPED[name])[1:]]
    key = data.draw(st.sampled_from(keys) | st.text(max_size=12))
    value = data.draw(st.text(max_size=20) | VALUES.map(_as_yaml))
    _is_a_study_or_refused(lambda: load_study(name, [f"{key}={value}"], "smoke"), out)


@ANYTHING
@given(text=st.text(max_size=80) | VALUES.map(_as_yaml))
def test_any_file_is_a_study_or_refused_in_words(text: str, out: Path) -> None:
    (out / "any.yaml").write_bytes(text.encode("utf8", "surrogatepass"))
    _is_a_study_or_refused(lambda: load_study(out / "any.yaml"), out)


def _is_a_study_or_refused(make: Any, out: Path) -> None:
    try:
        study = make()
    except WorldprobeError as error:
        said = str(error).replace("\n", "")
    else:
        said = ""
    if said:
        assert said.isprintable(), repr(said)
        return
    inside = out / "inside"
    for path in sorted(inside.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    _holds(study, inside)
    assert {path.name for path in out.iterdir()} <= {"inside", "any.yaml"}
