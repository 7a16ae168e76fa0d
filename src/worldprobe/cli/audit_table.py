"""What `worldprobe audit` prints: the answers, a table with a row per exploration, then the gates that do not pass."""

from __future__ import annotations

from collections.abc import Sequence

from worldprobe._util.visible import visible
from worldprobe.audits import Audit
from worldprobe.audits.audit_outcome import Folded, Judged, by_part, folded, worst_gate, worst_verdict
from worldprobe.cli.terminal import cell, console, say, table
from worldprobe.results import AuditedPart, Prediction, SavedAudit, Verdict
from worldprobe.results.saved_audit import missing

COLOURS = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
KINDS = 6
"""Kinds of failing gates that are explained without --verbose: with the answer and the table, one screen."""
EPISODES = 3
"""Odd episodes that are named."""
NAMED = 6
"""Subjects of one gate that a line names before it counts the rest."""


def print_audit(audit: Audit | SavedAudit, verbose: bool) -> None:
    """Print an audit: the table, the gates that fail, and with `verbose` every gate and what the predictions say."""
    for part in audit.parts:
        _print_answer(part)
    if verbose or len(audit.parts) > 1 or any(part.answer is None for part in audit.parts):
        _print_parts(audit)
    for warning in audit.warnings:
        say("[yellow]note[/yellow]  {}", warning)
    for why in missing([], _gates(audit)):
        say("[red]not made[/red]  {}", why)
    for verdict in (Verdict.FAIL, Verdict.WARN) if verbose else (Verdict.FAIL,):
        found = folded(audit.parts, _gates(audit), verdict)
        for one in found if verbose else found[:KINDS]:
            _print_folded(one, verdict)
        if len(found) > KINDS and not verbose:
            names = dict.fromkeys(one.gate.gate for one in found[KINDS:])
            say("[red]fail[/red]  and also: {} (--verbose says why)", ", ".join(names))
    if verbose:
        _print_every_gate(audit)
        for part in audit.parts:
            name = part.label or "the recording"
            _print_prediction(part.predicted, name, part.scored_on)
            _print_prediction(part.predicted_from_actions, f"{name}, from its actions", part.scored_on)
        _print_peers(audit)
    _print_verdict(audit, verbose)


def exit_status(audit: Audit | SavedAudit, fail_on: Verdict) -> int:
    """Return 2 where a part could not be made, else 1 where a gate that counts is as bad as `fail_on`, else 0."""
    if missing(audit.parts, _gates(audit)):
        return 2
    return int(audit.verdict.badness >= fail_on.badness)


def print_decisive(audit: Audit | SavedAudit, fail_on: Verdict) -> None:
    """Print plain lines, without colour or table: the answers, and the gates that decide the exit status."""
    for part, gates in by_part(audit.parts, _gates(audit)):
        answer = [] if part.answer is None else [*part.answer.sentences, *filter(None, [part.with_actions])]
        for line in (*answer, *(f"not made: {why}" for why in missing([part], gates))):
            print(visible(f"{part.label}: {line}" if part.label else line))
        for gate in gates:
            if gate.verdict.badness >= fail_on.badness and not part.expected_to_fail:
                print(visible(f"{gate.verdict}: {gate.gate}: {gate.subject}: {gate.advice}"))
    print(visible(str(audit.verdict)))


def _print_answer(part: AuditedPart) -> None:
    """Print the three sentences of a part's answer, and what of it could not be made."""
    if part.answer is not None:
        if part.label:
            say("[bold]{}[/bold]", part.label)
        for sentence in filter(None, [*part.answer.sentences, part.with_actions]):
            say("{}", sentence)
        if part.against_ideal is not None:
            say("{}", part.against_ideal.sentence)
        console.print()
    for odd in part.odd_episodes[:EPISODES]:
        say(
            "[yellow]episode {}[/yellow] (rows {} to {}): {}",
            odd.episode,
            odd.first_row,
            odd.first_row + odd.rows - 1,
            odd.why,
        )
    if len(part.odd_episodes) > EPISODES:
        say(
            "[yellow]and {} more episodes[/yellow] that are unlike the others (--json has them)",
            len(part.odd_episodes) - EPISODES,
        )
    for why in part.not_made:
        say("[red]not made[/red]  {}", why)


def _gates(audit: Audit | SavedAudit) -> Sequence[Judged]:
    return audit.gates


def _print_parts(audit: Audit | SavedAudit) -> None:
    acted = any(part.predicted_from_actions is not None for part in audit.parts)
    more = ("the same, from actions",) if acted else ()
    columns = ("", "verdict", "predicted R² on its own rows", *more, "worst gate", "what to do")
    parts = table("What can be learned", *columns)
    for part, gates in by_part(audit.parts, _gates(audit)):
        worst, verdict = worst_gate(gates), worst_verdict(gates)
        said = f"{verdict} (expected)" if part.expected_to_fail and verdict is Verdict.FAIL else str(verdict)
        parts.add_row(
            cell(part.label or "the recording", "bold"),
            cell(said, COLOURS[verdict]),
            cell(predicted_in_words(part.predicted, part.scored_on)),
            *([cell(predicted_in_words(part.predicted_from_actions, part.scored_on))] if acted else ()),
            cell("" if worst is None else f"{worst.gate}: {worst.subject.removeprefix(f'{part.label}: ')}"),
            cell(_advice(worst)),
        )
    console.print(parts)


