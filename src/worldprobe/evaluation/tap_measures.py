"""Every measure of one embedding: the values, and for each that does not apply, why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.evaluation.subject import Subject, split_stream
from worldprobe.measures.alignment import Alignment, alignment
from worldprobe.measures.block_moments import BlockMoments, block_moments
from worldprobe.measures.bound import bound_from_moments
from worldprobe.measures.conditioning import conditioning
from worldprobe.measures.dci import dci
from worldprobe.measures.gaussianity import ROWS as TESTED
from worldprobe.measures.gaussianity import sigreg_score
from worldprobe.measures.geometry import procrustes_error
from worldprobe.measures.leading_dimensions import effective_rank, recovery_by_dimensions
from worldprobe.measures.leaks import leaks
from worldprobe.measures.linear_recovery import CrossFittedR2, linear_coding, linear_recovery
from worldprobe.measures.matching import mean_correlation
from worldprobe.measures.nonlinear_probe import nonlinear_recovery
from worldprobe.measures.procrustes import procrustes_disparity, warped_disparity
from worldprobe.measures.row_blocks import RowBlocks, check_rows_to_fit, spread_over
from worldprobe.stats.correlation import column_correlation

KEYS = (
    *("r2", "ci95", "r2_per_state", "r2_states_to_embedding", "mlp_r2", "procrustes", "condition_number", "mcc"),
    *("dci", "effective_rank", "sigreg_z", "alignment", "bound", "leaks"),
)
"""What is measured of every tap, in the order of `--json`."""

SAMPLED = 20_000
"""At most so many rows, evenly spread, for what cannot be had from moments."""

QUICK = "left out, as asked: only linear recovery was measured"

ONE_RHO = 0.02
"""Pair correlations of the states within this of one another are one, as Theorem 3 asks."""


@dataclass(frozen=True)
class TapMeasures:
    """The measures of one embedding by name; a measure that does not apply is None, with its reason."""

    values: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the measures of `--json`, None where one does not apply, and `reasons` where any does not."""
        return {key: self.values.get(key) for key in KEYS} | {"reasons": dict(self.reasons)}


def measure_tap(h: Float[np.ndarray, "rows d"], subject: Subject, *, thorough: bool = True) -> TapMeasures:
    """Return every measure of an embedding whose rows are those of the subject.

    Without `thorough` only the linear ones, which need one pass: for references.
    """
    rng = split_stream()
    blocks = subject.split(rng)
    check_rows_to_fit(blocks, h.shape[1])  # before moments of d x d numbers are taken
    moments = block_moments(h, subject.z, blocks)
    read = linear_recovery(moments, rng)
    found = TapMeasures(
        {
            "r2": read.mean,
            "ci95": list(read.mean_ci95),
            "r2_per_state": dict(zip(subject.names, read.r2.tolist(), strict=True)),
            "r2_states_to_embedding": linear_coding(moments, rng).mean,
        }
    )
    if np.isnan(read.r2).any():
        lacking = [name for name, value in zip(subject.names, read.r2, strict=True) if np.isnan(value)]
        found.reasons["r2_per_state"] = f"{', '.join(lacking)}: constant in the rows that are scored"
    if not thorough:
        found.reasons.update({key: QUICK for key in KEYS if key not in found.values})
    else:
        _add_shape(found, moments, rng)
        _add_sampled(found, h, subject, blocks, read, rng)
        _add_alignment(found, h, subject, moments)
    return found


def _add_shape(found: TapMeasures, moments: BlockMoments, rng: np.random.Generator) -> None:
    """Add what follows from the moments alone."""
    covariance, d = moments.covariance_in_units(), moments.d
    # States count alike, whatever their variance in the rows that are used.
    unit = np.concatenate([np.ones(d), 1.0 / np.sqrt(np.maximum(np.diag(covariance)[d:], 1e-300))])
    found.values["procrustes"] = {"disparity": procrustes_disparity(covariance * np.outer(unit, unit), d)}
    found.values["effective_rank"] = {
        "value": effective_rank(covariance[:d, :d]),
        "d": d,
        "r2_of_leading": [list(step) for step in recovery_by_dimensions(moments, rng)],
    }
    scaling = conditioning(moments)
    found.values["condition_number"] = scaling.number
    if scaling.number is None:
        found.reasons["condition_number"] = (
            f"the smallest singular value of the map from states to embedding, {scaling.singular[-1]:.2g}, is within "
            f"its sampling error, {scaling.error:.2g}: a state, or a direction of states, is not coded linearly"
        )


