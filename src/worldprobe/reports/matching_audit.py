"""The audit in a results folder, where there is one and it is of this very study."""

from __future__ import annotations

from worldprobe._util.files import content_key
from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.results import SavedAudit, SavedGate, Verdict, audited_settings, load_audit


def audit_of(folder: ResultsFolder) -> SavedAudit | None:
    """Return the folder's audit; None where there is none, or where it is of other worlds or explorations.

    Raises DamagedData where audit.json cannot be read.
    """
    found = load_audit(folder.path)
    return found if found is not None and found.of == content_key(audited_settings(folder.results.study)) else None


def has_audit(folder: ResultsFolder) -> bool:
    """Whether the folder holds an audit, be it of another study."""
    return (folder.path / "audit.json").is_file()


def trouble(audit: SavedAudit | None, gate: str, subject: str) -> SavedGate | None:
    """Return a gate that warns or fails; None where it passes or was not judged."""
    found = None if audit is None else audit.gate(gate, subject)
    return found if found is not None and found.verdict is not Verdict.PASS else None
