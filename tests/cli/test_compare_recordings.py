"""`worldprobe compare` of recordings, and what it says where the arguments are of two kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.calling import call
from sources.dots import write_dots

FOLDER = Path(__file__).parents[1] / "results" / "format_1"


@pytest.fixture
def logs(tmp_path: Path) -> list[str]:
    wide = write_dots(tmp_path / "wide.npz", 60, spread=3.0)
    narrow = write_dots(tmp_path / "narrow.npz", 60, spread=0.6, seed=1)
    return [str(wide), str(narrow)]


@pytest.mark.slow
def test_recordings_are_audited_side_by_side(logs: list[str], tmp_path: Path) -> None:
    out = tmp_path / "kept"
    found = call("compare", *logs, "--states", "state", "--frames", "none", "--out", str(out))
    assert "wide" in found.out
    assert "narrow" in found.out
    assert "standardised by the mean and standard deviation over all logs" in found.out
    kept = json.loads((out / "audit.json").read_text(encoding="utf8"))
    assert [part["label"] for part in kept["parts"]] == ["wide", "narrow"]
    told = json.loads(call("compare", *logs, "--states", "state", "--frames", "none", "--json").out)
    assert [part["label"] for part in told["parts"]] == ["wide", "narrow"]


@pytest.mark.slow
def test_recordings_are_trained_on_and_scored_on_the_same_rows(
    logs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEAST", "MOST"):
        monkeypatch.setattr(f"worldprobe.study.recorded_study.{name}", 20)
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))
    out = str(tmp_path / "compared")
    found = call("compare", *logs, "--states", "state", "--train", "--out", out)
    assert "mean R² " in found.out
    assert "of one training each" in " ".join(found.out.split())
    assert (tmp_path / "compared" / "report.html").is_file()
    told = json.loads(call("compare", *logs, "--states", "state", "--train", "--out", out, "--json").out)
    assert {row["regime"] for row in told["recovery"]} == {"wide", "narrow", "canonical"}
    assert all(row["r2"]["ci95"][0] < row["r2"]["ci95"][1] for row in told["recovery"])
    assert told["differences"][0]["first"] == "wide"


def test_a_log_and_a_results_folder_are_not_compared(logs: list[str]) -> None:
    found = call("compare", logs[0], str(FOLDER))
    assert found.status == 2
    assert "wide.npz is no results folder" in found.err
    assert "format_1 is a results folder" in found.err
    assert "two results folders, or two or more recordings" in found.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("{0}",), "two results folders, or two or more recordings"),
        (("{0}", "{0}"), "another path for each"),
        (("{0}", "nowhere.npz"), "There is no file or folder nowhere.npz"),
        (("{0}", "{1}", "--states", "stat"), "Did you mean 'state'"),
        (("{0}", "{1}", "--states", "state", "--train"), "--out"),
        (("{folder}", "{folder}", "--stride", "2"), "--stride"),
        (("{folder}", "{folder}", "--train"), "--train"),
        (("{folder}", "{folder}", "{folder}"), "two of them"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: tuple[str, ...], said: str, logs: list[str]) -> None:
    given = [one.format(*logs, folder=FOLDER) for one in arguments]
    found = call("compare", *given)
    assert found.status == 2
    assert said in " ".join(found.err.split())
