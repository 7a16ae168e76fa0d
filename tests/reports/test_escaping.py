"""Whatever a study, a world or a recording is called is text on the page: never a tag, an attribute or a script."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.example import write_example
from reports.reading import Page, results_of, rewrite
from worldprobe.reports import write_report

NASTY = [
    '<img src=x onerror="alert(1)">',
    "</script><script>alert(1)</script>",
    "</title></svg><b>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; <!-- -->",
    "]]>\u2028\u202e",
]
text = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=24)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with a decomposition and predictions, so that every section speaks of its names."""
    folder = tmp_path_factory.mktemp("escaping")
    write_example(folder, hero=False)
    results = results_of(folder)
    results["decomposition"] = [
        {"run": run["id"], "refused": "why", "controls": {c: _parts(r2) for c, r2 in recovery(run).items()}}
        for run in results["runs"]
        if run["role"] == "measured"
    ]
    rewrite(folder, results)
    return folder


def recovery(run: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = run["recovery"]["r2_per_control"]
    return found


def _parts(r2: float) -> dict[str, Any]:
    rest = {"regime": None, "scene": None, "data": None, "optimisation": None, "unexplained": 1 - r2}
    return {"missing": 1 - r2, **rest, "non_identifiability": None}


@pytest.mark.slow
@given(title=text, label=text, control=text, unit=text, verdict=text, refused=text)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_are_text_and_never_markup(
    pristine: Path, title: str, label: str, control: str, unit: str, verdict: str, refused: str
) -> None:
    given_names = dict(
        zip(("Six", "gaussian", "truck", "m", "why"), (title, label, control, unit, refused), strict=True)
    )
    results = _renamed(results_of(pristine), given_names)
    results["study"]["title"] = title
    results["summary"][0]["verdict"] = verdict
    for measured in results["controls"]:
        measured["unit"] = unit
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        for name in ("explorations", "runs"):
            (folder / name).symlink_to(pristine / name)
        rewrite(folder, results)
        html = write_report(folder).read_text(encoding="utf8")
    page = Page(html)  # its tags are balanced
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not any(tag in ("img", "b", "title") and attributes.get("src") == "x" for tag, attributes in page.tags)
    assert all(load.startswith(("data:image/webp", "#")) for load in page.loads)
    assert _seen(title) in _seen(page.text)
    assert _seen(label) in _seen(page.text)


def _renamed(results: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the results with these labels and control names in the place of others, but not in the names of files."""
    kept = {run["id"] for run in results["runs"]} | {e["id"] for e in results["explorations"]}

    def of(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {names.get(k, k): of(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [of(v) for v in value]
        return (
            names.get(value, value)
            if isinstance(value, str) and key != "id" and not (key == "run" and value in kept)
            else value
        )

    renamed: dict[str, Any] = json.loads(json.dumps(of(results)))
    return renamed


def _seen(said: str) -> str:
    """Return a text as it is compared: line breaks and runs of blanks are one blank."""
    return " ".join(said.replace("\u00a0", " ").split())
