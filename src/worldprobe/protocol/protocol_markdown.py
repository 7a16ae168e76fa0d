"""A study in Markdown, part by part: what protocol.md and a reviewer's brief are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from worldprobe.results import DECISION, METRICS
from worldprobe.study import Study

NO_HYPOTHESES = (
    "This study states no hypothesis, so its results can confirm or refute nothing. Add a `hypotheses:` list before "
    "it is run."
)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def hypotheses_in_words(study: Study) -> str:
    """Return every hypothesis on a line, and how it will be decided."""
    if not study.hypotheses:
        return NO_HYPOTHESES
    listed = "\n".join(f"{number}. `{claim}`" for number, claim in enumerate(study.hypotheses, 1))
    return f"{listed}\n\n{DECISION}"


def world_in_words(study: Study) -> str:
    """Return the world's settings, and its controls with units, scales and limits."""
    rows = []
    for spec in study.controls:
        limit = spec.described()["limit"]
        never = "none" if limit is None else f"±{limit:g} {spec.unit}"
        rows.append((spec.name, spec.meaning, f"{spec.scale:g} {spec.unit}", never))
    shape = " x ".join(map(str, study.observation_shape))
    return (
        f"{_settings(study.model_dump(mode='json')['world'])}. An observation is {shape} numbers.\n\n"
        f"{table(('control', 'meaning', 'one standard deviation', 'limit'), rows)}"
    )


def regimes_in_words(study: Study) -> str:
    """Return every regime with its settings."""
    regimes = study.model_dump(mode="json")["regimes"]
    return "\n".join(f"- **{label}**: {_settings(settings)}" for label, settings in regimes.items())


def learning_in_words(study: Study) -> str:
    """Return objectives, encoder, budget, seeds, references and axes."""
    dump = study.model_dump(mode="json")
    drawn = "drawn afresh for every step" if study.frames is None else f"{study.frames:,}"
    rows = [
        *((f"objective {label}", _settings(settings)) for label, settings in dump["objectives"].items()),
        ("encoder", f"{_settings(dump['encoder'])}; d = {study.dimensions}"),
        ("training frames, each regime and seed", drawn),
        ("held-out frames", f"{study.heldout_frames:,}"),
        ("canonical frames to fit the probe, to score it", f"{study.probe_frames:,}, {study.test_frames:,}"),
        ("test points", study.test_points),
        ("training", _settings(dump["training"])),
        ("restarts", study.restarts),
        ("seeds", ", ".join(map(str, study.seeds))),
        ("references", _settings(dump["references"])),
        *((f"axis {name}", f"{axis.key or 'settings'}: {axis.labels}") for name, axis in study.axes.items()),
    ]
    return table(("", ""), rows)


def metrics_in_words() -> str:
    """Return what every metric is."""
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in METRICS.items())


def _settings(settings: dict[str, Any]) -> str:
    given = [f"{key} {value}" for key, value in settings.items() if key != "name" and value is not None]
    name = [f"`{settings['name']}`"] if "name" in settings else []
    return ", ".join([*name, *given]) or "none"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
