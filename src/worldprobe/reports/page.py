"""From a results folder to one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from worldprobe._util.embedding import script_hash
from worldprobe._util.files import atomic_write
from worldprobe.reports.caveats import banner, caveats, is_smoke
from worldprobe.reports.embedded_pictures import embed
from worldprobe.reports.glossary import glossary
from worldprobe.reports.headline import headline
from worldprobe.reports.html_blocks import MOST_CONTROLS, Section, Table, figure
from worldprobe.reports.results_folder import ResultsFolder, read_folder
from worldprobe.reports.scorecards import scorecards
from worldprobe.reports.sections import sections_for
from worldprobe.reports.wording import brief_r2, count, duration, intervals_over, memory, number, ratio, scored_on
from worldprobe.results import ControlRecord

QUESTION = "Was this world explored in a way from which its hidden controls can be learned?"
HERO_WIDTH, HERO_BYTES = 1000, 260_000
UNREACHABLE = 1000  # standard deviations
LONG_ANSWER = 170
"""Characters from which the headline is set smaller."""
HERE = Path(__file__).parent


def write_report(folder: Path, sections: Sequence[Callable[[ResultsFolder], Section]] | None = None) -> Path:
    """Write `report.html` into a results folder, whole or not at all, and return its path.

    Its sections are picked by what the results hold (`sections_for`) unless they are given. A half-finished folder gets
    a report of the runs that it has. The report reads only this folder: it trains nothing, renders nothing and loads
    nothing from the network.
    Raises NoResults for a folder without a finished run and DamagedData for what cannot be read.
    """
    read = read_folder(Path(folder))
    page = render(read, [section(read) for section in (sections_for(read) if sections is None else sections)])
    target = read.path / "report.html"
    with atomic_write(target) as aside:
        aside.write_text(page, encoding="utf8")
    return target


def render(folder: ResultsFolder, sections: Sequence[Section]) -> str:
    """Return the page of a folder that has been read, with these sections."""
    results, series = folder.results, folder.series
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "ratio": ratio, "brief_r2": brief_r2}
    script = (HERE / "script.js").read_text(encoding="utf8")
    smoke = is_smoke(folder)
    answer = Markup("") if smoke else headline(folder)
    return environment.get_template("page.html").render(
        style=Markup((HERE / "style.css").read_text(encoding="utf8")),
        script=Markup(script),
        script_hash=script_hash(script),
        results=results,
        averaged=_averaged(folder),
        observation="frame" if folder.drawn or (folder.path / "hero.png").is_file() else "observation",
        title=results.study.get("title") or results.study.get("name") or "A study",
        question=results.study.get("question") or QUESTION,
        answer=answer,
        long_answer=len(answer.striptags()) > LONG_ANSWER,
        banner=banner(folder) if smoke else Markup(""),
        caveats=list(caveats(folder)),
        cards=[] if smoke else scorecards(folder),
        hero=_hero(folder),
        over=intervals_over(series),
        scored_on=scored_on(results.study),
        sections=sections,
        controls=_controls_table(folder),
        provenance=_provenance(folder),
        glossary=glossary(folder),
    )


def _averaged(folder: ResultsFolder) -> str:
    sizes = {len(s.summary.r2_per_control) for s in folder.series}
    return count(sizes.pop(), "control") if len(sizes) == 1 else "the controls"


def _hero(folder: ResultsFolder) -> Markup:
    path = folder.path / "hero.png"
    if not path.is_file():
        return Markup("")
    picture = embed(path, HERO_WIDTH, HERO_BYTES)
    said = "The world, rendered at its best: not what the encoder sees."
    return figure(picture, "A still of the world that was explored.", said, "hero")


def _controls_table(folder: ResultsFolder) -> Table:
    columns = ("control", "what it moves", "one standard deviation", "never beyond")
    alike: dict[tuple[str, ...], list[str]] = {}
    for c in folder.results.controls:
        facts = (c.meaning, _physical(c, c.scale), _physical(c, c.limit if _reachable(c) else None))
        alike.setdefault(facts, []).append(c.name)
    rows = [
        (name, *facts)
        for facts, names in alike.items()
        for name in (names if len(names) <= MOST_CONTROLS else [f"{names[0]} … {names[-1]}"])
    ]
    return Table("The hidden controls", columns, tuple(rows))


def _physical(control: ControlRecord, value: float | None) -> str:
    unit = {"deg": "°", "degrees": "°"}.get(control.unit, control.unit)
    return "—" if value is None else f"{number(value, 3)} {unit}".strip()


def _reachable(control: ControlRecord) -> bool:
    """Whether a control ever comes near its limit."""
    return control.limit is not None and control.limit < UNREACHABLE * control.scale


def _provenance(folder: ResultsFolder) -> list[tuple[str, list[tuple[str, str]]]]:
    results = folder.results
    seeds = sorted({run.seed for run in results.runs})
    made = [
        ("study", str(results.study.get("name", "—"))),
        ("seeds", ", ".join(map(str, seeds))),
        ("runs", number(len(results.runs))),
        ("time", duration(results.seconds_total)),
        ("peak memory", memory(results.peak_memory_bytes)),
    ]
    machine = [_fact(key, value) for key, value in results.machine.items()]
    return [("How it was made", made), ("Machine", machine), ("Versions", list(results.versions.items()))]


def _fact(key: str, value: Any) -> tuple[str, str]:
    name, _, unit = key.rpartition("_")
    return (name, f"{value} GB") if unit == "gb" else (key.replace("_", " "), str(value))