def _add_sampled(
    found: TapMeasures,
    h: Float[np.ndarray, "rows d"],
    subject: Subject,
    blocks: RowBlocks,
    read: CrossFittedR2,
    rng: np.random.Generator,
) -> None:
    """Add what is measured on at most 20,000 rows."""
    scores = nonlinear_recovery(h, subject.z, blocks)
    found.values["mlp_r2"] = float(np.nanmean(scores)) if np.isfinite(scores).any() else None
    if found.values["mlp_r2"] is None:
        found.reasons["mlp_r2"] = "every state is constant in the rows that are scored"
    rows = spread_over(np.flatnonzero(blocks.block >= 0), SAMPLED)
    some, z, own = np.asarray(h[rows], dtype=np.float64), subject.z[rows].astype(np.float64), blocks.at(rows)
    found.values["procrustes"]["after_monotone_warps"] = warped_disparity(some, z)
    found.values["mcc"] = asdict(mean_correlation(some, z))
    found.values["dci"] = asdict(dci(some, z, read.mean))
    found.values["leaks"] = [asdict(leak) for leak in leaks(some, z, subject.names, read.r2, own, rng)]
    few = some[spread_over(np.arange(len(some)), TESTED)]
    found.values["sigreg_z"] = {"as_is": sigreg_score(few, rng), "whitened": sigreg_score(few, rng, whiten=True)}


def _add_alignment(found: TapMeasures, h: Float[np.ndarray, "rows d"], subject: Subject, moments: BlockMoments) -> None:
    pairs = subject.pairs
    if not len(pairs):
        found.values["alignment"] = found.values["bound"] = None
        found.reasons["alignment"] = subject.why_no_pairs
        found.reasons["bound"] = found.reasons["alignment"]
        return
    covariance = moments.covariance_in_units()[: moments.d, : moments.d]
    each = column_correlation(subject.z[pairs[:, 0]].astype(np.float64), subject.z[pairs[:, 1]].astype(np.float64))
    terms = alignment(h, pairs, covariance, float(np.nanmean(each)))
    found.values["alignment"] = asdict(terms)
    why_not = _without_bound(subject, moments.d, each)
    if why_not is not None:
        found.values["bound"], found.reasons["bound"] = None, why_not
        return
    found.values["bound"] = _bound(h, subject, covariance, terms)


def _without_bound(subject: Subject, d: int, rho: Float[np.ndarray, " n"]) -> str | None:
    """Return why Theorem 3 says nothing here, None where it does."""
    n = len(subject.names)
    if d != n:
        return f"Theorem 3 needs d = n; here d = {d} and n = {n}"
    if not np.isfinite(rho).all() or np.ptp(rho) > ONE_RHO or not 0.0 < rho.mean() < 1.0:
        shown = ", ".join(f"{name} {value:.2f}" for name, value in zip(subject.names, rho, strict=True))
        return f"Theorem 3 needs one pair correlation between 0 and 1 for all states; here {shown}"
    return None


def _bound(
    h: Float[np.ndarray, "rows d"], subject: Subject, covariance: Float[np.ndarray, "d d"], terms: Alignment
) -> dict[str, float | None]:
    rows = spread_over(np.arange(len(h)), SAMPLED)
    assert terms.rho is not None
    bound = bound_from_moments(terms.per_dimension * len(covariance), covariance, terms.rho)
    return {
        "value": bound.value,
        "error": procrustes_error(subject.z[rows].astype(np.float64), np.asarray(h[rows], dtype=np.float64)),
        "delta": bound.delta,
        "epsilon": bound.epsilon,
        "rho": terms.rho,
    }
