"""What `worldprobe audit` prints: the answers, a table with a row per exploration, then the gates that do not pass."""

from __future__ import annotations

from collections.abc import Sequence

from worldprobe.audits import Audit
from worldprobe.audits.audit import Folded, Judged, by_part, folded, worst_gate, worst_verdict
from worldprobe.cli.terminal import cell, console, say, table
from worldprobe.results import AuditedPart, Prediction, SavedAudit, Verdict

COLOURS = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
KINDS = 6
"""Kinds of failing gates that are explained without --verbose: with the answer and the table, one screen."""
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
            _print_prediction(part)
    _print_verdict(audit, verbose)


def _print_answer(part: AuditedPart) -> None:
    """Print the three sentences of a part's answer, and what of it could not be made."""
    if part.answer is not None:
        if part.label:
            say("[bold]{}[/bold]", part.label)
        for sentence in part.answer.sentences:
            say("{}", sentence)
        console.print()
    for why in part.not_made:
        say("[red]not made[/red]  {}", why)


def _gates(audit: Audit | SavedAudit) -> Sequence[Judged]:
    return audit.gates


def _print_parts(audit: Audit | SavedAudit) -> None:
    parts = table("What can be learned", "", "verdict", "predicted R²", "worst gate", "what to do")
    for part, gates in by_part(audit.parts, _gates(audit)):
        worst, verdict = worst_gate(gates), worst_verdict(gates)
        said = f"{verdict} (expected)" if part.expected_to_fail and verdict is Verdict.FAIL else str(verdict)
        parts.add_row(
            cell(part.label or "the recording", "bold"),
            cell(said, COLOURS[verdict]),
            cell(predicted_in_words(part)),
            cell("" if worst is None else f"{worst.gate}: {worst.subject.removeprefix(f'{part.label}: ')}"),
            cell(_advice(worst)),
        )
    console.print(parts)


def predicted_in_words(part: AuditedPart) -> str:
    """Return "0.97 (0.95 .. 0.98)", with what is different on the canonical test set; why, where it was refused."""
    found = part.predicted
    if found is None:
        return ""
    if found.r2 is None:
        return f"refused: {found.refused_briefly}"
    interval = "" if found.ci95 is None else f" ({found.ci95[0]:.2f} .. {found.ci95[1]:.2f})"
    elsewhere = found.r2_on_test
    moved = elsewhere is not None and abs(elsewhere - found.r2) >= 0.005
    return f"{found.r2:.2f}{interval}" + (f"; {elsewhere:.2f} on N(0, I)" if moved else "")


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


def _print_prediction(part: AuditedPart) -> None:
    found = part.predicted
    if found is None:
        return
    say("[bold]Prediction for {}[/bold]: {}", part.label or "the recording", _answer(found))
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


def _answer(found: Prediction) -> str:
    if found.r2 is None:
        return f"refused. {found.refused}"
    return f"mean R² {found.r2:.3f}, " + ("proven for every optimum" if found.proven else "of the best map found")


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
