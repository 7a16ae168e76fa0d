"""Registering a run: only the study that was planned, and that reviewers approved, runs under a protocol."""

from __future__ import annotations

from pathlib import Path

from worldprobe.errors import InvalidValue, NotSigned, StudyChanged
from worldprobe.protocol.document import read_protocol
from worldprobe.protocol.sign_offs import lacking, reviews
from worldprobe.results import Registration, load_audit
from worldprobe.study import Study


def register(study: Study, folder: Path, *, deviate: str | None = None, unsigned: bool = False) -> Registration:
    """Return the record of the protocol in `folder` that a study's results will hold.

    Raises StudyChanged where the study is not the one planned, naming every key, unless `deviate` says why, and
    NotSigned where approvals are missing or a reviewer rejects it, unless `unsigned`. Either is then recorded.
    """
    protocol = read_protocol(folder)
    deviations = protocol.deviations(study)
    if deviate is not None and not deviate.strip():
        raise InvalidValue("--deviate", deviate, "a reason", "The report prints it.")
    if deviations and deviate is None:
        raise StudyChanged(
            f"The study is not the one that {folder} planned. What differs: {'; '.join(deviations)}. Undo it, plan "
            'again, or say why with --deviate "...": the report will show both.'
        )
    found = reviews(folder, protocol)
    lack = lacking(protocol, found)
    if lack is not None and not unsigned:
        raise NotSigned(
            f"The protocol in {folder} cannot be run yet: {lack}. Reviewers sign with `worldprobe sign {folder}`; "
            "--unsigned runs it nevertheless, and the report says so."
        )
    audit = load_audit(folder)
    return Registration(
        hash=protocol.hash,
        planned=protocol.planned,
        hypotheses=protocol.hypotheses,
        audit=None if audit is None else audit.verdict.value,
        reviews=found,
        unsigned=lack,
        deviations=deviations,
        why=deviate.strip() if deviate and deviations else None,
    )
