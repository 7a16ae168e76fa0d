"""Folders that are not whole are refused with what is wrong and how to mend it, and nothing is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reports.reading import Written, results_of, rewrite, written
from worldprobe.errors import DamagedData, NoResults, WorldprobeError
from worldprobe.reports import page, read_folder, write_report


def test_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoResults, match=r"has no results\.json.*worldprobe run"):
        write_report(tmp_path)
    with pytest.raises(NoResults, match="is not a folder"):
        write_report(tmp_path / "nowhere")


def half_finish(folder: Path, *lost: str) -> dict[str, Any]:
    """Make a finished folder one that was stopped: without results.json, and without the runs of these regimes."""
    results = results_of(folder)
    study = results["study"] | {
        "regimes": {e["label"]: {} for e in results["explorations"]}, "objectives": {"lejepa": {}}, "seeds": [0],
        "references": {"supervised_on": "gaussian", "untrained": True, "pixels": True},
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump({"study": study, "controls": results["controls"]}))
    for run in results["runs"]:
        if run["regime"] in lost or run["role"] == "pixels":
            shutil.rmtree(folder / "runs" / run["id"], ignore_errors=True)
        else:
            (folder / "runs" / run["id"]).mkdir(exist_ok=True)
            (folder / "runs" / run["id"] / "run.json").write_text(json.dumps(run))
    for e in results["explorations"]:
        (folder / "explorations" / f"{e['id']}.json").write_text(json.dumps(e))
    (folder / "results.json").unlink()
    return results


def test_half_finished_folder_has_a_report_that_says_what_is_missing(one_seed: Path) -> None:
    half_finish(one_seed, "cinematic")
    page = written(one_seed)
    assert "This study is not finished. Still missing:" in page.text
    assert "cinematic, lejepa, seed 0" in page.text
    assert "the reference pixels" in page.text
    assert "the reference supervised_on" not in page.text
    assert "R² per control and exploration" in page.tables


def test_folder_in_which_only_references_are_finished_has_a_report(one_seed: Path) -> None:
    half_finish(one_seed, "gaussian", "cinematic", "yaw-only")
    assert "No exploration has been measured" in written(one_seed).text


def test_runs_that_were_planned_and_are_not_there_are_named(one_seed: Path) -> None:
    results = results_of(one_seed)
    runs, visits = [run["id"] for run in results["runs"]], [e["id"] for e in results["explorations"]]
    record = {
        "runs": [*runs, "gaussian__lejepa__seed1"], "explorations": [*visits, "gaussian__rho-0.5"], "controls": [],
        "command": "", "machine": {}, "versions": {}, "seconds_total": 0.0, "peak_memory_bytes": 0,
    }  # fmt: skip
    (one_seed / "execution.json").write_text(json.dumps(record))
    text = written(one_seed).text
    assert "the run gaussian__lejepa__seed1" in text
    assert "the frames and the prediction of gaussian__rho-0.5" in text
    assert runs[0] not in text.split("Still missing:")[1].split("R²")[0]


def test_finished_folder_says_nothing_of_missing_runs(example: Written) -> None:
    assert "not finished" not in example.page.text


def _edit(change: Callable[[dict], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        results = json.loads((folder / "results.json").read_text())
        change(results)
        (folder / "results.json").write_text(json.dumps(results))

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut short": (lambda f: (f / "results.json").write_text("{"), "not readable JSON"),
    "not text": (lambda f: (f / "results.json").write_bytes(b"\xff\xfe\x00"), "not readable JSON"),
    "a list": (lambda f: (f / "results.json").write_text("[]"), "the whole file"),
    "a wrong type": (_edit(lambda r: r["runs"][0].update(seed="one")), r"runs\.0\.seed"),
    "an unknown key": (_edit(lambda r: r.update(extra=1)), "extra"),
    "a NaN": (_edit(lambda r: r["runs"][0]["recovery"].update(r2=float("nan"))), r"runs\.0\.recovery\.r2"),
    "a run twice": (_edit(lambda r: r["runs"].append(r["runs"][0])), "more than once"),
    "a summary of nothing": (_edit(lambda r: r.update(runs=r["runs"][1:])), "holds no run of it"),
    "a path for a name": (_edit(lambda r: r["explorations"][0].update(id="../secret")), "not the name of a file"),
    "no arrays": (lambda f: shutil.rmtree(f / "runs" / "cinematic-lejepa-0"), r"arrays\.npz is missing"),
    "no visits": (lambda f: (f / "explorations" / "gaussian.npz").unlink(), r"gaussian\.npz is missing"),
    "broken arrays": (lambda f: (f / "explorations" / "gaussian.npz").write_bytes(b"PK??"), "not readable"),
    "a broken still": (
        lambda f: (f / "hero.png").write_bytes(b"not a picture"),
        r"hero\.png is not a readable picture",
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_named_and_no_report_is_written(one_seed: Path, kind: str) -> None:
    damage, message = DAMAGES[kind]
    damage(one_seed)
    with pytest.raises(DamagedData, match=message):
        write_report(one_seed)
    assert not (one_seed / "report.html").exists()


def test_failed_report_leaves_the_one_before_untouched(one_seed: Path) -> None:
    before = write_report(one_seed).read_bytes()
    (one_seed / "explorations" / "gaussian.npz").unlink()
    with pytest.raises(WorldprobeError):
        write_report(one_seed)
    assert (one_seed / "report.html").read_bytes() == before


def test_more_regimes_than_colours_use_colours_that_the_style_sheet_has(one_seed: Path) -> None:
    results = results_of(one_seed)
    for number in range(9):
        for part in (results["summary"][0], results["runs"][0]):
            results["summary" if "verdict" in part else "runs"].append({**part, "regime": f"extra{number}"})
        results["runs"][-1]["id"] = f"extra{number}"
    rewrite(one_seed, results)
    style = (Path(page.__file__).parent / "style.css").read_text(encoding="utf8")
    assert all(f".c{series.colour} " in style for series in read_folder(one_seed).series)


def test_median_run_of_three_is_the_middle_one(example: Written) -> None:
    for series in read_folder(example.folder).series:
        r2 = [run.recovery.r2 for run in series.runs]
        assert series.median_run.recovery.r2 == sorted(r2)[1]
