"""A condition has one colour: in the report's charts, on the page that is played and in its loop."""

from __future__ import annotations

import re
from pathlib import Path

import worldprobe.reports
from worldprobe.results import Run, Summary
from worldprobe.results.condition_colours import COLOURS, QUIET, condition_colour, run_colours

STYLE = (Path(worldprobe.reports.__file__).parent / "style.css").read_text(encoding="utf8")


def run(regime: str, objective: str = "lejepa", role: str = "measured", seed: int = 0) -> Run:
    name = f"{regime}__{objective}__seed{seed}"
    return Run.model_construct(id=name, regime=regime, objective=objective, role=role, seed=seed)


def summary(run: Run) -> Summary:
    return Summary.model_construct(regime=run.regime, objective=run.objective, role=run.role)


def test_colours_are_the_report_s_on_a_dark_ground() -> None:
    dark = STYLE[STYLE.index("prefers-color-scheme: dark") :]
    for k, colour in enumerate(COLOURS):
        found = re.search(rf"--c{k}: (#[0-9a-f]{{6}});", dark)
        assert found is not None
        assert found[1] == "#{:02x}{:02x}{:02x}".format(*colour)
    quiet = re.search(r"--quiet: (#[0-9a-f]{6});", dark)
    assert quiet is not None
    assert quiet[1] == "#{:02x}{:02x}{:02x}".format(*QUIET)


def test_a_runs_colour_is_its_conditions_in_whatever_order_runs_are_read() -> None:
    runs = [run("gaussian"), run("gaussian", "supervised", "ceiling"), run("cinematic"), run("yaw-only")]
    summaries = [summary(one) for one in runs]
    found = run_colours(summaries, runs[::-1])
    assert found[runs[1].id] == QUIET
    for one in (runs[0], *runs[2:]):
        assert found[one.id] == COLOURS[condition_colour(summaries, one.regime, one.objective)]


def test_seeds_of_one_condition_have_colours_of_their_own() -> None:
    runs = [run("gaussian", seed=seed) for seed in range(3)]
    assert len(set(run_colours([summary(runs[0])], runs).values())) == 3
