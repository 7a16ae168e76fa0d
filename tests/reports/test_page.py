"""The page says what results.json says, whatever the folder holds, and needs nothing but itself."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reports.example import CONTROLS, TITLE
from reports.reading import Written, results_of, rewrite, written
from worldprobe.reports import STANDARD, Section, write_report
from worldprobe.reports.embedded_pictures import embed


def test_table_of_r2_holds_every_number_of_the_summary(example: Written) -> None:
    results, page = example.results, example.page
    rows = page.tables["R² per control and exploration"].rows
    expected = []
    for s in results["summary"]:
        for name, i in [("all controls", s["r2"]), *s["r2_per_control"].items()]:
            expected.append([name, i["mean"], *i["ci95"], s["interval"], s["seeds"]])
    assert [row[1:] for row in rows] == expected


def test_tables_of_runs_hold_every_number_of_the_runs(example: Written) -> None:
    results, page = example.results, example.page
    tables, runs = page.tables, results["runs"]
    per_run = [
        [
            run["id"],
            c,
            value,
            *run["recovery"]["r2_per_control_ci95"][c],
            dash((run["recovery"]["r2_in_regime"] or {}).get(c)),
        ]
        for run in runs
        for c, value in run["recovery"]["r2_per_control"].items()
    ]
    assert tables["R² of every run, with a bootstrap over test points"].rows == per_run
    names = ("r2", "r2_own_probe", "r2_controls_to_embedding", "orthogonality", "procrustes")
    geometry = [[run["id"], *(dash(run["recovery"][name]) for name in names), run["d"]] for run in runs]
    shown = tables["Geometry of every run"]
    inside = shown.columns.index("within the regime")
    assert [row[:inside] + row[inside + 1 :] for row in shown.rows] == geometry
    within = [(run["recovery"]["r2_in_regime"] or {}).values() for run in runs]
    for row, values in zip(shown.rows, within, strict=True):
        assert row[inside] == (pytest.approx(np.mean(list(values))) if values else "—")
    terms = ("value", "error", "delta", "epsilon")
    bounds = [[run["id"], *(dash(run["recovery"]["bound"].get(term)) for term in terms)] for run in runs]
    assert [row[:5] for row in tables["Theorem 3's bound of every run"].rows] == bounds
    trained = [run for run in runs if run["training"]]
    ends = [[r["id"], r["training"]["alignment_optimum"], *r["training"]["final"].values()] for r in trained]
    assert [row[:-1] for row in tables["Losses at the end of training"].rows] == ends


def test_table_of_explorations_holds_every_number_and_a_dash_where_there_is_none(
    example: Written,
) -> None:
    results, page = example.results, example.page
    expected = []
    for e in results["explorations"]:
        for c in CONTROLS:
            exact = (e["exact_pair_correlation"] or {}).get(c)
            numbers = [e[key][c] for key in ("mean", "sd", "excess_kurtosis", "pair_correlation")] + [exact]
            expected.append([e["label"], c, *map(dash, numbers), e["exact_marginal"] or "not known"])
    assert page.tables["What each exploration visited"].rows == expected


def dash(value: float | None) -> float | str:
    return "—" if value is None else value


def test_answer_and_big_numbers_are_the_means_of_the_summary(example: Written) -> None:
    results, page = example.results, example.page
    measured = [s for s in results["summary"] if s["role"] == "measured"]
    for s in measured:
        assert f"{s['r2']['mean']:.2f}" in page.text
        assert s["verdict"].replace("R² ", "R²\u00a0") in page.text
    assert "over three seeds (Student\u00a0t)" in page.text
    assert results["command"] in page.text


def test_page_loads_nothing_but_its_own_data(example: Written) -> None:
    page, html = example.page, example.html
    pictures = [load for load in page.loads if not load.startswith("#")]
    assert all(load.startswith("data:image/webp;base64,") for load in pictures)
    assert len(pictures) == 7  # a hero, three contact sheets, and a strip of each
    assert not re.search(r"https?://|url\(|@import", html)
    assert len(html) < 3_000_000


def test_picture_that_hardly_compresses_is_kept_within_its_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 500, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    # base64 makes four bytes of three; lossless these would be 450,000, at the first quality 180,000.
    assert len(embed(tmp_path / "noise.png", 1600, 110_000).uri) < 110_000 * 4 / 3 + 100
    assert embed(tmp_path / "noise.png", 250, 1_000_000).width == 250


def test_every_chart_has_a_title_and_a_description(example: Written) -> None:
    tags = [tag for tag, _ in example.page.tags]
    charts = [i for i, tag in enumerate(tags) if tag == "svg"]
    assert len(charts) == 2 + 2 * 3 * 6 + 3 + 6
    assert all(tags[i + 1 : i + 3] == ["title", "desc"] for i in charts)
    assert all(attributes.get("role") == "img" for tag, attributes in example.page.tags if tag == "svg")


def test_text_of_the_results_is_escaped(one_seed: Path) -> None:
    results = results_of(one_seed)
    evil = '<img src=x onerror="alert(1)">'
    results["command"] = results["study"]["question"] = results["machine"]["cpu"] = evil
    results["summary"][0]["verdict"] = results["explorations"][0]["exact_marginal"] = evil
    rewrite(one_seed, results)
    page = written(one_seed)
    assert TITLE in page.text
    assert page.text.count(evil) >= 4
    assert not any(attributes.get("src") == "x" for _, attributes in page.tags)


def test_one_seed_says_that_its_intervals_are_a_bootstrap(one_seed: Path) -> None:
    text = written(one_seed).text
    assert "a bootstrap over test points of one training, whose own spread is not in the interval" in text
    assert "Student" not in text


def test_missing_still_and_contact_sheet_say_why(one_seed: Path) -> None:
    (one_seed / "hero.png").unlink()
    (one_seed / "explorations" / "cinematic.png").unlink()
    text = written(one_seed).text
    assert "has no explorations/cinematic.png" in text


def test_control_that_never_moved_is_a_spike(example: Written) -> None:
    spikes = [attributes for tag, attributes in example.page.tags if "spike" in (attributes.get("class") or "")]
    assert len(spikes) == 5
    assert example.page.text.count("never moved") >= 5


def test_memorising_is_said_only_of_those_who_do(one_seed: Path) -> None:
    assert "Warning. cinematic: the encoder memorised its frames in 1 of 1 runs" in written(one_seed).text
    results = results_of(one_seed)
    for run in results["runs"]:
        if run["training"]:
            run["training"] |= {"memorising": False, "warnings": []}
    rewrite(one_seed, results)
    assert "Warning" not in written(one_seed).text


def test_runs_without_training_have_no_curves_and_say_so(one_seed: Path) -> None:
    results = results_of(one_seed)
    for run in results["runs"]:
        if run["regime"] == "yaw-only":
            run["training"] = None
    rewrite(one_seed, results)
    page = written(one_seed)
    assert "yaw-only was not trained" in page.text
    assert sum((a.get("class") or "") == "curves" for tag, a in page.tags if tag == "svg") == 2


def test_study_without_measured_regimes_still_has_a_page(one_seed: Path) -> None:
    results = results_of(one_seed)
    results["summary"] = [s for s in results["summary"] if s["role"] != "measured"]
    results["runs"] = [r for r in results["runs"] if r["role"] != "measured"]
    rewrite(one_seed, results)
    assert "only floors and ceilings" in written(one_seed).text


def test_a_study_can_add_a_section_of_its_own(one_seed: Path) -> None:
    own = Section("sweep", "A <sweep>", "Of its own.")
    text = write_report(one_seed, (*STANDARD, lambda folder: own)).read_text(encoding="utf8")
    assert '<section id="sweep">' in text
    assert "A &lt;sweep&gt;" in text


def test_two_objectives_and_axes_of_one_regime_share_its_colour_and_are_told_apart(one_seed: Path) -> None:
    results = results_of(one_seed)
    for part in (results["summary"][1], next(r for r in results["runs"] if r["regime"] == "cinematic")):
        part["regime"] = "gaussian"
        part["axes"] = {"rho": 0.9}
    for part in (results["summary"][0], results["runs"][0]):
        part["axes"] = {"rho": 0.5}
    rewrite(one_seed, results)
    text = written(one_seed).text
    assert "gaussian, rho 0.5" in text
    assert "gaussian, rho 0.9" in text
