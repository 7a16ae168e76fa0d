"""What a budget cannot say is not said, and what a reader must know first comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.reading import Written, results_of, rewrite, written
from worldprobe.reports import read_folder
from worldprobe.reports.sections import sections_for
from worldprobe.reports.sections.hypothesis_results import hypothesis_results

OUTCOME = {
    "hypothesis": "gaussian: r2 >= 0.93", "verdict": "refuted", "estimate": {"mean": 0.1, "ci95": [0.0, 0.2]},
    "threshold": 0.93, "reason": "all of it below",
}  # fmt: skip


@pytest.fixture
def smoke(one_seed: Path) -> Path:
    """A folder of a smoke run with a hypothesis that its budget cannot test."""
    results = results_of(one_seed)
    results["study"]["smoke"] = True
    results["outcomes"] = [OUTCOME]
    rewrite(one_seed, results)
    return one_seed


def test_smoke_run_has_a_banner_and_no_verdict(smoke: Path) -> None:
    page = written(smoke)
    html = (smoke / "report.html").read_text(encoding="utf8")
    assert "1,000 steps: the numbers mean nothing." in page.text
    assert 'class="answer' not in html
    assert 'class="big' not in html
    assert "refuted" not in page.text
    assert hypothesis_results not in sections_for(read_folder(smoke))
    assert "R² per control and exploration" in page.tables  # that everything works is there to see


def test_study_with_a_full_budget_has_its_verdict_and_no_banner(example: Written) -> None:
    assert "the numbers mean nothing" not in example.page.text
    assert 'class="answer' in example.html


def test_every_headline_number_is_next_to_its_floor_and_ceiling(example: Written) -> None:
    answer = example.html.split('<p class="answer')[1].split("</p>")[0]
    assert "untrained encoder 0." in answer
    assert "supervised encoder 0.98" in answer
    cards = example.html.split('<ol class="figures">')[1].split("</ol>")[0]
    assert cards.count('class="big') == cards.count('"key floor"') == cards.count('"key ceiling"') == 3


def test_warnings_of_the_data_s_reader_are_at_the_head(one_seed: Path) -> None:
    results = results_of(one_seed)
    results["data_warnings"] = ["the column <gripper> never moves"]
    rewrite(one_seed, results)
    page = written(one_seed)
    assert "the column <gripper> never moves" in page.text
    assert page.text.index("never moves") < page.text.index("Evidence")
