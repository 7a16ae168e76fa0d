"""An audit in a folder: audit.json with every gate and its evidence, and the frames that show it as pictures."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from worldprobe._util.files import atomic_write, write_json
from worldprobe.audits.gate import Audit, Gate, Verdict
from worldprobe.errors import DamagedData


@dataclass(frozen=True)
class SavedAudit(Audit):
    """An audit read back; `of` is the key of what was audited, `pictures` the frames beside a gate."""

    of: str
    pictures: dict[tuple[str, str], Path]
    """By (gate, subject); only those that exist."""


def save_audit(audit: Audit, folder: Path, of: str) -> Path:
    """Write audit.json, whole, after the pictures that it names in audit/; return its path.

    A gate's evidence is kept where it is text and numbers; two frames beside each other become a picture.
    """
    listed = []
    for gate in audit.gates:
        told: dict[str, Any] = {**gate.to_json(), "because": gate.because}
        frames = gate.evidence.get("frames")
        if isinstance(frames, np.ndarray):
            told["picture"] = f"audit/{_slug(f'{gate.gate} {gate.subject}')}.png"
            with atomic_write(folder / told["picture"]) as aside:
                Image.fromarray(frames).save(aside, format="PNG")
        told["evidence"] = {name: _plain(value) for name, value in gate.evidence.items() if name != "frames"}
        listed.append(told)
    path = folder / "audit.json"
    write_json(path, {"verdict": audit.verdict.value, "of": of, "gates": listed})
    return path


def load_audit(folder: Path) -> SavedAudit | None:
    """Return the audit in a folder, None where there is none. Raises DamagedData where it cannot be read."""
    path = folder / "audit.json"
    if not path.is_file():
        return None
    try:
        given = json.loads(path.read_text(encoding="utf8"))
        gates = [_gate(told) for told in given["gates"]]
        named = {
            (told["gate"], told["subject"]): folder / told["picture"] for told in given["gates"] if "picture" in told
        }
        pictures = {key: picture for key, picture in named.items() if picture.is_file()}
        return SavedAudit(gates, str(given["of"]), pictures)
    except (ValueError, KeyError, TypeError) as fault:
        raise DamagedData(f"{path} is not an audit ({fault!r}). Remove it and audit again.") from None


def copy_audit(source: Path, target: Path) -> None:
    """Put the audit of one folder, pictures first, into another; nothing where there is none."""
    found = load_audit(source)
    if found is None:
        return
    for path in [*found.pictures.values(), source / "audit.json"]:
        with atomic_write(target / path.relative_to(source)) as aside:
            aside.write_bytes(path.read_bytes())


def _gate(told: dict[str, Any]) -> Gate:
    value, threshold = (nan if told[key] is None else float(told[key]) for key in ("value", "threshold"))
    verdict, advice, because = Verdict(told["verdict"]), str(told["advice"]), str(told["because"])
    return Gate(told["gate"], told["subject"], verdict, value, threshold, advice, because, told["evidence"])


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
