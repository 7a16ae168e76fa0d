"""An audit: all its gates, and for every exploration what it comes to in one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

from worldprobe.audits.gate import Gate
from worldprobe.results import AuditedPart, SavedGate, Verdict
from worldprobe.results.saved_audit import audit_html, missing

Judged = Gate | SavedGate
"""A gate, of an audit that was just made or of one that was read from a folder."""

G = TypeVar("G", bound=Gate | SavedGate)


@dataclass(frozen=True)
class Audit:
    """All gates of an audit, in the order of its parts."""

    gates: Sequence[Gate]
    parts: Sequence[AuditedPart] = ()
    """Consecutive runs of the gates; empty where nothing is known but the gates."""
    warnings: Sequence[str] = ()
    """What is no gate's matter and should be known: columns of a recording that never move, episodes of one row."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of a gate whose part is not expected to fail; without gates, pass."""
        counted = [
            gate for part, gates in by_part(self.parts, self.gates) if not part.expected_to_fail for gate in gates
        ]
        return worst_verdict(counted)

    @property
    def exit_status(self) -> int:
        """2 where a part could not be made, else 1 where a gate fails whose part is not expected to, else 0."""
        return 2 if missing(self.parts, self.gates) else int(self.verdict is Verdict.FAIL)

    def with_verdict(self, verdict: Verdict) -> list[Gate]:
        """Return the gates with this verdict, in order."""
        return [gate for gate in self.gates if gate.verdict is verdict]

    def _repr_html_(self) -> str:
        return audit_html(self.verdict, self.gates)

    def to_json(self) -> dict[str, Any]:
        """Return {"verdict": ..., "gates": [{"gate", "subject", "verdict", "value", "threshold", "advice"}]}.

        An audit with parts adds "parts": [{"label", "verdict", "expected_to_fail", "worst", "advice", "predicted"}];
        one with warnings adds "warnings".
        """
        told: dict[str, Any] = {"verdict": self.verdict.value, "gates": [gate.to_json() for gate in self.gates]}
        if self.parts:
            told["parts"] = [_part_to_json(part, gates) for part, gates in by_part(self.parts, self.gates)]
        if self.warnings:
            told["warnings"] = list(self.warnings)
        return told


def _part_to_json(part: AuditedPart, gates: Sequence[Gate]) -> dict[str, Any]:
    worst = worst_gate(gates)
    return {
        **part.model_dump(mode="json"),
        "verdict": worst_verdict(gates).value,
        "worst": None if worst is None else {"gate": worst.gate, "subject": worst.subject},
        "advice": "" if worst is None else worst.advice,
    }


def by_part(parts: Sequence[AuditedPart], gates: Sequence[G]) -> list[tuple[AuditedPart, Sequence[G]]]:
    """Return every part with its gates; one part without a label where nothing is known but the gates."""
    found, start = [], 0
    for part in parts or [AuditedPart(label="", gates=len(gates))]:
        found.append((part, gates[start : start + part.gates]))
        start += part.gates
    return found


def worst_verdict(gates: Sequence[Judged]) -> Verdict:
    """Return the worst verdict of some gates; of none, pass."""
    return max((gate.verdict for gate in gates), key=lambda verdict: verdict.badness, default=Verdict.PASS)


def worst_gate(gates: Sequence[G]) -> G | None:
    """Return the first of the gates with the worst verdict: gates are in the order of cause and effect.

    None where all pass.
    """
    worst = worst_verdict(gates)
    return None if worst is Verdict.PASS else next(gate for gate in gates if gate.verdict is worst)


@dataclass(frozen=True)
class Folded:
    """One gate that says the same of several subjects of one part."""

    part: str
    gate: Judged
    """The worst of them."""
    subjects: tuple[str, ...]
    """The worst first."""


def folded(parts: Sequence[AuditedPart], gates: Sequence[G], verdict: Verdict) -> list[Folded]:
    """Return an audit's gates of one verdict, the same gate of one part once, with the subjects that it is about."""
    found = []
    for part, own in by_part(parts, gates):
        bad = [gate for gate in own if gate.verdict is verdict]
        for name in dict.fromkeys(gate.gate for gate in bad):
            same = sorted((gate for gate in bad if gate.gate == name), key=_excess, reverse=True)
            subjects = tuple(gate.subject.removeprefix(f"{part.label}: ") for gate in same)
            found.append(Folded(part.label, same[0], subjects))
    return found


def _excess(gate: Judged) -> float:
    """Return how far a gate is beyond its threshold, on either side, relative to the threshold."""
    if gate.value is None or gate.threshold is None or not isfinite(gate.value) or not isfinite(gate.threshold):
        return 0.0
    return abs(gate.value - gate.threshold) / max(abs(gate.threshold), 1e-12)
