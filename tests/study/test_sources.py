"""Studies of sources: recordings and worlds under one test set, and what does not fit is refused with its key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from sources.dots import write_dots
from toy import ToyWorld
from worldprobe.datasets import Store
from worldprobe.errors import InvalidStudy, InvalidValue, UnknownName
from worldprobe.reports import write_report
from worldprobe.study import conclude_study, load_study, run_study
from worldprobe.study.audit_study import audit_study
from worldprobe.study.cells import cells
from worldprobe.study.preflight import preflight
from worldprobe.study.schema import Study
from worldprobe.study.source_differences import source_differences


def toy_log(path: Path, spread: float, seed: int, rows: int = 1600) -> Path:
    """Record the toy world's own frames and quantities, in episodes of eight rows about a place of their own."""
    rng, world = np.random.default_rng(seed), ToyWorld()
    place = rng.standard_normal((rows // 8, 1, 2))
    z = spread * (0.9 * place + np.sqrt(0.19) * rng.standard_normal((rows // 8, 8, 2))).reshape(-1, 2)
    columns = {control.name: control.physical(z[:, k]) for k, control in enumerate(world.controls)}
    np.savez(path, pixels=world.observe(z), episode=np.arange(rows) // 8, **columns)
    return path


@pytest.fixture
def settings(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """A study of two recordings of the toy world."""
    for key in ("world", "regimes", "presets"):
        settings.pop(key)
    settings["sources"] = {
        label: {"recording": str(toy_log(tmp_path / f"{label}.npz", spread, seed)), "states": ["x", "y"], "size": 16}
        for label, spread, seed in (("wide", 1.0, 0), ("narrow", 0.2, 1))
    }
    settings["encoder"], settings["frames"] = {"name": "patchify", "width": 16, "token": 16, "hidden": 32}, None
    settings["training"] = {"steps": 30, "batch": 64, "lr": 0.01}
    settings["references"] = {"supervised_on": "wide"}
    return settings


def run(settings: dict[str, Any], out: Path) -> Any:
    return run_study(Study.model_validate(settings), out, store=Store(out.parent / "datasets"))


@pytest.mark.slow
def test_recordings_are_trained_on_and_scored_on_one_test_set(settings: dict[str, Any], tmp_path: Path) -> None:
    results = run(settings, tmp_path / "out")
    assert [run.id for run in results.runs] == [
        "wide__lejepa__seed0",
        "wide__supervised__seed0",
        "narrow__lejepa__seed0",
        "canonical__untrained__seed0",
        "canonical__pixels__seed0",
    ]
    truth = [np.load(tmp_path / "out" / "runs" / run.id / "arrays.npz")["truth"] for run in results.runs]
    assert all(np.array_equal(truth[0], other) for other in truth)
    assert len(truth[0]) == 256
    assert truth[0][:128].std() > 3 * truth[0][128:].std()
    assert results.study["test_points"] == "heldout"
    assert {row.regime for row in results.summary} == {"wide", "narrow", "canonical"}
    [difference] = source_differences(tmp_path / "out")
    low, high = difference.r2.ci95
    assert (difference.first, difference.second) == ("wide", "narrow")
    assert low <= difference.r2.mean <= high
    assert conclude_study(tmp_path / "out") == results
    page = write_report(tmp_path / "out").read_text(encoding="utf8")
    assert "every source, in equal shares," in page
    # The same study goes on in its folder, and its frames are not made again.
    assert run(settings, tmp_path / "out").runs == results.runs


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
@pytest.mark.parametrize("points", ["heldout", "canonical"])
def test_a_recording_is_compared_with_a_world(settings: dict[str, Any], points: str, tmp_path: Path) -> None:
    settings["sources"]["gaussian"] = {"world": "toy-frames", "regime": {"name": "gaussian", "rho": 0.8}}
    settings |= {"frames": 512, "test_points": points}
    results = run(settings, tmp_path / "out")
    worlds = {run.regime: run.world for run in results.runs}
    assert (worlds["wide"], worlds["gaussian"]) == ("recording", "toy-frames")
    assert worlds["canonical"] == ("recording and toy-frames" if points == "heldout" else "toy-frames")
    frames = {one.label: one.frames for one in results.explorations}
    assert frames == {"wide": 512, "narrow": 512, "gaussian": 512}
    sd = {one.label: one.sd["x"] for one in results.explorations}
    assert sd["narrow"] == pytest.approx(0.2, abs=0.03)  # the world's units, not its own


@pytest.mark.slow
def test_an_audit_has_each_source_by_itself_and_scores_all_on_rows_of_all(settings: dict[str, Any]) -> None:
    study = Study.model_validate(settings)
    found = audit_study(study)
    assert [part.label for part in found.parts] == ["wide", "narrow"]
    assert all(part.scored_on == "rows of all" for part in found.parts)
    assert all(part.predicted is not None and part.predicted.r2_on_test is not None for part in found.parts)
    assert all(gate.subject.startswith(("wide: ", "narrow: ")) for gate in found.gates)


def test_units_are_shared_and_each_recording_counts_equally(settings: dict[str, Any], tmp_path: Path) -> None:
    toy_log(tmp_path / "narrow.npz", 0.2, 1, rows=320)
    study = Study.model_validate(settings)
    z = [study.source(label).every_pair().controls for label in study.labels]  # type: ignore[attr-defined]
    assert np.mean([part.mean(axis=0) for part in z], axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert np.mean([(part**2).mean(axis=0) for part in z], axis=0) == pytest.approx([1, 1], abs=1e-5)
    assert study.controls[0].physical(z[0][:3, 0]) == pytest.approx(np.load(tmp_path / "wide.npz")["x"][:3], abs=1e-5)


def test_states_in_another_order_are_put_in_order(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["sources"]["narrow"]["states"] = ["y", "x"]
    study = Study.model_validate(settings)
    z = study.source("narrow").every_pair().controls  # type: ignore[attr-defined]
    assert study.controls[0].physical(z[:, 0]) == pytest.approx(np.load(tmp_path / "narrow.npz")["x"], abs=1e-5)


def test_nothing_is_read_before_it_is_needed(settings: dict[str, Any]) -> None:
    settings["sources"]["wide"]["recording"] = "nowhere.npz"
    study = Study.model_validate(settings)
    assert json.loads(study.model_dump_json())["sources"]["wide"]["recording"] == "nowhere.npz"
    assert len(cells(study)) == 5


def test_an_axis_of_a_source_changes_the_test_set_of_all(settings: dict[str, Any]) -> None:
    settings["axes"] = {"stride": {"key": "sources.wide.stride", "values": [1, 2]}}
    ids = [cell.id for cell in cells(Study.model_validate(settings))]
    assert "narrow__lejepa__stride-2.0__seed0" in ids or "narrow__lejepa__stride-2__seed0" in ids
    assert len(ids) == 10


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"world": "toy-frames"}, "world = 'given': `sources` take the place"),
        ({"sources": {}}, "world = None: missing: a study has a world and regimes, or sources"),
        ({"sources": {"a": {"path": "x.npz"}}}, r"sources.a = .*allowed is \{recording: PATH"),
        (
            {"sources": {"a": {"recording": "x.npz", "strode": 2}}},
            "sources.a.strode: unknown key. Did you mean 'stride'",
        ),
        ({"sources": {"a": {"world": "toy-frames", "regime": {"name": "gaussian", "rho": 2}}}}, "sources.a.regime.rho"),
        ({"sources": {"world": {"recording": "x.npz"}}}, "the label 'world' is taken"),
        ({"planning": {}}, "planning = 'given': plans are made in a `world`"),
        ({"test_points": "somewhere"}, "test_points = 'somewhere'"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key(
    change: dict[str, Any], said: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump({**settings, **change, "references": {}}), encoding="utf8")
    with pytest.raises(InvalidStudy, match=said):
        load_study(path)


def test_an_unknown_regime_of_a_source_is_answered_with_the_nearest(settings: dict[str, Any]) -> None:
    settings["sources"] = {"a": {"world": "toy-frames", "regime": "gausian"}}
    settings |= {"references": {}, "frames": 512}
    with pytest.raises(UnknownName, match="Did you mean 'gaussian'"):
        Study.model_validate(settings)


def test_sources_of_other_states_or_other_frames_are_refused_before_work(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    other = write_dots(tmp_path / "dots.npz", 40)
    for given, said in (
        ({"recording": str(other), "states": ["state"], "size": 16}, r"wide: x, y; narrow: state\[0\], state\[1\]"),
        ({**settings["sources"]["narrow"], "size": 8}, "wide 16 x 16 x 3, narrow 8 x 8 x 3"),
    ):
        settings["sources"]["narrow"] = given
        with pytest.raises(InvalidValue, match=said):
            preflight([Study.model_validate(settings)], tmp_path / "out")


def test_canonical_points_need_a_world(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["test_points"] = "canonical"
    with pytest.raises(InvalidValue, match="heldout, where the sources do not have exactly one world"):
        preflight([Study.model_validate(settings)], tmp_path / "out")


def test_a_hypothesis_about_a_state_that_no_source_has_is_refused_before_work(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    settings["hypotheses"] = ["wide: r2 of z >= 0.5"]
    with pytest.raises(UnknownName, match="'z'"):
        preflight([Study.model_validate(settings)], tmp_path / "out")


def test_an_objective_that_predicts_from_actions_needs_them(settings: dict[str, Any], tmp_path: Path) -> None:
    settings["objectives"] = {"lejepa-predictive": {}}
    with pytest.raises(InvalidValue, match=r"objectives.lejepa-predictive.*wide has none"):
        preflight([Study.model_validate(settings)], tmp_path / "out")
