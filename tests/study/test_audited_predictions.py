"""With an audit in the folder, a study takes over its predictions: each is computed once, and is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from worldprobe.datasets import Store
from worldprobe.predictor import exploration_prediction, log_prediction, refusals
from worldprobe.predictor.prediction import IdealEncoder
from worldprobe.study import load_study, run_study
from worldprobe.study.audit_study import keep_audit
from worldprobe.study.schema import Study

QUICK = ["training.steps=2", "references={}"]


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objectives that were predicted for, in order."""
    return _counted(monkeypatch, exploration_prediction.predict)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The same, where every prediction is refused at once."""

    def refuse(first: Any, second: Any, objective: str, **options: Any) -> IdealEncoder:
        return refusals.refused(objective, first.shape[1], len(first), refusals.NOTHING_MOVES)

    return _counted(monkeypatch, refuse)


def _counted(monkeypatch: pytest.MonkeyPatch, answer: Callable[..., IdealEncoder]) -> list[str]:
    calls: list[str] = []

    def counted(first: Any, second: Any, objective: str, **options: Any) -> IdealEncoder:
        calls.append(objective)
        return answer(first, second, objective, **options)

    for of_studies_or_audits in (exploration_prediction, log_prediction):
        monkeypatch.setattr(of_studies_or_audits, "predict", counted)
    return calls


@pytest.mark.slow
def test_an_audited_study_predicts_no_exploration_twice(study_file: Path, store: Store, predicted: list[str]) -> None:
    study, audited, alone = load_study(study_file, QUICK), study_file.parent / "audited", study_file.parent / "alone"
    keep_audit(study, audited)
    assert predicted == ["sigreg", "sigreg"]
    with_audit = run_study(study, audited, store=store)
    assert predicted == ["sigreg", "sigreg", "whitening", "whitening"]
    assert with_audit.explorations == run_study(study, alone, store=store).explorations


@pytest.mark.slow
def test_a_refused_full_prediction_is_kept_beside_the_approximate_one_and_taken_over(
    study_file: Path, store: Store, refused: list[str]
) -> None:
    study, audited, alone = load_study(study_file, QUICK), study_file.parent / "audited", study_file.parent / "alone"
    parts = keep_audit(study, audited).parts[1:]
    assert [(part.predicted.approximate, part.predicted_in_full.refused_briefly) for part in parts] == 2 * [
        (True, refusals.NOTHING_MOVES.short)
    ]
    with_audit = run_study(study, audited, store=store)
    assert refused == ["sigreg", "sigreg", "whitening", "whitening"]
    without = run_study(study, alone, store=store)
    assert with_audit.explorations == without.explorations
    assert [(of.ideal, of.refused) for of in with_audit.decomposition] == [
        (of.ideal, of.refused) for of in without.decomposition
    ]
    assert with_audit.decomposition == without.decomposition


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"of": "another study"}, {"format": 2}])
def test_an_audit_of_another_study_or_of_an_older_version_is_not_taken_over(
    study_file: Path, store: Store, refused: list[str], changes: dict[str, object]
) -> None:
    study, out = load_study(study_file, QUICK), study_file.parent / "out"
    keep_audit(study, out)
    path = out / "audit.json"
    given = json.loads(path.read_text(encoding="utf8")) | changes
    if "format" in changes:
        for part in given["parts"][1:]:
            del part["predicted_in_full"]
            part["predicted"] = {"refused": None, "r2": 0.5, "r2_per_control": {"x": 0.5}}
    path.write_text(json.dumps(given), encoding="utf8")
    refused.clear()
    run_study(study, out, store=store)
    assert sorted(refused) == ["sigreg", "sigreg", "whitening", "whitening"]


@pytest.mark.slow
def test_scores_on_a_grid_are_the_study_s_own(study_file: Path, store: Store, refused: list[str]) -> None:
    study: Study = load_study(study_file, [*QUICK, "test_points=grid"])
    out = study_file.parent / "grid"
    keep_audit(study, out)
    run_study(study, out, store=store)
    assert refused.count("sigreg") == 4
