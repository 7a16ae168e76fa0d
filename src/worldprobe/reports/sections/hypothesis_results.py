"""Whether the hypotheses hold, and what deviated from the protocol that fixed them."""

from __future__ import annotations

from markupsafe import Markup

from worldprobe.reports.html_blocks import Section, Shown, Table, note, shown_r2
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import count, number
from worldprobe.results import DECISION, HypothesisOutcome, Registration

UNREGISTERED = (
    "No protocol fixed these hypotheses before the runs: read them as what the study's file says, which may have been "
    "written afterwards. `worldprobe plan` fixes them."
)


def has_hypotheses(folder: ResultsFolder) -> bool:
    """Whether there is a hypothesis or a protocol."""
    return bool(folder.results.outcomes) or folder.results.registration is not None


def hypothesis_results(folder: ResultsFolder) -> Section:
    """Show whether each hypothesis is confirmed, refuted or inconclusive, and what deviated from its protocol."""
    outcomes, registration = folder.results.outcomes, folder.results.registration
    rows = tuple(_row(outcome) for outcome in outcomes)
    columns = ("hypothesis", "outcome", "estimate", "95 % from", "to", "threshold", "why")
    shown = Table("Hypotheses and their outcomes", columns, rows) if rows else None
    blocks = [note(UNREGISTERED)] if registration is None else _protocol(registration)
    lead = f"{_counted(outcomes)} {DECISION}"
    tables = () if registration is None or not registration.reviews else (_reviews(registration),)
    return Section(
        "concluded", "Confirmed, refuted or inconclusive", lead, tuple(blocks), tables, shown=shown, nav="Hypotheses"
    )


def _counted(outcomes: list[HypothesisOutcome]) -> str:
    if not outcomes:
        return "The protocol states no hypothesis, so nothing is confirmed or refuted."
    kinds = [outcome.verdict for outcome in outcomes]
    counted = [f"{kinds.count(kind)} {kind}" for kind in ("confirmed", "refuted", "inconclusive") if kind in kinds]
    return f"Of {count(len(kinds), 'claim')}: {', '.join(counted)}."


def _protocol(registration: Registration) -> list[Markup]:
    audit = f"its audit: {registration.audit}" if registration.audit else "no audit was made for it"
    signed = f"{count(len(registration.reviews), 'sign-off')}"
    planned = f"Planned {registration.planned}, protocol {registration.hash[:16]}; {audit}; {signed}."
    blocks = [note(planned)]
    if registration.unsigned is not None:
        blocks.append(note(f"Run without the sign-offs that its protocol asks for: {registration.unsigned}", "warning"))
    if registration.deviations:
        said = f"{number(len(registration.deviations))} deviation(s) from the protocol. Why: {registration.why}"
        blocks.append(note(said, "warning", registration.deviations))
    return blocks


def _reviews(registration: Registration) -> Table:
    rows = tuple((r.name, r.role, r.verdict, r.notes or "—", r.signed) for r in registration.reviews)
    return Table("Sign-offs", ("name", "role", "verdict", "notes", "signed"), rows)


def _row(outcome: HypothesisOutcome) -> tuple[str | Shown | float | None, ...]:
    found = outcome.estimate
    numbers = (None,) * 3 if found is None else tuple(map(shown_r2, (found.mean, *found.ci95)))
    return outcome.hypothesis, outcome.verdict, *numbers, outcome.threshold, outcome.reason
