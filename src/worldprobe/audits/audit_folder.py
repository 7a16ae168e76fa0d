"""Writing an audit into a folder: audit.json with every gate and its evidence, and pictures of pairs of frames."""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from worldprobe._util.files import atomic_write, write_json
from worldprobe.audits.audit_outcome import Audit
from worldprobe.results import SavedAudit, SavedGate, load_audit, versioned


def save_audit(audit: Audit, folder: Path, of: str) -> Path:
    """Write audit.json, whole, after the pictures that it names in audit/; return its path.

    Evidence that is text or numbers is kept in the JSON; two frames side by side become a picture.
    """
    gates = []
    for gate in audit.gates:
        picture, frames = None, gate.evidence.get("frames")
        if isinstance(frames, np.ndarray):
            picture = f"audit/{_slug(f'{gate.gate} {gate.subject}')}.png"
            with atomic_write(folder / picture) as aside:
                Image.fromarray(frames).save(aside, format="PNG")
        evidence = {name: _plain(value) for name, value in gate.evidence.items() if name != "frames"}
        known = {**gate.to_json(), "because": gate.because, "picture": picture, "evidence": evidence}
        gates.append(SavedGate.model_validate(known))
    path = folder / "audit.json"
    parts, warnings = list(audit.parts), list(audit.warnings)
    write_json(path, versioned(SavedAudit(verdict=audit.verdict, of=of, gates=gates, parts=parts, warnings=warnings)))
    return path


def copy_audit(source: Path, target: Path) -> None:
    """Put the audit of one folder, pictures first, into another; nothing where there is none."""
    found = load_audit(source)
    if found is None:
        return
    for path in [*filter(None, map(found.picture, found.gates)), source / "audit.json"]:
        with atomic_write(target / path.relative_to(source)) as aside:
            aside.write_bytes(path.read_bytes())


def _plain(value: Any) -> Any:
    """Return a piece of evidence as JSON holds it; a number that is not finite is None."""
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(part) for part in value]
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(value) if isfinite(value) else None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
