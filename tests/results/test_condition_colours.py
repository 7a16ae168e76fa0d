"""A condition has one colour: in the report's charts, on the page that is played and in its loop."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import worldprobe.reports
from worldprobe.results.condition_colours import COLOURS, QUIET, condition_colour, run_colours

STYLE = (Path(worldprobe.reports.__file__).parent / "style.css").read_text(encoding="utf8")


def condition(regime: str, objective: str = "lejepa", role: str = "measured", seed: int = 0) -> Any:
    return SimpleNamespace(id=f"{regime}-{objective}-{seed}", regime=regime, objective=objective, role=role)


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
    summaries = [condition("gaussian"), condition("gaussian", "supervised", "ceiling"), condition("cinematic"),
                 condition("yaw-only")]  # fmt: skip
    runs = [summaries[k] for k in (2, 0, 1, 3)]
    found = run_colours(summaries, runs)
    for run in runs:
        expected = QUIET if run.role == "ceiling" else COLOURS[condition_colour(summaries, run.regime, run.objective)]
        assert found[run.id] == expected


def test_seeds_of_one_condition_have_colours_of_their_own() -> None:
    runs = [condition("gaussian", seed=seed) for seed in range(3)]
    assert len(set(run_colours(runs[:1], runs).values())) == 3
