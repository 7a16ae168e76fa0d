"""Where every measured run lost R^2: what a study knows of it, put to `recovery.decomposition`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from worldprobe.explain.decomposition import (
    Decomposition,
    Each,
    Ends,
    decompose,
    off_white_from_sigreg,
    off_white_from_whitening,
)
from worldprobe.results import CEILING_OF, Exploration, MissingParts, Prediction, Run, exploration_of
from worldprobe.results import Decomposition as DecompositionRecord
from worldprobe.study.axes import settings_at
from worldprobe.study.ceilings import MOST_CONTROLS

OFF_WHITE: dict[str, Callable[[float, int, int, float], float]] = {
    "lejepa": off_white_from_sigreg,
    "whitening": lambda value, samples, d, rho: off_white_from_whitening(value, samples, d),
}
"""What an objective's regulariser says of the covariance: from its value, the batch's samples, d and rho."""


def decompositions(
    runs: Sequence[Run], explorations: Sequence[Exploration], settings: Mapping[str, Any]
) -> list[DecompositionRecord]:
    """Return the decomposition of every measured run that was trained, of at most eight controls.

    `settings` are the study's, as its results hold them.
    """
    found = []
    for run in runs:
        exploration = exploration_of(run, explorations)
        few = len(run.recovery.r2_per_control) <= MOST_CONTROLS
        if run.role == "measured" and run.training is not None and exploration is not None and few:
            found.append(_decomposed(run, runs, exploration, settings_at(settings, run.axes)))
    return found


def _decomposed(
    run: Run, runs: Sequence[Run], exploration: Exploration, settings: dict[str, Any]
) -> DecompositionRecord:
    names = list(run.recovery.r2_per_control)
    objective, batch = _objective(settings, run.objective), settings["training"]["batch"]
    predicted = exploration.predicted.get(CEILING_OF.get(objective, ""))
    refused = f"there is no prediction for the objective {objective}" if predicted is None else predicted.refused
    found = decompose(
        _each(run, names),
        ceiling=_ceiling(predicted, names),
        least=_candidates(predicted, names, np.min),
        supervised=_supervised(run, runs, names),
        ends=_ends(run, exploration, predicted, batch, objective),
        best_seed=_best_seed(run, runs, names),
    )
    return DecompositionRecord(run=run.id, refused=refused, controls=_parts(found, names))


def _objective(settings: Mapping[str, Any], label: str) -> str:
    """Return the registered name of a study's objective; an axis may have set it by its name alone."""
    given = settings["objectives"][label]
    return given if isinstance(given, str) else str((given or {}).get("name", label))


def _parts(found: Decomposition, names: Sequence[str]) -> dict[str, MissingParts]:
    def of(part: Each | None, i: int) -> float | None:
        return None if part is None else float(part[i])

    return {
        name: MissingParts(
            missing=float(found.missing[i]),
            regime=of(found.regime, i),
            scene=of(found.scene, i),
            non_identifiability=of(found.chance, i),
            data=of(found.data, i),
            optimisation=of(found.optimisation, i),
            unexplained=float(found.rest[i]),
        )
        for i, name in enumerate(names)
    }


def _each(run: Run, names: Sequence[str]) -> Each:
    return np.array([run.recovery.r2_per_control[name] for name in names], dtype=np.float64)


def _ceiling(predicted: Prediction | None, names: Sequence[str]) -> Each | None:
    """Return the ideal encoder's R^2 where the run was scored: on the test points, or else within the regime.

    Where several maps are ideal as far as is known, the best that any of them reads.
    """
    if predicted is None or predicted.refused is not None:
        return _candidates(predicted, names, np.max)
    known = predicted.r2_on_test_per_control or predicted.r2_per_control
    return None if known is None else np.array([known[name] for name in names], dtype=np.float64)


def _candidates(predicted: Prediction | None, names: Sequence[str], of: Callable[..., Each]) -> Each | None:
    """Return the best or the worst that equally aligned maps read of every control; None where those are not known."""
    if predicted is None or not predicted.candidates:
        return None
    return of([[own[name] for name in names] for own in predicted.candidates], axis=0)


def _supervised(run: Run, runs: Sequence[Run], names: Sequence[str]) -> Each | None:
    """Return R^2 of the supervised reference, of the same seed where there is one; None where there is none."""
    ceilings = [
        other
        for other in runs
        if other.role == "ceiling"
        and list(other.recovery.r2_per_control) == list(names)
        and all(other.axes[name] == label for name, label in run.axes.items() if name in other.axes)
    ]
    ceilings.sort(key=lambda other: other.seed != run.seed)
    return _each(ceilings[0], names) if ceilings else None


def _best_seed(run: Run, runs: Sequence[Run], names: Sequence[str]) -> Each:
    kin = [
        o for o in runs if (o.regime, o.objective, o.role, o.axes) == (run.regime, run.objective, run.role, run.axes)
    ]
    best: Each = np.max([_each(other, names) for other in kin], axis=0)
    return best


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
    return Ends(final.get("train_alignment"), final["heldout_alignment"], best, mean, off_white)


def _off_white(run: Run, batch: int, objective: str, rho: float) -> float:
    """Return ||Cov h - I||_F^2 / d: measured on held-out pairs where the bound needed it, else from the regulariser."""
    assert run.training is not None
    value, samples = run.training.final.get("regulariser"), 2 * batch
    if run.recovery.bound.epsilon is not None:
        return run.recovery.bound.epsilon**2 / run.d
    if value is None or objective not in OFF_WHITE:
        return 0.0
    return OFF_WHITE[objective](value, samples, run.d, rho)
