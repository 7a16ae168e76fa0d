"""Arrays in, small results out, without torch: recovery, Theorem 3's bound, the predictor, where R^2 went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue, WrongChoice
from worldprobe.explore.regime import Pairs

if TYPE_CHECKING:
    from worldprobe.predictor.prediction import IdealEncoder
    from worldprobe.results import Bound, MissingParts


@dataclass(frozen=True)
class RecoverySummary:
    """How linear embeddings are in the states; R^2 is scored on episodes (or rows) that no probe was fitted on."""

    r2: float
    """Mean over the states of the R^2 of the states read from the embedding."""
    ci95: tuple[float, float]
    r2_per_state: dict[str, float]
    r2_per_state_ci95: dict[str, tuple[float, float]]
    r2_states_to_embedding: float
    orthogonality: float
    """||A^T A - I||_F of the regression h = A z + b of standardised states: 0 for a rotation."""
    procrustes: float
    """min_Q E||h - E h - Q z||^2: 0 for a rotation."""
    constant: tuple[str, ...] = ()
    """States that never move: no R^2 is defined for them, and they are left out of the means."""

    def __str__(self) -> str:
        low, high = self.ci95
        each = ", ".join(f"{name} {value:.3f}" for name, value in self.r2_per_state.items())
        return f"R² {self.r2:.3f}, 95 % in {low:.3f} to {high:.3f} ({each})"


def recover(
    h: Any,
    z: Any,
    *,
    names: Sequence[str] | None = None,
    episodes: Any = None,
    independent: bool = False,
) -> RecoverySummary:
    """Measure how linearly states z (rows, n) are read from embeddings h (rows, d), and how near h is to a rotation.

    Rows are one trajectory in order of time. `episodes` has a label for every row where they are several, and
    `independent` says that rows are independent draws: what is scored must not lie beside what was fitted. States are
    standardised. Raises InvalidValue for arrays that do not match, are too short or not finite, and for episodes in
    pieces.
    """
    from worldprobe.evaluation.subject import of_arrays, split_stream
    from worldprobe.measures.block_moments import block_moments
    from worldprobe.measures.geometry import orthogonality_error, procrustes_error
    from worldprobe.measures.linear_recovery import linear_coding, linear_recovery
    from worldprobe.measures.row_blocks import check_rows_to_fit

    h, z = matrix("h", h), matrix("z", z)
    check_rows("h", h, "z", z)
    labels = None if episodes is None else np.asarray(episodes)
    if labels is not None and labels.shape != (len(z),):
        raise InvalidValue("episodes", labels.shape, f"({len(z)},), a label for every row")
    if labels is not None and independent:
        raise WrongChoice("episodes", "independent rows")
    if names is not None and len(names) != z.shape[1]:
        raise InvalidValue("names", len(names), f"{z.shape[1]}, one for every column of z")
    subject = of_arrays(z, None if names is None else tuple(names), labels, independent=independent)
    rng = split_stream()
    try:
        blocks = subject.split(rng)
        check_rows_to_fit(blocks, max(h.shape[1], z.shape[1]))
        moments = block_moments(h, subject.z, blocks)
        read, coded = linear_recovery(moments, rng), linear_coding(moments, rng)
    except ValueError as error:
        raise InvalidValue("h", h.shape, "more rows", f"{error}.") from error
    return RecoverySummary(
        r2=read.mean,
        ci95=read.mean_ci95,
        r2_per_state=dict(zip(subject.names, read.r2.tolist(), strict=True)),
        r2_per_state_ci95={name: (low, high) for name, (low, high) in zip(subject.names, read.ci95, strict=True)},
        r2_states_to_embedding=coded.mean,
        orthogonality=orthogonality_error(subject.z, h),
        procrustes=procrustes_error(subject.z, h),
        constant=subject.constant,
    )


def bound(h: Any, h_next: Any, rho: float) -> Bound:
    """Return Theorem 3's bound on the Procrustes error (arXiv 2605.26379) from the embeddings of pairs' two members.

    h and h_next are (pairs, d), of Ornstein-Uhlenbeck pairs of N(0, 1) states with correlation `rho` in every state;
    the theorem is for as many dimensions as states. Raises InvalidValue for arrays that do not match and for a rho
    that is not between 0 and 1: the theorem divides by rho (1 - rho).
    """
    from worldprobe.measures.bound import theorem3_bound

    h, h_next = matrix("h", h), matrix("h_next", h_next)
    if h.shape != h_next.shape or len(h) < 2:
        raise InvalidValue("h_next", h_next.shape, f"the shape of h, {h.shape}, with two pairs or more")
    if not 0.0 < rho < 1.0:
        raise InvalidValue("rho", rho, "a number between 0 and 1, both excluded")
    return theorem3_bound(h, h_next, float(rho))


def predict(
    pairs: Any,
    second: Any = None,
    *,
    objective: str = "sigreg",
    d: int | None = None,
    episodes: Any = None,
    seed: int = 0,
) -> IdealEncoder:
    """Predict the linear R^2 that the ideal encoder of an exploration reaches; nothing is rendered or trained.

    Takes `Pairs` (of a regime or a recording), or two arrays (pairs, n): the states of the pairs' first and second
    members, with `episodes` a label for every pair where neighbouring pairs depend on one another. `objective` is
    "sigreg", "whitening" or "predictive" (of `Pairs` that carry actions); d is the embedding's dimension, n by
    default. Where there is no answer worth its digits the result says why in `refused`. Raises InvalidValue for arrays
    that do not match or are not finite.
    """
    from worldprobe.predictor.action_prediction import PREDICTIVE, predict_actions
    from worldprobe.predictor.predict import predict as ideal

    if objective == PREDICTIVE:
        if not isinstance(pairs, Pairs) or pairs.actions is None:
            raise InvalidValue("pairs", type(pairs).__name__, "Pairs with actions, for the objective 'predictive'")
        return predict_actions(pairs, [f"z{i + 1}" for i in range(pairs.controls.shape[1])], d=d, seed=seed)
    rng = stream(seed, "prediction", objective)
    groups: np.ndarray | None
    if isinstance(pairs, Pairs):
        if second is not None:
            raise WrongChoice("Pairs", "two arrays")
        first, after, groups = pairs.first, pairs.second, pairs.chains
    elif second is None:
        raise InvalidValue("second", None, "the states of the pairs' second members, where the first is an array")
    else:
        first, after = matrix("first", pairs), matrix("second", second)
        groups = np.unique(np.asarray(episodes), return_inverse=True)[1] if episodes is not None else None
    return ideal(first, after, objective, rng=rng, d=d, groups=groups)


def decompose(
    r2: Any,
    *,
    ceiling: Any = None,
    supervised: Any = None,
    least: Any = None,
    best_seed: Any = None,
    train: float | None = None,
    heldout: float | None = None,
    optimum: float | None = None,
    rho: float | None = None,
    off_white: float = 0.0,
    supervised_alignment: float | None = None,
    style: float | None = None,
) -> dict[str, MissingParts]:
    """Return where 1 - R^2 went, state by state: exploration, scene, style, data, training, and what none explains.

    `r2` holds a number per state, by name or in an array (z1, z2 ... then), and so does every argument of its kind:
    `ceiling` the predicted R^2 of the ideal
    encoder, `supervised` that of an encoder trained on the states themselves, `least` the worst R^2 of equally aligned
    maps, `best_seed` the best R^2 of any seed. What is not given stays undistinguished in what follows.

    Data and optimisation are separated by the final alignments E|h - h'|^2 / d over the embedding's mean variance:
    `heldout`, and `train` unless pairs were drawn afresh for every step, against the `optimum` 2 (1 - rho), with the
    mean pair correlation `rho` and `off_white`, ||Cov h - I||_F^2 / d. `supervised_alignment` is that of a supervised
    encoder's readings on held-out pairs, which is what the frames allow. `style` is the share of the embedding's
    variance that is style's, E|h - E_style h|^2 / E|h - E h|^2, where there are factors to be ignored.
    docs/decomposition.md has the reasoning.
    """
    from worldprobe.explain.decomposition import Ends
    from worldprobe.explain.decomposition import decompose as parts

    measured = _vector("r2", list(r2.values()) if isinstance(r2, Mapping) else r2)
    names = [str(name) for name in r2] if isinstance(r2, Mapping) else [f"z{i + 1}" for i in range(len(measured))]
    ends = None
    if heldout is not None:
        if rho is None:
            raise InvalidValue("rho", None, "the mean pair correlation of the states that move, with heldout")
        best = 2.0 * (1.0 - rho) if optimum is None else optimum
        ends = Ends(train, heldout, best, rho, off_white, supervised=supervised_alignment, style=style)
    given = {"ceiling": ceiling, "supervised": supervised, "least": least, "best_seed": best_seed}

    def named(key: str, values: Any) -> dict[str, float]:
        if isinstance(values, Mapping):
            if set(values) != set(names):
                raise InvalidValue(key, sorted(map(str, values)), f"the states of r2: {', '.join(names)}")
            values = [values[name] for name in names]
        return dict(zip(names, _vector(key, values, len(names)).tolist(), strict=True))

    each: dict[str, Any] = {key: None if values is None else named(key, values) for key, values in given.items()}
    return parts(named("r2", measured), ends=ends, **each)


def matrix(name: str, array: Any) -> np.ndarray:
    """Return an array (rows, columns) of finite numbers; a vector is one column. Raises InvalidValue."""
    found = np.asarray(array)
    if found.dtype.kind not in "fiub":
        raise InvalidValue(name, str(found.dtype), "an array of numbers")
    found = found[:, None] if found.ndim == 1 else found
    if found.ndim != 2 or 0 in found.shape:
        raise InvalidValue(name, found.shape, "an array (rows, columns) with at least one of each")
    found = found if found.dtype in (np.float32, np.float64) else found.astype(np.float64)
    if not np.isfinite(found).all():
        row = int(np.argmax(~np.isfinite(found).all(axis=1)))
        raise InvalidValue(name, f"NaN or infinity, first in row {row:,}", "finite numbers", "Leave those rows out.")
    return found


def check_rows(name: str, array: np.ndarray, other: str, like: np.ndarray) -> None:
    """Raise InvalidValue where two arrays have different numbers of rows."""
    if len(array) != len(like):
        raise InvalidValue(name, array.shape, f"as many rows as {other}, {len(like):,}")


def _vector(name: str, values: Any, length: int | None = None) -> np.ndarray:
    found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if found.ndim != 1 or (length is not None and len(found) != length):
        raise InvalidValue(name, found.shape, f"a number per state, ({length or 'n'},)")
    if not np.isfinite(found).all():
        raise InvalidValue(name, found.tolist(), "finite numbers")
    return found
