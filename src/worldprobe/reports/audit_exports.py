"""An audit for other tools: JUnit XML for continuous integration, Markdown for a data set's card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable
from xml.etree import ElementTree as xml

from worldprobe.results import AuditedPart, Verdict


@runtime_checkable
class Audited(Protocol):
    """An audit, made or read from a folder."""

    @property
    def parts(self) -> Sequence[AuditedPart]: ...
    @property
    def gates(self) -> Sequence[Any]: ...
    @property
    def verdict(self) -> Verdict: ...


def junit(audit: Audited, title: str, fail_on: Verdict = Verdict.FAIL) -> str:
    """Return the audit as JUnit XML: a test case for every gate, failed from `fail_on` on; the answer is its output.

    A gate of a part that is expected to fail is skipped; a part that could not be made is an error.
    """
    suite = xml.Element("testsuite", name=f"worldprobe audit {title}", tests=str(len(audit.gates)))
    failures = errors = skipped = place = 0
    for part in audit.parts or [AuditedPart(label="", gates=len(audit.gates))]:
        for gate in audit.gates[place : place + part.gates]:
            case = xml.SubElement(
                suite,
                "testcase",
                classname=_printable(part.label or title),
                name=_printable(f"{gate.gate}: {gate.subject}"),
            )
            if gate.verdict.badness < fail_on.badness:
                continue
            if part.expected_to_fail:
                skipped += 1
                xml.SubElement(case, "skipped", message="expected to fail, as a contrast")
            else:
                failures += 1
                failure = xml.SubElement(case, "failure", message=_printable(gate.advice), type=str(gate.verdict))
                failure.text = _printable(
                    f"value {_number(gate.value)}, threshold {_number(gate.threshold)}. {gate.because}"
                )
        place += part.gates
        for why in part.not_made:
            errors += 1
            case = xml.SubElement(suite, "testcase", classname=_printable(part.label or title), name="not made")
            xml.SubElement(case, "error", message=_printable(why))
    answers = [sentence for part in audit.parts if part.answer is not None for sentence in part.answer.sentences]
    answers += [part.with_actions for part in audit.parts if part.with_actions is not None]
    if answers:
        xml.SubElement(suite, "system-out").text = _printable("\n".join(answers))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    suite.set("skipped", str(skipped))
    suite.set("tests", str(len(suite.findall("testcase"))))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(suite, encoding="unicode") + "\n"


def markdown(audit: Audited, title: str) -> str:
    """Return the audit as a section of Markdown: the answer, R^2 per state, and the gates that do not pass."""
    lines = [f"## What a world model can learn from {_cell(title)}", ""]
    for part in audit.parts:
        if part.label:
            lines += [f"### {_cell(part.label)}", ""]
        if part.answer is not None:
            lines += [*(f"- {_cell(sentence)}" for sentence in part.answer.sentences), ""]
            lines += ["| state | R² of an ideal encoder | 95 % interval |", "|---|---|---|"]
            for name, r2 in part.answer.r2_per_state.items():
                low, high = part.answer.r2_per_state_ci95[name]
                lines.append(f"| {_cell(name)} | {r2:.2f} | {low:.2f} to {high:.2f} |")
            lines.append("")
        if part.with_actions is not None:
            lines += [_cell(part.with_actions), ""]
        if part.against_ideal is not None:
            lines += [_cell(part.against_ideal.sentence), ""]
        lines += [f"- Not made: {_cell(why)}" for why in part.not_made]
    bad = [gate for gate in audit.gates if gate.verdict is not Verdict.PASS]
    if bad:
        lines += ["| gate | of | verdict | value | threshold |", "|---|---|---|---|---|"]
        lines += [
            f"| {gate.gate} | {_cell(gate.subject)} | {gate.verdict} | {_number(gate.value)} | "
            f"{_number(gate.threshold)} |"
            for gate in sorted(bad, key=lambda gate: -gate.verdict.badness)
        ]
    lines += ["", f"{len(audit.gates) - len(bad)} of {len(audit.gates)} gates pass. Made by `worldprobe audit`."]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _printable(text: str) -> str:
    """Return a text without the control characters that XML has no form for."""
    return "".join(letter for letter in text if letter in "\t\n" or letter.isprintable())


def _cell(text: str) -> str:
    """Return a text as Markdown shows it, in one row of a table: no markup, no line breaks."""
    safe = _printable(text).replace("\n", " ").replace("&", "&amp;").replace("<", "&lt;")
    for mark in "\\`*_[]|":
        safe = safe.replace(mark, f"\\{mark}")
    return safe
