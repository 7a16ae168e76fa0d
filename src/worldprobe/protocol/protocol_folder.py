"""A protocol's folder: protocol.json for programs, protocol.md for people, and the audit's results."""

from __future__ import annotations

from pathlib import Path

from worldprobe._util.files import atomic_write
from worldprobe.audits import Audit
from worldprobe.audits.audit_folder import save_audit
from worldprobe.errors import StudyChanged
from worldprobe.protocol.brief import brief
from worldprobe.protocol.document import REVIEWS, Protocol, make_protocol, read_protocol, write_protocol
from worldprobe.protocol.protocol_markdown import (
    hypotheses_in_words,
    learning_in_words,
    metrics_in_words,
    regimes_in_words,
    world_in_words,
)
from worldprobe.study import Study
from worldprobe.study.audit_study import audited


def plan(study: Study, folder: Path, *, reviews: int = REVIEWS) -> Protocol:
    """Write a study's protocol into a folder: protocol.json, and protocol.md for people.

    `reviews` is how many independent approvals it requires. Raises StudyChanged if the folder holds another protocol.
    """
    protocol = write_protocol(make_protocol(study, reviews=reviews), folder)
    with atomic_write(folder / "protocol.md") as aside:
        aside.write_text(protocol_markdown(protocol, study), encoding="utf8")
    return protocol


def check_planned(study: Study, folder: Path) -> None:
    """Raise StudyChanged, naming every key that differs, where a study is not the one that a protocol plans."""
    changes = read_protocol(folder).deviations(study)
    if changes:
        raise StudyChanged(
            f"The study is not the one that {folder} planned, so its audit is not added. What differs: "
            f"{'; '.join(changes)}."
        )


def add_audit(study: Study, audit: Audit, folder: Path) -> Path:
    """Add an audit's gates to a protocol's folder; raises StudyChanged where the study is not the one planned."""
    check_planned(study, folder)
    return save_audit(audit, folder, audited(study))


def file_audit(
    study: Study, audit: Audit, *, out: Path | None, protocol: Path | None, with_brief: bool = False
) -> list[Path]:
    """Write a study's audit, and a brief of it (brief.md) if wanted, into the folders given; return these."""
    if protocol is not None:
        add_audit(study, audit, protocol)
    if out is not None:
        save_audit(audit, out, audited(study))
    folders = [folder for folder in (out, protocol) if folder is not None]
    if with_brief and folders:
        text = brief(study, audit)
        for folder in folders:
            with atomic_write(folder / "brief.md") as aside:
                aside.write_text(text, encoding="utf8")
    return folders


def protocol_markdown(protocol: Protocol, study: Study) -> str:
    """Return the protocol as Markdown."""
    parts = [
        f"# Protocol: {protocol.title}",
        f"Planned {protocol.planned}. SHA-256 of protocol.json's content:\n\n    {protocol.hash}",
        f"**Question.** {' '.join(protocol.question.split())}",
        f"## Hypotheses\n\n{hypotheses_in_words(study)}",
        f"## Metrics\n\n{metrics_in_words()}",
        f"## World\n\n{world_in_words(study)}",
        f"## Regimes\n\n{regimes_in_words(study)}",
        f"## Learning and budget\n\n{learning_in_words(study)}",
        f"## Before it is run\n\n{_next(protocol)}",
    ]
    return "\n\n".join(parts) + "\n"


def _next(protocol: Protocol) -> str:
    name = protocol.study["name"]
    return (
        f"`worldprobe audit {name} --protocol DIR` adds the gates' results, `worldprobe audit {name} --brief` writes "
        f"a brief for reviewers. It needs {protocol.reviews} approvals by different reviewers, and no rejection: "
        '`worldprobe sign DIR --name "..." --role "..." --verdict approve --notes "..."`. Then '
        f"`worldprobe run {name} --protocol DIR` runs exactly this study. Give each command the preset and the "
        "settings that it was planned with."
    )
