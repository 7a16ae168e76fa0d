"""`worldprobe compare` of recordings: their audits side by side, and what encoders that are trained on them recover."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldprobe.cli.places_to_write import check_folder
from worldprobe.cli.terminal import cell, console, say, table
from worldprobe.errors import InvalidValue

if TYPE_CHECKING:
    from worldprobe.results import Interval, Results, Summary
    from worldprobe.study import Study
    from worldprobe.study.source_differences import SourceDifference

UNITS = (
    "Each log is audited by itself. What all are scored on besides is the same: as many rows of each, their states "
    "standardised by the mean and standard deviation over all logs, each log counted equally."
)


def compare_recordings(
    paths: list[Path], given: dict[str, Any], *, train: bool, out: Path | None, verbose: bool, as_json: bool
) -> int:
    """Audit recordings side by side, train on each where that is asked for, print both, and return the exit status."""
    from worldprobe._util.progress import reporter
    from worldprobe.audits.audit_folder import save_audit
    from worldprobe.cli.audit_table import exit_status, print_audit
    from worldprobe.recordings.choosing import states_alone
    from worldprobe.results import Verdict
    from worldprobe.study.audit_study import audit_study, audited
    from worldprobe.study.recorded_study import audited_study, compared_study, labels_of, settings_of

    if train and out is None:
        raise InvalidValue("--train", True, "with --out, the folder that holds the report")
    check_folder(out)
    settings = settings_of(labels_of(paths), given if train else states_alone(given))
    for label, one in settings.items():
        for part, choice in () if as_json else one.opened.chosen.items():
            say("[dim]{}: {}: {}[/dim]", label, part, choice)
    if train:
        return _train(compared_study(settings), out or Path(), verbose, as_json)
    study = audited_study(settings)
    found = audit_study(study, reporter=reporter())
    if out is not None:
        kept = save_audit(found, out, audited(study))
        if not as_json:
            say("Kept in {}", kept.parent)
    if as_json:
        print(json.dumps(found.to_json(), indent=2))
    else:
        print_audit(found, verbose)
        say("{}", UNITS)
    return exit_status(found, Verdict.FAIL)


def _train(study: Study, out: Path, verbose: bool, as_json: bool) -> int:
    from worldprobe.cli.audit_table import exit_status, print_audit
    from worldprobe.cli.run import carry_out
    from worldprobe.reports import write_report
    from worldprobe.results import Results, Verdict, load_audit
    from worldprobe.study.source_differences import source_differences

    carry_out(study, out, with_audit=True)
    page, results, differences, audit = write_report(out), Results.load(out), source_differences(out), load_audit(out)
    assert audit is not None
    if as_json:
        print(json.dumps(_as_json(audit, results, differences), indent=2))
        return exit_status(audit, Verdict.FAIL)
    print_audit(audit, verbose)
    _print_recovery(results)
    for difference in differences:
        _print_difference(difference)
    say("{}", UNITS)
    say("Report: {}", page)
    return exit_status(audit, Verdict.FAIL)


def _as_json(audit: Any, results: Results, differences: list[SourceDifference]) -> dict[str, Any]:
    return {
        "audit": audit.to_json(),
        "recovery": [row.model_dump(mode="json") for row in results.summary],
        "differences": [
            {"first": one.first, "second": one.second, "r2": one.r2.model_dump(mode="json")} for one in differences
        ],
    }


def _print_recovery(results: Results) -> None:
    from worldprobe.reports.wording import scored_on

    names = list(results.summary[0].r2_per_control)
    shown = table(f"R² {scored_on(results.study)}", "trained on", "objective", "mean", *names)
    for row in results.summary:
        shown.add_row(
            *map(cell, [_trained_on(row), row.objective, _said(row.r2), *map(_said, row.r2_per_control.values())])
        )
    console.print(shown)


def _trained_on(row: Summary) -> str:
    return row.regime if row.role in ("measured", "ceiling") else "nothing"


def _said(found: Interval) -> str:
    return f"{found.mean:.2f} ({found.ci95[0]:.2f} to {found.ci95[1]:.2f})"


def _print_difference(found: SourceDifference) -> None:
    interval = f"{found.r2.mean:+.3f} ({found.r2.ci95[0]:+.3f} to {found.r2.ci95[1]:+.3f})"
    if not found.certain:
        say(
            "[bold]{}[/bold] and [bold]{}[/bold] do not differ beyond sampling error: mean R² {}, the second less the "
            "first, of one training each.",
            found.first,
            found.second,
            interval,
        )
        return
    better, worse = (found.second, found.first) if found.r2.mean > 0 else (found.first, found.second)
    say(
        "[bold]{}[/bold] teaches more than [bold]{}[/bold]: mean R² of {} less that of {} is {}, on the same test "
        "rows, of one training each.",
        better,
        worse,
        found.second,
        found.first,
        interval,
    )
