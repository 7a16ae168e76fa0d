"""Where every measured run lost R^2: what a study knows of each of its runs, put to `explain.decompose`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from worldprobe._util.files import content_key
from worldprobe.explain.decomposition import Ends, decompose, off_white_from_sigreg, off_white_from_whitening
from worldprobe.results import (
    CEILING_OF,
    Decomposition,
    Exploration,
    Prediction,
    Run,
    SavedAudit,
    audited_settings,
    exploration_of,
    load_audit,
    shown_by_frames,
)
from worldprobe.study.axes import settings_at
from worldprobe.study.ceilings import MOST_CONTROLS

Named = dict[str, float]
"""R^2 by control."""

OFF_WHITE: dict[str, Callable[[float, int, int, float], float]] = {
    "lejepa": off_white_from_sigreg,
    "whitening": lambda value, samples, d, rho: off_white_from_whitening(value, samples, d),
}
"""What an objective's regulariser says of the covariance: from its value, the batch's samples, d and rho."""


def decompositions(
    runs: Sequence[Run],
    explorations: Sequence[Exploration],
    settings: Mapping[str, Any],
    audit: SavedAudit | None = None,
) -> list[Decomposition]:
    """Return the decomposition of every measured run that was trained, of at most eight controls.

    `settings` are the study's, as its results hold them. `audit` is the study's, where one was made: its prediction
    stands for the exploration's. It may be made from more pairs, of a recording above all, whose study explores only
    the part that is trained on.
    """
    found = []
    for run in runs:
        exploration = exploration_of(run, explorations)
        few = len(run.recovery.r2_per_control) <= MOST_CONTROLS
        if run.role == "measured" and run.training is not None and exploration is not None and few:
            found.append(_decomposed(run, runs, exploration, settings_at(settings, run.axes), audit))
    return found


def audit_in(folder: Path, settings: Mapping[str, Any]) -> SavedAudit | None:
    """Return the audit that a results folder holds; None without one, and where it is of other worlds or explorations.

    `settings` are the study's, as its results hold them.
    """
    found = load_audit(folder)
    return found if found is not None and found.of == content_key(audited_settings(settings)) else None


def _decomposed(
    run: Run, runs: Sequence[Run], exploration: Exploration, settings: Mapping[str, Any], audit: SavedAudit | None
) -> Decomposition:
    objective, batch = _objective(settings, run.objective), settings["training"]["batch"]
    predicted = exploration.predicted.get(CEILING_OF.get(objective, ""))
    refused = f"there is no prediction for the objective {objective}" if predicted is None else predicted.refused
    ceiling, least = _ceiling(predicted), _of_candidates(predicted, min)
    audited = _predicted_by_audit(audit, exploration, run) if CEILING_OF.get(objective) == "sigreg" else None
    if audited is not None:
        refused, ceiling, least = None, audited, None
    controls = decompose(
        run.recovery.r2_per_control,
        ceiling=ceiling,
        least=least,
        supervised=shown_by_frames(run, runs),
        ends=_ends(run, exploration, predicted, batch, objective),
        best_seed=_best_seed(run, runs),
    )
    return Decomposition(run=run.id, refused=refused, controls=controls, ideal=ceiling)


def _objective(settings: Mapping[str, Any], label: str) -> str:
    """Return the registered name of a study's objective; an axis may have set it by its name alone."""
    given = settings["objectives"][label]
    return given if isinstance(given, str) else str((given or {}).get("name", label))


def _ceiling(predicted: Prediction | None) -> Named | None:
    """Return the ideal encoder's R^2 where the run was scored: on the test points, or else within the regime.

    Where several maps are ideal as far as is known, the best that any of them recovers.
    """
    if predicted is None or predicted.refused is not None:
        return _of_candidates(predicted, max)
    return predicted.r2_on_test_per_control or predicted.r2_per_control


def _of_candidates(predicted: Prediction | None, of: Callable[[list[float]], float]) -> Named | None:
    """Return the best or the worst that equally aligned maps recover of every control; None without such maps."""
    if predicted is None or not predicted.candidates:
        return None
    return {name: of([own[name] for own in predicted.candidates]) for name in predicted.candidates[0]}


def _predicted_by_audit(audit: SavedAudit | None, exploration: Exploration, run: Run) -> Named | None:
    """Return the R^2 that the audit predicted of every control; None where it did not, or refused.

    The audit of a sweep is of the study itself, not of its points. An approximate answer never stands in for the full
    prediction of the same pairs, which says why it is none: that several maps are ideal, above all.
    """
    if audit is None or exploration.axes:
        return None
    part = audit.part(exploration.label)
    if part is not None and part.predicted_in_full is not None:
        return None
    found: Named = {}
    for name in run.recovery.r2_per_control:
        gate = audit.gate("prediction", f"{exploration.label}: {name}") or audit.gate("prediction", name)
        if gate is None or gate.value is None:
            return None
        found[name] = gate.value
    return found


def _best_seed(run: Run, runs: Sequence[Run]) -> Named:
    kin = [
        o for o in runs if (o.regime, o.objective, o.role, o.axes) == (run.regime, run.objective, run.role, run.axes)
    ]
    return {name: max(other.recovery.r2_per_control[name] for other in kin) for name in run.recovery.r2_per_control}


def _ends(run: Run, exploration: Exploration, predicted: Prediction | None, batch: int, objective: str) -> Ends | None:
    """Return how the training ended; None where no optimum of its alignment is known.

    None is known where fewer controls move than the embedding has dimensions: SIGReg then asks for more independent
    Gaussians than there are.
    """
    assert run.training is not None
    final, optimum = run.training.final, run.training.alignment_optimum
    known = (exploration.exact_pair_correlation or exploration.pair_correlation).values()
    rho = [value for value in known if value is not None]
    if optimum is None or len(rho) < run.d or "heldout_alignment" not in final:
        return None
    mean = float(np.mean(rho))
    off_white = _off_white(run, batch, objective, mean)
    best = min(optimum, predicted.alignment) if predicted and predicted.alignment is not None else optimum
    leaked = run.recovery.style
    style = None if leaked is None else leaked.variance_in_regime
    return Ends(final.get("train_alignment"), final["heldout_alignment"], best, mean, off_white, style=style)


def _off_white(run: Run, batch: int, objective: str, rho: float) -> float:
    """Return ||Cov h - I||_F^2 / d: measured on held-out pairs where the bound needed it, else from the regulariser."""
    assert run.training is not None
    value, samples = run.training.final.get("regulariser"), 2 * batch
    if run.recovery.bound.epsilon is not None:
        return run.recovery.bound.epsilon**2 / run.d
    if value is None or objective not in OFF_WHITE:
        return 0.0
    return OFF_WHITE[objective](value, samples, run.d, rho)
