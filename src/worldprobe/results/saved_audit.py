"""An audit, as it is kept in a folder: audit.json with every gate and its evidence, and pictures of pairs of frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pydantic import Field, PrivateAttr

from worldprobe.errors import DamagedData
from worldprobe.results.audited_part import AuditedPart
from worldprobe.results.html import html_table
from worldprobe.results.record import Record
from worldprobe.results.record_files import Kind, read_record

AUDITED = ("world", "regimes", "frames", "seeds", "canonical_seed", "test_frames")
"""The settings of a study that its audit depends on."""


class Verdict(StrEnum):
    """What a gate says; an audit says what its worst gate says."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"

    @property
    def badness(self) -> int:
        """0 for pass, 1 for warn, 2 for fail."""
        return list(Verdict).index(self)


class SavedGate(Record):
    """One number compared with one threshold; see `worldprobe.audits.Gate`."""

    gate: str
    subject: str
    verdict: Verdict
    value: float | None
    threshold: float | None
    """A number that is not finite is None."""
    advice: str
    because: str
    picture: str | None = None
    """The path of a picture of two frames, within the audit's folder."""
    evidence: dict[str, Any] = Field({})

    def to_json(self) -> dict[str, Any]:
        """Return the six fields of a gate that `--json` prints."""
        return self.model_dump(mode="json", exclude={"because", "picture", "evidence"})


UNMADE = "unmade"
"""The gate of gates that could not be computed."""


@runtime_checkable
class _Named(Protocol):
    """A gate, just made or read from a folder."""

    @property
    def gate(self) -> str: ...

    @property
    def advice(self) -> str: ...


def missing(parts: Sequence[AuditedPart], gates: Sequence[_Named]) -> list[str]:
    """Return what of an audit could not be made, and why."""
    unmade = [gate.advice for gate in gates if gate.gate == UNMADE]
    return unmade + [why for part in parts for why in part.not_made]


class SavedAudit(Record):
    """All gates of an audit that was read from a folder; `of` is the key of what was audited."""

    verdict: Verdict
    of: str
    gates: list[SavedGate]
    parts: list[AuditedPart] = Field([])
    """The world and every exploration, each with how many of the gates are its own; empty in older audits."""
    warnings: list[str] = Field([])
    _folder: Path = PrivateAttr(Path())

    @property
    def exit_status(self) -> int:
        """2 where a part could not be made, else 1 where a gate fails whose part is not expected to, else 0."""
        return 2 if missing(self.parts, self.gates) else int(self.verdict is Verdict.FAIL)

    def with_verdict(self, verdict: Verdict) -> list[SavedGate]:
        """Return the gates with this verdict, in order."""
        return [gate for gate in self.gates if gate.verdict is verdict]

    def gate(self, name: str, subject: str) -> SavedGate | None:
        """Return the gate of this name on this subject; None where it was not judged."""
        return next((gate for gate in self.gates if (gate.gate, gate.subject) == (name, subject)), None)

    def part(self, label: str) -> AuditedPart | None:
        """Return the part of this label; None where there is none, as in older audits."""
        return next((part for part in self.parts if part.label == label), None)

    def picture(self, gate: SavedGate) -> Path | None:
        """Return the picture of a gate's frames; None where there is none. Never a path outside the audit's folder."""
        if gate.picture is None:
            return None
        path = self._folder / gate.picture
        inside = path.resolve().is_relative_to((self._folder / "audit").resolve())
        return path if inside and path.is_file() else None

    def to_json(self) -> dict[str, Any]:
        """Return {"verdict": ..., "gates": [{"gate", "subject", "verdict", "value", "threshold", "advice"}]}."""
        return {"verdict": self.verdict.value, "gates": [gate.to_json() for gate in self.gates]}

    def _repr_html_(self) -> str:
        return audit_html(self.verdict, self.gates)


def audit_html(verdict: Verdict, gates: Sequence[Any]) -> str:
    """Return an audit as a table in HTML, its worst gates first."""
    worst = sorted(gates, key=lambda gate: -gate.verdict.badness)
    rows = [(g.verdict.value, g.gate, g.subject, g.value, g.threshold, g.advice) for g in worst]
    return html_table(f"Audit: {verdict.value}", ("verdict", "gate", "subject", "value", "threshold", "advice"), rows)


def load_audit(folder: Path) -> SavedAudit | None:
    """Return the audit in a folder, None where there is none. Raises DamagedData where it cannot be read."""
    path = folder / "audit.json"
    if not path.is_file():
        return None
    found = read_record(path, Kind.AUDIT, SavedAudit, mend="Remove it and audit again.")
    twice = {(g.gate, g.subject) for g in found.gates}
    if len(twice) < len(found.gates):
        raise DamagedData(f"{path} holds a gate twice. Remove it and audit again.")
    if found.parts and sum(part.gates for part in found.parts) != len(found.gates):
        raise DamagedData(f"{path}: the gates of its parts do not add up to its gates. Remove it and audit again.")
    found._folder = folder
    return found


def audited_settings(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a study's settings that its audit depends on; its hash says what an audit is of."""
    more = {key: study[key] for key in ("audit", "sources", "style") if study.get(key)}
    return {key: study.get(key) for key in AUDITED} | more
