"""Protocols: what was planned cannot be edited, run differently or run unsigned without being found out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from worldprobe.audits import Audit, Gate, Verdict
from worldprobe.datasets import Store
from worldprobe.errors import DamagedData, InvalidValue, NotSigned, StudyChanged, WorldprobeError
from worldprobe.protocol import add_audit, brief, make_protocol, plan, read_protocol, register, reviews, sign
from worldprobe.results import load_audit
from worldprobe.study import Results, run_study

AUDIT = Audit([Gate("coverage", "narrow: x", Verdict.FAIL, 0.1, 0.5, "Explore | more.", "Judged on N(0, I).")])


def _approved(folder: Path) -> None:
    for name in ("Ada", "Emmy"):
        sign(folder, name=name, role="reviewer", verdict="approve")


def test_the_same_study_has_the_same_hash_and_any_other_setting_another(claimed: Any) -> None:
    assert make_protocol(claimed()).hash == make_protocol(claimed()).hash
    others = {
        make_protocol(claimed(change)).hash
        for change in ("training.steps=61", "seeds=[1]", 'hypotheses=["gaussian: r2 >= 0.4"]')
    }
    assert len(others | {make_protocol(claimed()).hash, make_protocol(claimed(), reviews=3).hash}) == 5


def test_a_plan_says_every_claim_and_is_never_overwritten(claimed: Any, tmp_path: Path) -> None:
    first = plan(claimed(), tmp_path / "p")
    text = (tmp_path / "p" / "protocol.md").read_text(encoding="utf8")
    assert first.hash in text
    assert all(f"`{claim}`" in text for claim in first.hypotheses)
    assert plan(claimed(), tmp_path / "p") == first
    with pytest.raises(StudyChanged, match=r"training\.steps was 60, is 7"):
        plan(claimed("training.steps=7"), tmp_path / "p")
    assert read_protocol(tmp_path / "p") == first


def test_a_study_without_claims_says_so(claimed: Any, tmp_path: Path) -> None:
    plan(claimed("hypotheses=[]"), tmp_path / "p")
    assert "states no hypothesis" in (tmp_path / "p" / "protocol.md").read_text(encoding="utf8")


def test_a_threshold_lowered_afterwards_is_noticed(claimed: Any, tmp_path: Path) -> None:
    plan(claimed(), tmp_path / "p")
    path = tmp_path / "p" / "protocol.json"
    edited = json.loads(path.read_text(encoding="utf8"))
    edited["hypotheses"][0]["threshold"] = 0.1
    path.write_text(json.dumps(edited), encoding="utf8")
    with pytest.raises(DamagedData, match="edited after it was planned"):
        read_protocol(tmp_path / "p")


def test_another_study_is_refused_by_key_unless_it_says_why(claimed: Any, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    plan(claimed(), folder)
    _approved(folder)
    assert register(claimed(), folder).deviations == []
    other = claimed("training.lr=0.5", "regimes.gaussian.rho=0.1")
    with pytest.raises(
        StudyChanged, match=r"regimes\.gaussian\.rho was 0\.8, is 0\.1; training\.lr was 0\.01, is 0\.5"
    ):
        register(other, folder)
    with pytest.raises(InvalidValue, match="a reason"):
        register(other, folder, deviate=" ")
    told = register(other, folder, deviate="it diverged")
    assert told.why == "it diverged"
    assert told.deviations == ["regimes.gaussian.rho was 0.8, is 0.1", "training.lr was 0.01, is 0.5"]


def test_it_takes_two_names_and_no_rejection(claimed: Any, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    plan(claimed(), folder)
    with pytest.raises(NotSigned, match="0 of 2 approvals"):
        register(claimed(), folder)
    for name in ("Ada Lovelace", " ada  lovelace "):
        sign(folder, name=name, role="author", verdict="approve")
    with pytest.raises(NotSigned, match="1 of 2 approvals"):
        register(claimed(), folder)
    sign(folder, name="Emmy", role="assistant", verdict="comment", notes="thin")
    with pytest.raises(NotSigned, match="1 of 2"):
        register(claimed(), folder)
    sign(folder, name="Emmy", role="assistant", verdict="approve")
    assert [review.verdict for review in register(claimed(), folder).reviews] == ["approve", "approve"]
    sign(folder, name="Grace", role="outside", verdict="reject", notes="thresholds known")
    with pytest.raises(NotSigned, match=r"rejected by Grace \(outside\): thresholds known"):
        register(claimed(), folder)
    assert "rejected by Grace" in str(register(claimed(), folder, unsigned=True).unsigned)


def test_a_sign_off_is_of_one_protocol_only(claimed: Any, tmp_path: Path) -> None:
    plan(claimed(), tmp_path / "p")
    _approved(tmp_path / "p")
    plan(claimed("seeds=[7]"), tmp_path / "q")
    (tmp_path / "p" / "reviews").rename(tmp_path / "q" / "reviews")
    assert reviews(tmp_path / "q", read_protocol(tmp_path / "q")) == []


def test_a_bad_sign_off_or_folder_is_refused(claimed: Any, tmp_path: Path) -> None:
    with pytest.raises(WorldprobeError, match="worldprobe plan"):
        sign(tmp_path, name="Ada", role="reviewer", verdict="approve")
    plan(claimed(), tmp_path / "p")
    with pytest.raises(InvalidValue, match="approve, reject, comment"):
        sign(tmp_path / "p", name="Ada", role="reviewer", verdict="fine")
    with pytest.raises(InvalidValue, match="--name"):
        sign(tmp_path / "p", name=" ", role="reviewer", verdict="approve")


def test_an_audit_joins_its_own_protocol_only_and_reviews_say_that_they_saw_it(claimed: Any, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    plan(claimed(), folder)
    assert sign(folder, name="Ada", role="reviewer", verdict="approve").review.audit is None
    with pytest.raises(StudyChanged, match="seeds"):
        add_audit(claimed("seeds=[3]"), AUDIT, folder)
    add_audit(claimed(), AUDIT, folder)
    assert sign(folder, name="Emmy", role="reviewer", verdict="approve").review.audit is not None
    assert register(claimed(), folder).audit == "fail"
    found = load_audit(folder)
    assert found is not None
    assert found.to_json() == AUDIT.to_json()


def test_a_brief_holds_what_an_attack_needs(claimed: Any) -> None:
    text = brief(claimed(), AUDIT)
    for needed in (
        "Does it work?",
        "gaussian minus narrow: r2 >= 0.9",
        "| x | to the right | 1 px |",
        "| narrow | x |",
        "lambda 0.05",
        "`mlp`",
        "2,048",
        "| coverage | narrow: x | fail | 0.1 | 0.5 |",
        "Gate coverage (fail), narrow: x: Explore | more.",
        "One seed",
    ):
        assert needed in text


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_outcomes_follow_the_thresholds_that_were_planned(claimed: Any, tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "p"
    plan(claimed(), folder)
    _approved(folder)
    lowered = claimed('hypotheses=["gaussian: r2 >= -5"]')
    registration = register(lowered, folder, deviate="to look better")
    results = run_study(lowered, tmp_path / "out", store=store, registration=registration)
    assert [o.verdict for o in results.outcomes] == ["confirmed", "refuted", "refuted"]
    assert results.registration is not None
    assert results.registration.deviations[0].startswith("hypotheses was [{")
    again = run_study(lowered, tmp_path / "out", store=store)
    assert (again.registration, again.outcomes) == (results.registration, results.outcomes)
    assert Results.load(tmp_path / "out") == again


@pytest.mark.usefixtures("few_predicted")
def test_runs_cannot_be_registered_afterwards(claimed: Any, tmp_path: Path, store: Store) -> None:
    study = claimed("training.steps=2")
    run_study(study, tmp_path / "out", store=store)
    plan(study, tmp_path / "p")
    _approved(tmp_path / "p")
    with pytest.raises(StudyChanged, match="cannot be registered afterwards"):
        run_study(study, tmp_path / "out", store=store, registration=register(study, tmp_path / "p"))
