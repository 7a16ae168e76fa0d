"""Why R^2 is missing, what the audit had said, and what became of the hypotheses: on the page, in this order."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports.reading import Page, results_of, rewrite, written
from worldprobe.audits import Audit, Gate, Verdict
from worldprobe.audits.audit_folder import save_audit
from worldprobe.errors import DamagedData
from worldprobe.reports.cause_sentences import Case, sentences
from worldprobe.reports.charts import BarStack, StackPiece, longest, stack_chart
from worldprobe.results import ControlRecord, MissingParts, load_audit
from worldprobe.study.audit_study import audited
from worldprobe.world import Control

YAW = Control("yaw", "deg", 65.0, "pan", limit=200.0)


def _parts(missing: float, *parts: float | None) -> MissingParts:
    names = ("regime", "scene", "non_identifiability", "data", "optimisation", "unexplained")
    return MissingParts.model_validate({"missing": missing, **dict(zip(names, parts, strict=True))})


RECORDED = ControlRecord.model_validate(YAW.described())
SCENE = _parts(0.41, 0.0, 0.38, 0.0, 0.02, 0.0, 0.01)


def _alike(degrees: float) -> Audit:
    there = float(YAW.standardised(np.array([degrees]))[0])
    evidence = {
        "controls": [{"yaw": 0.0}, {"yaw": there}],
        "frames": np.full((8, 17, 3), 90, dtype=np.uint8),
        "rest": np.array([1.0, np.nan]),
    }
    gate = Gate("perceptual-aliasing", "yaw", Verdict.FAIL, 0.03, 0.06, "Break the symmetry.", "Injectivity.", evidence)
    return Audit([Gate("visible", "yaw", Verdict.PASS, 9.0, 1.0, "", "Seen."), gate])


def _explained(folder: Path, *, refused: bool = False, **more: Any) -> Page:
    """Write decompositions into an example's results, and its report."""
    results = results_of(folder)
    told = []
    for run in results["runs"]:
        if run["role"] == "measured":
            parts = {}
            for name, r2 in run["recovery"]["r2_per_control"].items():
                half = (1 - r2) / 2
                known = {"regime": 0.0, "data": half, "optimisation": 0.0, "rest": 0.0}
                unknown = {"regime": None, "data": None, "optimisation": None, "rest": half}
                parts[name] = {"missing": 1 - r2, "scene": half, **(unknown if refused else known)}
            told.append({"run": run["id"], "refused": "Too few shots." if refused else None, "controls": parts})
    results["decomposition"] = told
    rewrite(folder, {**results, **more})
    return written(folder)


def _case(audit: Audit | None, folder: Path) -> Case:
    if audit is None:
        return Case(RECORDED, None, None, "100 frames")
    save_audit(audit, folder, "key")
    return Case(RECORDED, None, load_audit(folder), "100 frames")


def sentence(case: Case, parts: MissingParts) -> str:
    """Return the sentence on one control."""
    (said,) = sentences([(case, parts)])
    return said


def test_a_sentence_names_the_symmetry_that_the_audit_found(tmp_path: Path) -> None:
    said = sentence(_case(_alike(90.0), tmp_path), SCENE)
    assert said == "yaw: 0.41 missing; 0.38 because the world looks the same from four sides"
    assert "two sides" in sentence(_case(_alike(180.0), tmp_path), SCENE)
    assert "values 80 deg apart look the same" in sentence(_case(_alike(80.0), tmp_path), SCENE)


def test_a_sentence_without_an_audit_says_what_is_known(tmp_path: Path) -> None:
    case = _case(None, tmp_path)
    assert "0.38 because a supervised encoder recovers no more from what is seen" in sentence(case, SCENE)
    data = _parts(0.3, 0.0, 0.0, 0.0, 0.2, 0.1, 0.0)
    assert sentence(case, data) == (
        "yaw: 0.30 missing; 0.20 because 100 frames are too few: held-out pairs do not follow the training pairs; "
        "0.10 because training stopped short of its optimum"
    )
    wide = _parts(0.3, 0.0, 0.0, 0.0, None, None, 0.3)
    assert "fewer controls move than the embedding has dimensions" in sentence(case, wide)
    refused = _parts(0.3, None, 0.0, None, None, None, 0.3)
    assert sentence(case, refused).endswith("0.30 not separated, because the prediction was refused")


def test_controls_with_the_same_causes_share_a_sentence(tmp_path: Path) -> None:
    still = _case(None, tmp_path)
    other = replace(still, control=still.control.model_copy(update={"name": "roll"}))
    lost = [_parts(missing, 0.0, 0.0, 0.0, 0.0, missing, 0.0) for missing in (0.3, 0.5)]
    assert sentences(list(zip([still, other], lost, strict=True))) == [
        "yaw and roll: 0.30 to 0.50 missing; 0.30 to 0.50 because training stopped short of its optimum"
    ]


def test_the_scene_is_charged_with_no_more_than_what_every_reference_lacks(one_seed: Path) -> None:
    page = _explained(one_seed)
    read = {
        s["role"]: s["r2_per_control"] for s in results_of(one_seed)["summary"] if s["role"] in ("ceiling", "pixels")
    }
    table = page.tables["What every control is missing, mean over seeds"]
    scene, unexplained = (table.columns.index(name) for name in ("the scene", "unexplained"))
    moved = 0
    for row in table.rows:
        lacking = 1 - max(of[str(row[1])]["mean"] for of in read.values())
        assert row[scene] == pytest.approx(min(row[2] / 2, lacking))  # half was charged to the scene
        assert row[unexplained] == pytest.approx(max(0.0, row[2] / 2 - lacking))
        moved += row[unexplained] > 0.1
    assert moved > 0


