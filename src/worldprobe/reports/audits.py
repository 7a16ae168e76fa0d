"""The audit that stands in a results folder, if one does and is of this very study."""

from __future__ import annotations

from worldprobe.audits import Gate, Verdict
from worldprobe.audits.audit_folder import SavedAudit, load_audit
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.study.audit_study import audited


def audit_of(folder: ResultsFolder) -> SavedAudit | None:
    """Return the folder's audit; None where there is none, or where it is of other worlds or explorations.

    Raises DamagedData where audit.json cannot be read.
    """
    found = load_audit(folder.path)
    return found if found is not None and found.of == audited(folder.results.study) else None


def has_audit(folder: ResultsFolder) -> bool:
    """Whether the folder holds an audit, be it of another study."""
    return (folder.path / "audit.json").is_file()


def trouble(audit: SavedAudit | None, gate: str, subject: str) -> Gate | None:
    """Return a gate that warns or fails; None where it passes or was not judged."""
    gates = audit.gates if audit is not None else []
    return next((g for g in gates if (g.gate, g.subject) == (gate, subject) and g.verdict is not Verdict.PASS), None)
