"""The protocol itself: what will be run, which results are expected, and a hash that any edit changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import PositiveInt, ValidationError

from worldprobe._util.files import write_json
from worldprobe.errors import DamagedData, InvalidStudy, StudyChanged, WorldprobeError
from worldprobe.results import DECISION, METRICS, Hypothesis, Record
from worldprobe.results.differences import differences
from worldprobe.study import Study
from worldprobe.study.machine import versions
from worldprobe.study.schema import ANNOTATIONS
from worldprobe.study.validation_errors import explain

FORMAT = 1
REVIEWS = 2
"""Independent approvals that a protocol requires."""
NOT_HASHED = ("hash", "planned", "versions")
MACHINE_MADE = ("driver", "blender")
"""Parts of a world's fingerprint that depend on the machine."""
BUDGET = ("frames", "heldout_frames", "probe_frames", "test_frames", "training", "restarts", "seeds")


class Protocol(Record):
    """What protocol.json holds. `hash` is the SHA-256 of all of it but itself, the date and the versions."""

    format: int
    title: str
    question: str
    hypotheses: list[Hypothesis]
    regimes: dict[str, dict[str, Any]]
    budget: dict[str, Any]
    metrics: dict[str, str]
    decision: str
    reviews: PositiveInt
    """How many independent approvals it requires."""
    study: dict[str, Any]
    """The whole resolved study."""
    world: dict[str, Any]
    """The world's fingerprint: everything that its observations depend on except the machine's driver and versions."""
    planned: str
    versions: dict[str, str]
    hash: str

    def deviations(self, study: Study) -> list[str]:
        """Return every key in which a study differs from what was planned, with both values.

        Settings that did not exist yet when it was planned count as their defaults; keys that say how results are to be
        read, and did not exist yet, are ignored.
        """
        planned, present = _resolved(_study(self.study)), _resolved(study)
        for key in set(ANNOTATIONS) - set(self.study):
            planned.pop(key), present.pop(key)
        changes = [
            *differences(planned, present),
            *differences(self.world, _world(study), "world.fingerprint"),
        ]
        return [f"{path} was {old!r}, is {new!r}" for path, old, new in changes]


def make_protocol(study: Study, *, reviews: int = REVIEWS) -> Protocol:
    """Return the protocol of a study, dated now."""
    resolved = _resolved(study)
    parts: dict[str, Any] = {
        "format": FORMAT,
        "title": study.title,
        "question": study.question,
        "hypotheses": resolved["hypotheses"],
        "regimes": resolved["regimes"],
        "budget": {key: resolved[key] for key in BUDGET},
        "metrics": METRICS,
        "decision": DECISION,
        "reviews": reviews,
        "study": resolved,
        "world": _world(study),
    }
    stamp = {"planned": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions()}
    return Protocol.model_validate({**parts, **stamp, "hash": digest(parts)})


def write_protocol(protocol: Protocol, folder: Path) -> Protocol:
    """Write protocol.json into a folder and return it; an existing one is kept where it plans the same.

    Raises StudyChanged where the folder holds another protocol: what was planned is never overwritten.
    """
    path = folder / "protocol.json"
    if path.exists():
        before = read_protocol(folder)
        if before.hash != protocol.hash:
            changes = [f"{key} was {old!r}, is {new!r}" for key, old, new in _changes(before, protocol)]
            raise StudyChanged(
                f"{folder} holds the protocol {before.hash[:16]}, which is not touched. What differs: "
                f"{'; '.join(changes)}. Give another --out."
            )
        return before
    try:
        write_json(path, protocol.model_dump(mode="json"))
    except OSError as error:
        raise WorldprobeError(f"{folder} cannot be written: {error.strerror}. Give another with --out.") from None
    return protocol


def read_protocol(folder: Path) -> Protocol:
    """Return the protocol of a folder.

    Raises WorldprobeError where there is none, DamagedData where it is unreadable or was edited after it was planned.
    """
    path = folder / "protocol.json"
    if not path.is_file():
        raise WorldprobeError(f"{folder} holds no protocol.json. `worldprobe plan STUDY --out {folder}` writes one.")
    try:
        given = json.loads(path.read_text(encoding="utf8"))
        protocol = Protocol.model_validate(given)
    except (ValueError, UnicodeDecodeError) as error:
        raise DamagedData(f"{path} is not a protocol: {' '.join(str(error).split())[:200]}. Plan again.") from None
    if digest({key: value for key, value in given.items() if key not in NOT_HASHED}) != protocol.hash:
        raise DamagedData(
            f"{path} was edited after it was planned: its hash does not match. Plan again, in another folder."
        )
    return protocol


def digest(parts: Any) -> str:
    """Return the SHA-256 of a JSON-able value, independent of its keys' order."""
    text = json.dumps(parts, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _resolved(study: Study) -> dict[str, Any]:
    resolved: dict[str, Any] = json.loads(study.model_dump_json())
    return resolved


def _study(settings: dict[str, Any]) -> Study:
    try:
        return Study.model_validate(settings)
    except ValidationError as error:
        raise InvalidStudy("the protocol's study, with this version,", explain(error, Study)) from None


def _world(study: Study) -> dict[str, Any]:
    """Return the world's fingerprint without the machine's parts: a protocol may be run on another machine."""
    with study.known_world("a protocol") as world:
        fingerprint: dict[str, Any] = json.loads(json.dumps(world.fingerprint))
    return {key: value for key, value in fingerprint.items() if key not in MACHINE_MADE}


def _changes(before: Protocol, after: Protocol) -> Sequence[tuple[str, Any, Any]]:
    kept = {"study", "world", "reviews", "metrics", "decision", "format"}
    found = differences(before.model_dump(mode="json", include=kept), after.model_dump(mode="json", include=kept))
    return [(path.removeprefix("study."), old, new) for path, old, new in found]
