"""`worldprobe audit --data ... --train`: audit a recording, train on its frames, and report what was learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from worldprobe.cli.run import carry_out
from worldprobe.cli.terminal import say


def train_on_recording(
    data: Path, given: dict[str, Any], choices: dict[str, Any], out: Path, as_json: bool, engine: Any
) -> Any:
    """Return the audit of a recording that was also trained on; the report lies in `out`.

    `given` says how it is read, `choices` (encoder, objective, size, steps; None where not chosen) how it is trained
    on, `engine` where. Everything that this machine cannot do is refused before the audit.
    """
    from worldprobe.reports import write_report
    from worldprobe.results import load_audit
    from worldprobe.study.preflight import preflight
    from worldprobe.study.recorded_study import RECORDED, recorded_study, settings_of
    from worldprobe.study.training_choices import TrainingChoices

    chosen = {name: value for name, value in choices.items() if value is not None}
    size = {"size": chosen.pop("size")} if "size" in chosen else {}
    training = TrainingChoices(**chosen)
    settings = settings_of({RECORDED: data}, given | size)[RECORDED]
    training.check(settings)
    print_chosen(settings.opened, as_json)
    study = recorded_study(settings, training)
    preflight([study], out)
    carry_out(study, out, with_audit=True, engine=engine)
    page = write_report(out)
    if not as_json:
        say("Report: {}", page)
    return load_audit(out)


def print_chosen(recording: Any, as_json: bool) -> None:
    """Print which parts of a recording were taken."""
    for part, choice in () if as_json else recording.chosen.items():
        say("[dim]{}: {}[/dim]", part, choice)
