"""The predictions that the audit in a results folder has made of a study's explorations."""

from __future__ import annotations

from pathlib import Path

from worldprobe._util.files import content_key
from worldprobe.results import Prediction, audited_settings, load_audit
from worldprobe.study.cells import ExplorationCell
from worldprobe.study.schema import Study


def audited_predictions(folder: Path, study: Study, cell: ExplorationCell) -> dict[str, Prediction]:
    """Return what the folder's audit predicted from the pairs of an exploration, by ceiling; nothing where it did not.

    The audit has to be of this very study. Points of a sweep are not audited, and recordings are audited in all their
    rows, not only in those that a study trains on. An audit scores on the canonical test set, never on a grid.
    """
    if cell.axes or study.test_points != "canonical" or study.sources:
        return {}
    audit = load_audit(folder)
    if audit is None or audit.of != content_key(audited_settings(study.model_dump(mode="json"))):
        return {}
    part = audit.part(cell.regime)
    # An approximate answer is the audit's alone: a study keeps what the full prediction says, refusals too.
    found = None if part is None else part.predicted_in_full or part.predicted
    # Audits that were kept by older versions do not hold all that a study records of a prediction.
    whole = found is not None and not found.approximate and found.pairs is not None
    return {found.objective: found} if found is not None and whole and found.objective is not None else {}
