"""The audit before training: its gates, the frames that show why one fails, and the advice."""

from __future__ import annotations

from markupsafe import Markup

from worldprobe.reports.embedded_pictures import embed
from worldprobe.reports.html_blocks import Section, Table, figure, grid_of, note
from worldprobe.reports.matching_audit import audit_of
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import count, squares
from worldprobe.results import SavedAudit, SavedGate, Verdict

MOST_PICTURES = 6
WIDEST, BYTES = 640, 60_000
SAID = {Verdict.FAIL: "fails", Verdict.WARN: "warns", Verdict.PASS: "passes"}


def audit_gates(folder: ResultsFolder) -> Section:
    """Show the audit's gates, worst first, with the offending pair of frames side by side."""
    audit = audit_of(folder)
    title = "What the audit found before training"
    if audit is None:
        said = "The audit.json in this folder is of another world or of other explorations, and is left out."
        return Section("audited", title, said, nav="Audit")
    fail, warn, fine = (audit.with_verdict(verdict) for verdict in (Verdict.FAIL, Verdict.WARN, Verdict.PASS))
    bad, columns = [*fail, *warn], ("gate", "subject", "verdict", "value", "threshold", "because")
    every = Table("Every gate", columns, tuple(_row(gate) for gate in [*bad, *fine]))
    advised = [_advised("Gates that fail", fail), _advised("Gates that warn", warn)]
    lead = (
        "The audit examines the world and the controls that each exploration visits, and trains nothing. Of "
        f"{count(len(audit.gates), 'gate')}, {len(fail)} fail and {len(warn)} warn. docs/audit.md says what each gate "
        "asks and where its threshold comes from."
    )
    advice = [table for table in advised if table.rows]
    pairs = tuple(_pairs(audit, bad))
    first = advice[0] if advice else None
    return Section("audited", title, lead, pairs, (*advice[1:], every), shown=first, nav="Audit")


def _advised(title: str, gates: list[SavedGate]) -> Table:
    return Table(title, ("gate", "subject", "advice"), tuple((g.gate, g.subject, squares(g.advice)) for g in gates))


def _pairs(audit: SavedAudit, bad: list[SavedGate]) -> list[Markup]:
    """Return the frames of gates that do not pass, at most six pairs."""
    pictured = [(gate, path) for gate in bad if (path := audit.picture(gate))]
    cells = [
        figure(
            embed(path, WIDEST, BYTES),
            f"Two frames side by side: {gate.gate}, {gate.subject}.",
            f"{gate.subject}, {gate.gate} {SAID[gate.verdict]}: {gate.advice}",
        )
        for gate, path in pictured[:MOST_PICTURES]
    ]
    more = len(pictured) - MOST_PICTURES
    return ([grid_of(cells, "three")] if cells else []) + ([note(f"And {more} more in audit/.")] if more > 0 else [])


def _row(gate: SavedGate) -> tuple[str | float | None, ...]:
    return gate.gate, gate.subject, SAID[gate.verdict], gate.value, gate.threshold, gate.because
