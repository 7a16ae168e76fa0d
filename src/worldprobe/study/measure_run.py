"""From embeddings and their controls to a `Recovery`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.measures.bound import theorem3_bound
from worldprobe.measures.cyclic import cyclic_recovery
from worldprobe.measures.geometry import orthogonality_error, procrustes_error
from worldprobe.measures.probes import bootstrap_r2, fit_probe, never_worse_than_the_mean
from worldprobe.results import Bound, Cyclic, Recovery, StyleRecord
from worldprobe.sources import Source
from worldprobe.stats.r2 import r2_per_column
from worldprobe.world import Control


@dataclass(frozen=True)
class Embedded:
    """The features of some frames (embeddings, or raw pixels), and the controls of those frames."""

    h: Float[np.ndarray, "N d"]
    z: Float[np.ndarray, "N n"]
    blocks: Int[np.ndarray, " N"] | None = None
    """Which frames depend on one another; None where all are independent."""


def measure_recovery(
    probe: Embedded,
    test: Embedded,
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    own: Embedded | None = None,
    bound: Bound,
    cyclic: Mapping[str, Cyclic] | None = None,
    ridge: bool = False,
    style: StyleRecord | None = None,
) -> tuple[Recovery, Float[np.ndarray, "N n"]]:
    """Fit the probe on `probe`, score it on `test`; return the measures and the controls as the probe reads them.

    `own` holds frames of the regime itself, for the probe that a user without a canonical set would fit.
    `ridge` is for raw pixels, where the geometry of the map z -> h is left out (infinite-dimensional in spirit).
    """
    read = fit_probe(probe.h, probe.z, ridge=ridge, blocks=probe.blocks)(test.h)
    if ridge and test.blocks is not None:
        read = never_worse_than_the_mean(test.z, read)
    each = r2_per_column(test.z, read)
    ci, each_ci = bootstrap_r2(test.z, read, rng, test.blocks)
    own_r2 = None if own is None else float(r2_per_column(test.z, fit_probe(own.h, own.z)(test.h)).mean())
    recovery = Recovery(
        r2=float(each.mean()),
        fitted_on=len(probe.z),
        r2_per_control=dict(zip(names, each.tolist(), strict=True)),
        r2_ci95=ci,
        r2_per_control_ci95={name: (low, high) for name, (low, high) in zip(names, each_ci.tolist(), strict=True)},
        r2_controls_to_embedding=_controls_to_embedding(probe, test),
        r2_own_probe=own_r2,
        r2_in_regime=None if own is None else _in_regime(own, names),
        orthogonality=None if ridge else orthogonality_error(test.z, test.h),
        procrustes=None if ridge else procrustes_error(test.z, test.h),
        bound=bound,
        cyclic=dict(cyclic or {}),
        style=style,
    )
    return recovery, read


def measure_cyclic(probe: Embedded, test: Embedded, controls: Sequence[Control]) -> dict[str, Cyclic]:
    """Return what is known of every cyclic control; of no other control."""
    found = {}
    for column, spec in enumerate(controls):
        if spec.period is None:
            continue
        of_probe, of_test = (
            (spec.physical(points.z[:, column]) - spec.centre) * (2 * np.pi / spec.period) for points in (probe, test)
        )
        found[spec.name] = cyclic_recovery(probe.h, of_probe, test.h, of_test)
    return found


def measure_bound(first: Embedded, second: Embedded, source: Source) -> Bound:
    """Return Theorem 3's bound on held-out pairs of a source, or why it does not apply."""
    if not source.ornstein_uhlenbeck:
        return Bound(applies=False, reason="Theorem 3 is for Ornstein-Uhlenbeck pairs of N(0, 1) controls")
    rho = source.exact_correlation()
    if rho is None or np.ptp(rho) > 0 or not 0 < rho[0] < 1:
        return Bound(applies=False, reason="Theorem 3 needs one pair correlation between 0 and 1 for all controls")
    if first.h.shape[1] != first.z.shape[1]:
        reason = f"Theorem 3 needs d = n; here d = {first.h.shape[1]} and n = {first.z.shape[1]}"
        return Bound(applies=False, reason=reason)
    bounded = procrustes_error(np.concatenate([first.z, second.z]), np.concatenate([first.h, second.h]))
    return theorem3_bound(first.h, second.h, float(rho[0])).model_copy(update={"error": bounded})


def _in_regime(own: Embedded, names: Sequence[str]) -> dict[str, float | None]:
    """Return R^2 per control within the regime: probe fitted on one half of its held-out frames, scored on the other.

    Halves, not alternate frames: the members of a pair, and neighbours on a clip, stay on one side.
    """
    half = len(own.z) // 2
    moving = (own.z[:half].std(axis=0) > 1e-6) & (own.z[half:].std(axis=0) > 1e-6)
    found: list[float] = []
    if moving.any():
        read = fit_probe(own.h[:half], own.z[:half, moving])(own.h[half:])
        found = r2_per_column(own.z[half:, moving], read).tolist()
    scored = iter(found)
    return {name: next(scored) if moves else None for name, moves in zip(names, moving, strict=True)}


def _controls_to_embedding(probe: Embedded, test: Embedded) -> float:
    """R^2 of h read from z, over the dimensions of h that vary; a collapsed embedding has none and scores 0."""
    moving = (test.h.std(axis=0) > 1e-6) & (probe.h.std(axis=0) > 1e-6)
    if not moving.any():
        return 0.0
    read = fit_probe(probe.z, probe.h[:, moving])(test.z)
    return float(r2_per_column(test.h[:, moving], read).mean())