def test_an_audit_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    save_audit(_alike(90.0), tmp_path, "key")
    found = load_audit(tmp_path)
    assert found is not None
    assert (found.of, found.verdict, found.to_json()) == ("key", Verdict.FAIL, _alike(90.0).to_json())
    assert found.gates[1].evidence["rest"] == [1.0, None]
    assert [picture and picture.name for picture in map(found.picture, found.gates)] == [
        None,
        "perceptual-aliasing-yaw.png",
    ]
    (tmp_path / "audit.json").write_text('{"gates": [', encoding="utf8")
    with pytest.raises(DamagedData, match="audit again"):
        load_audit(tmp_path)


def test_bars_are_as_long_as_their_parts_and_side_by_side() -> None:
    stack = BarStack("yaw", (StackPiece("p0", "a", 0.1), StackPiece("p1", "b", 0.0), StackPiece("p2", "c", 0.3)))
    assert longest([stack]) == pytest.approx(0.4)
    assert longest([]) == pytest.approx(0.1)
    drawn = str(stack_chart([stack], 0.4, 324, "t", "d"))
    boxes = [
        tuple(map(float, box)) for box in re.findall(r'x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="17"', drawn)
    ]
    assert boxes == [(84.0, 50.0), (134.0, 150.0)]


@pytest.mark.parametrize(("value", "said"), [(0.58, ">.58<"), (0.9992, ">1.00<"), (1.0, ">1.00<")])
def test_a_part_s_number_in_its_bar_is_not_cut(value: float, said: str) -> None:
    assert said in str(stack_chart([BarStack("yaw", (StackPiece("p0", "a", value),))], 1.0, 324, "t", "d"))


def test_the_report_shows_parts_sentences_and_their_table(one_seed: Path) -> None:
    page = _explained(one_seed)
    table = page.tables["What every control is missing, mean over seeds"]
    assert table.columns[2:] == [
        "missing",
        "the exploration",
        "the scene",
        "non-identifiability",
        "finite data",
        "optimisation",
        "unexplained",
    ]
    for row in table.rows:
        assert sum(x for x in row[3:] if isinstance(x, float)) == pytest.approx(row[2])
    assert len(table.rows) == 18
    assert "because its frames are too few" in page.text


def test_a_refused_prediction_is_said_on_the_page(one_seed: Path) -> None:
    page = _explained(one_seed, refused=True)
    assert "cannot be separated from data, optimisation and what is unexplained. Too few shots." in page.text
    assert "not separated: no prediction" in page.text


def test_the_audit_s_gates_pictures_and_advice_are_on_the_page(one_seed: Path) -> None:
    save_audit(_alike(90.0), one_seed, audited(results_of(one_seed)["study"]))
    page = _explained(one_seed)
    assert "Of two gates, 1 fail and 0 warn." in page.text
    (row,) = page.tables["Gates that fail"].rows
    assert row == ["perceptual-aliasing", "yaw", "Break the symmetry."]
    assert any(
        "side by side: perceptual-aliasing, yaw" in str(attrs.get("alt")) for tag, attrs in page.tags if tag == "img"
    )


def test_an_audit_of_something_else_is_left_out(one_seed: Path) -> None:
    save_audit(_alike(90.0), one_seed, "another study")
    page = _explained(one_seed)
    assert "is left out" in page.text
    assert "Break the symmetry." not in page.text
    assert "looks the same" not in page.text


CLAIM = {"of": {"regime": "gaussian"}, "comparison": ">=", "threshold": 0.93}
OUTCOME = {
    "hypothesis": "gaussian: r2 >= 0.93",
    "verdict": "confirmed",
    "estimate": {"mean": 0.97, "ci95": [0.96, 0.98]},
    "threshold": 0.93,
    "reason": "all of it above",
}
LOST = {**OUTCOME, "hypothesis": "cinematic: r2 >= 1", "verdict": "inconclusive", "estimate": None, "reason": "no run"}


def test_the_last_section_concludes_and_says_what_deviated(one_seed: Path) -> None:
    registration = {
        "hash": "ab" * 32,
        "planned": "2026-01-01T00:00:00+00:00",
        "hypotheses": [CLAIM],
        "audit": "pass",
        "reviews": [
            {"name": "Ada", "role": "reviewer", "verdict": "approve", "notes": "", "signed": "today", "audit": None}
        ],
        "unsigned": "it has 1 of 2 approvals",
        "deviations": ["training.lr was 0.003, is 0.5"],
        "why": "it <diverged>",
    }
    page = _explained(one_seed, registration=registration, outcomes=[OUTCOME, LOST])
    html = (one_seed / "report.html").read_text(encoding="utf8")
    sections = [
        key for key in re.findall(r'<section id="([\w-]+)"', html) if key not in ("how", "glossary", "provenance")
    ]
    assert sections[-1] == "concluded"
    assert "Of two claims: 1 confirmed, 1 inconclusive." in page.text
    assert "training.lr was 0.003, is 0.5" in page.text
    assert "Why: it <diverged>" in page.text
    assert "Run without the sign-offs" in page.text
    assert page.tables["Sign-offs"].rows[0][:3] == ["Ada", "reviewer", "approve"]
    assert page.tables["Hypotheses and their outcomes"].rows[0][:3] == ["gaussian: r2 >= 0.93", "confirmed", 0.97]


def test_hypotheses_without_a_protocol_are_said_to_be_unregistered(one_seed: Path) -> None:
    assert "No protocol fixed these hypotheses" in _explained(one_seed, outcomes=[OUTCOME]).text
