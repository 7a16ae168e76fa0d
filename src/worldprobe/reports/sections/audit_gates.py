"""The audit before training: its gates, the frames that show why one fails, and the advice."""

from __future__ import annotations

from markupsafe import Markup

from worldprobe.reports.embedded_pictures import embed
from worldprobe.reports.html_blocks import Section, Table, figure, grid_of, note
from worldprobe.reports.matching_audit import audit_of
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.wording import count, squares
from worldprobe.results import SavedAudit, SavedGate, Verdict
from worldprobe.results.peers import shipped_peers

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
    tables = [table for table in (*_answers(audit), *advised) if table.rows]
    pairs = tuple(_pairs(audit, bad))
    first = tables[0] if tables else None
    return Section("audited", title, lead, pairs, (*tables[1:], every), shown=first, nav="Audit")


def _answers(audit: SavedAudit) -> list[Table]:
    """Return what each exploration teaches, what limits it, how it compares with ideal logs, and with peers."""
    said = [(part, part.answer) for part in audit.parts if part.answer is not None]
    if not said:
        return []
    answers = Table(
        "What each exploration teaches",
        ("exploration", "what is recovered", "what limits it first", "what to record next"),
        tuple((part.label, *map(squares, own.sentences)) for part, own in said),
    )
    causes = Table(
        "What mending each fault would add to R²",
        ("exploration", "fault", "gain", "from", "to", "what to do"),
        tuple(
            (part.label, cause.found, cause.gain, *cause.gain_ci95, cause.mend)
            for part, own in said
            for cause in own.causes
        ),
    )
    acted = [(part.label, squares(sentence)) for part in audit.parts if (sentence := part.with_actions) is not None]
    ideal = [(part.label, part.against_ideal.sentence) for part, _ in said if part.against_ideal is not None]
    odd = [(part.label, one.episode, one.first_row, one.rows, one.why) for part, _ in said for one in part.odd_episodes]
    peers = [
        (peer.name, peer.draws, peer.coverage, peer.r2, peer.failing_kinds, peer.limits)
        for peer in shipped_peers().peers
    ]
    columns = ("regime", "independent draws", "coverage", "R²", "failing kinds", "limited by")
    return [
        answers,
        causes,
        Table(
            "What is recovered where the next embedding is predicted from the action",
            ("exploration", "what is recovered"),
            tuple(acted),
        ),
        Table("Compared with ideal logs", ("exploration", "kinds of gate that fail"), tuple(ideal)),
        Table("Episodes unlike the others", ("exploration", "episode", "first row", "rows", "why"), tuple(odd)),
        Table("Peers: this package's regimes", columns, tuple(peers)),
    ]


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
