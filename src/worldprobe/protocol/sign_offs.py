"""Sign-offs: reviewers, people or assistants, who judged a protocol before anything was run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from worldprobe._util.files import file_sha256, inside, write_json
from worldprobe.errors import DamagedData, InvalidValue
from worldprobe.protocol.document import Protocol, read_protocol
from worldprobe.results import Record, Review

Choice = Literal["approve", "reject", "comment"]


class SignOff(Record):
    """What a file in reviews/ holds: a review, and the hash of the reviewed protocol."""

    protocol: str
    review: Review


def sign(folder: Path, *, name: str, role: str, verdict: str, notes: str = "") -> SignOff:
    """Add a reviewer's sign-off to a protocol's folder; it replaces an earlier one of the same name.

    Raises InvalidValue for an unknown verdict, or an empty name or role.
    """
    protocol = read_protocol(folder)
    if verdict not in get_args(Choice):
        raise InvalidValue("--verdict", verdict, ", ".join(get_args(Choice)))
    for option, given in (("--name", name), ("--role", role)):
        if not given.strip():
            raise InvalidValue(option, given, "some text", "A sign-off names its reviewer.")
    audit = folder / "audit.json"
    review = Review.model_validate(
        {
            "name": name.strip(),
            "role": role.strip(),
            "verdict": verdict,
            "notes": notes.strip(),
            "signed": datetime.now(UTC).isoformat(timespec="seconds"),
            "audit": file_sha256(audit) if audit.is_file() else None,
        }
    )
    signed = SignOff(protocol=protocol.hash, review=review)
    number = len(list((folder / "reviews").glob("*.json"))) + 1
    write_json(inside(folder, "reviews", f"{number:03}-{_slug(name)}.json"), signed.model_dump(mode="json"))
    return signed


def reviews(folder: Path, protocol: Protocol) -> list[Review]:
    """Return the valid sign-offs: those of this protocol (by its hash), the last of each name. Raises DamagedData."""
    standing: dict[str, Review] = {}
    for path in sorted((folder / "reviews").glob("*.json")):
        try:
            signed = SignOff.model_validate_json(path.read_text(encoding="utf8"))
        except (ValidationError, UnicodeDecodeError):
            raise DamagedData(f"{path} is not a sign-off. Remove it and sign again.") from None
        if signed.protocol == protocol.hash:
            standing[_who(signed.review.name)] = signed.review
    return list(standing.values())


def lacking(protocol: Protocol, found: Sequence[Review]) -> str | None:
    """Return why a protocol may not be run yet, or None where it may."""
    against = [review for review in found if review.verdict == "reject"]
    if against:
        said = "; ".join(f"{r.name} ({r.role}): {r.notes or 'no notes'}" for r in against)
        return f"it is rejected by {said}"
    approved = [review for review in found if review.verdict == "approve"]
    if len(approved) < protocol.reviews:
        names = f" ({', '.join(review.name for review in approved)})" if approved else ""
        return f"it has {len(approved)} of {protocol.reviews} approvals by different reviewers{names}"
    return None


def _who(name: str) -> str:
    return " ".join(name.casefold().split())


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _who(name)).strip("-") or "reviewer"