def predicted_in_words(found: Prediction | None, scored_on: str) -> str:
    """Return "0.97 (0.95 .. 0.98)" on its own rows, and the R² on other points where it differs; why, where refused."""
    if found is None:
        return ""
    if found.r2 is None:
        return f"refused: {found.refused_briefly}"
    interval = "" if found.ci95 is None else f" ({found.ci95[0]:.2f} .. {found.ci95[1]:.2f})"
    elsewhere = found.r2_on_test
    moved = elsewhere is not None and abs(elsewhere - found.r2) >= 0.005
    return f"{found.r2:.2f}{interval}" + (f"; {elsewhere:.2f} on {scored_on}" if moved else "")


def _advice(worst: Judged | None) -> str:
    """Return the advice of a gate without its finding: what is after the first sentence, or all where there is one."""
    if worst is None:
        return "nothing"
    found, _, mend = worst.advice.partition(". ")
    return mend or found


def _print_folded(one: Folded, verdict: Verdict) -> None:
    colour = COLOURS[verdict]
    rest = len(one.subjects) - NAMED
    subjects = ", ".join(one.subjects[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
    whose = f"{one.part}: {subjects}" if one.part else subjects
    line = f"[{colour}]{{}}[/{colour}]  [bold]{{}}[/bold], {{}}. {{}}"
    say(line, verdict, one.gate.gate, whose, one.gate.advice)


def _print_every_gate(audit: Audit | SavedAudit) -> None:
    every = table("Every gate", "gate", "subject", "verdict", "value", "threshold")
    for gate in audit.gates:
        numbers = (cell("" if number is None else f"{number:.4g}") for number in (gate.value, gate.threshold))
        every.add_row(cell(gate.gate), cell(gate.subject), cell(gate.verdict, COLOURS[gate.verdict]), *numbers)
    console.print(every)


def _print_peers(audit: Audit | SavedAudit) -> None:
    """Print what the audit finds on this package's own regimes, with the audited log's numbers first."""
    from worldprobe.results.peers import shipped_peers

    shown = table(
        "Peers: this package's regimes", "", "independent draws", "coverage", "R²", "failing kinds", "limited by"
    )
    for part, gates in by_part(audit.parts, _gates(audit)):
        if part.answer is not None:
            covered = [gate.value for gate in gates if gate.gate == "coverage" and gate.value is not None]
            failing = None if part.against_ideal is None else len(part.against_ideal.failing)
            causes = part.answer.causes
            numbers = (f"{part.answer.draws:,.0f}", _share(min(covered, default=None)), f"{part.answer.r2:.2f}")
            limited = causes[0].cause if causes else ""
            shown.add_row(cell(part.label or "the recording", "bold"), *map(cell, (*numbers, _plain(failing), limited)))
    for peer in shipped_peers().peers:
        r2 = "" if peer.r2 is None else f"{peer.r2:.2f}"
        draws = "" if peer.draws is None else f"{peer.draws:,.0f}"
        row = (draws, _share(peer.coverage), r2, _plain(peer.failing_kinds), peer.limits or "")
        shown.add_row(cell(peer.name), *map(cell, row))
    if any(part.answer is not None for part in audit.parts):
        console.print(shown)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _print_prediction(found: Prediction | None, of: str, scored_on: str) -> None:
    if found is None:
        return
    say("[bold]Prediction for {}[/bold]: {}", of, _answer(found, scored_on))
    for name, r2 in (found.r2_per_control or {}).items():
        ends = (found.r2_per_control_ci95 or {}).get(name)
        say("  {}: {}{}", name, f"{r2:.3f}", "" if ends is None else f" ({ends[0]:.3f} .. {ends[1]:.3f})")
    if found.bracket is not None:
        say(
            "  Any whitened map that is aligned as well has a mean R² of {} .. {}.",
            *(f"{r:.3f}" for r in found.bracket),
        )
    for trial in found.tried:
        numbers = f"R² {trial.r2:.3f}, total pair correlation {trial.pair_correlation:.4f} +- {trial.error:.4f}"
        say("  map tried, {}: {}", trial.name, numbers)
    for note in found.notes:
        say("  {}", note)


def _answer(found: Prediction, scored_on: str) -> str:
    if found.r2 is None:
        return f"refused. {found.refused}"
    elsewhere = "" if found.r2_on_test is None else f" ({found.r2_on_test:.3f} on {scored_on})"
    certainty = "proven for every optimum" if found.proven else "of the best map found"
    return f"mean R² {found.r2:.3f} on its own rows{elsewhere}, {certainty}"


def _print_verdict(audit: Audit | SavedAudit, verbose: bool) -> None:
    passed, warned = (sum(gate.verdict is one for gate in audit.gates) for one in (Verdict.PASS, Verdict.WARN))
    hint = f"; {warned} warn (--verbose shows them)" if warned and not verbose else ""
    colour = COLOURS[audit.verdict]
    say(
        f"{{}} of {{}} gates pass{{}}: [bold {colour}]{{}}[/bold {colour}]",
        passed,
        len(audit.gates),
        hint,
        audit.verdict,
    )
    expected = [part.label for part in audit.parts if part.expected_to_fail]
    if expected:
        say("Expected to fail, as a contrast, and not counted: {}", ", ".join(expected))
