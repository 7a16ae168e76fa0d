"""Results in a notebook and as a data frame: numbers as they are, data as text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from worldprobe.audits import Audit, Gate, Verdict
from worldprobe.errors import MissingDependency
from worldprobe.results import Prediction, Results, SavedAudit, SavedGate

FOLDER = Path(__file__).parent / "format_1"
EVIL = "<script>alert(1)</script>"


def test_results_show_their_summary_and_escape_what_is_data() -> None:
    results = Results.load(FOLDER)
    results.study["title"] = EVIL
    results.summary[0].verdict = EVIL
    shown = results._repr_html_()
    assert "0.391" in shown
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;") == 2


def test_audits_and_predictions_escape_what_is_data() -> None:
    gate = {"gate": EVIL, "subject": EVIL, "verdict": "fail", "value": 0.1, "threshold": None, "advice": EVIL}
    saved = SavedAudit(verdict=Verdict.FAIL, of="", gates=[SavedGate.model_validate({**gate, "because": ""})])
    live = Audit([Gate(EVIL, EVIL, Verdict.FAIL, 0.1, 0.2, EVIL, "")])
    refused = Prediction(objective="sigreg", refused=EVIL)
    known = Prediction(r2=0.5, ci95=(0.4, 0.6), r2_per_control={EVIL: 0.5}, notes=[EVIL])
    for shown in (part._repr_html_() for part in (saved, live, refused, known)):
        assert "&lt;script&gt;" in shown
        assert "<script>" not in shown
    assert "0.400 to 0.600" in known._repr_html_()


def test_the_headline_names_the_best_and_the_worst_exploration() -> None:
    results = Results.load(FOLDER)
    best, worst = (results.summary[i].verdict for i in (0, 1))
    assert results.headline == f"gaussian, rho 0.7: {best} policy, stride 16: {worst}"


def test_a_data_frame_has_a_row_for_every_run_and_control() -> None:
    pytest.importorskip("pandas")
    results = Results.load(FOLDER)
    frame = results.to_pandas()
    assert len(frame) == sum(len(run.recovery.r2_per_control) for run in results.runs)
    first = frame.iloc[0]
    run = next(run for run in results.runs if run.id == first["run"])
    assert first["r2"] == run.recovery.r2_per_control[first["control"]]
    assert first["missing"] == pytest.approx(1 - first["r2"])


def test_without_pandas_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependency, match="pip install pandas"):
        Results.load(FOLDER).to_pandas()
