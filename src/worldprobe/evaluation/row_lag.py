"""Do an embedding's rows belong to the data's rows? Measured by lag: which row's states each embedding fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from worldprobe.errors import InvalidValue, option
from worldprobe.evaluation.subject import Subject, split_stream
from worldprobe.measures.block_moments import block_moments
from worldprobe.measures.linear_recovery import CrossFittedR2, linear_recovery
from worldprobe.recordings.episodes import episode_of
from worldprobe.stats.subsample import even_stretches
from worldprobe.taps.pooling import UnusableEmbedding

LAGS = (-2, -1, 1, 2)
LOOKED_AT = 20_000
"""Rows, in stretches, that lags are compared on."""

LEAST_GAIN, SIGMAS = 0.02, 5.0
"""A lag is another row's where it lowers the squared error by more than this share of it, and by 5 standard errors."""


@dataclass(frozen=True)
class LagFit:
    """How well the embedding of row i fits the states of row i + lag."""

    lag: int
    fit: CrossFittedR2


def check_lag(h: Float[np.ndarray, "rows d"], subject: Subject, where: str) -> None:
    """Raise UnusableEmbedding, with the lag, where embeddings fit the states of another row of the episode better."""
    if subject.starts is None:
        return
    fits = [_at_lag(h, subject, lag) for lag in (0, *LAGS)]
    found = [fit for fit in fits if fit is not None]
    if not found or found[0].lag != 0 or len(found) < 2:
        return
    own, best = found[0], max(found[1:], key=lambda other: other.fit.mean)
    if not _better(best.fit, own.fit):
        return
    rows, side = abs(best.lag), "later" if best.lag > 0 else "earlier"
    raise UnusableEmbedding(
        f"{where}: its rows are {rows:,} off: embeddings fit the states {rows:,} row{'s' if rows > 1 else ''} {side} "
        f"best (R² {best.fit.mean:.3f}, for their own row {own.fit.mean:.3f}). Shift one against the other, or pass "
        f"{option('lag', best.lag)} to measure it so, {option('lag', 0)} to measure it as it is."
    )


def shifted(h: Float[np.ndarray, "rows d"], subject: Subject, lag: int) -> tuple[np.ndarray, Subject]:
    """Return the embeddings of the rows whose episode has a row `lag` later, with the states of that row."""
    rows = _with_partner(subject, np.arange(subject.rows), lag)
    if not len(rows):
        raise InvalidValue("lag", lag, "a lag within an episode", f"No row of {subject.of} has a row so much later.")
    return h[rows], subject.at(rows + lag)


def check_count(h: Float[np.ndarray, "N d"], subject: Subject, where: str) -> None:
    """Raise UnusableEmbedding where embeddings and rows are not equally many: by how many, and which rows are missing.

    Where it is a row or a few, or one an episode, both ways of leaving them out are fitted and the better one is named.
    """
    if len(h) == subject.rows:
        return
    said = f"{where} has {len(h):,} rows, {subject.of} has {subject.rows:,}"
    mend = "Write one row for every row of the data, or an array `rows` with the row of each."
    if h.shape[1] == subject.rows:
        mend = f"It has {subject.rows:,} columns: transpose it."
    ways = {name: rows for name, rows in _ways(subject, subject.rows - len(h)).items() if len(rows) == len(h)}
    scored = {}
    for name, rows in ways.items():
        try:
            own = subject.at(rows)
            use = even_stretches(len(rows), LOOKED_AT)
            scored[name] = _fit(h[use], own.at(use)).mean
        except ValueError:
            continue
    scored = {name: value for name, value in scored.items() if np.isfinite(value)}
    if scored:
        best = max(scored, key=scored.__getitem__)
        others = ", ".join(f"{name} {value:.3f}" for name, value in scored.items() if name != best)
        said += f": they fit best without {best} (R² {scored[best]:.3f}" + (f"; without {others})" if others else ")")
    raise UnusableEmbedding(f"{said}. {mend}")


def _ways(subject: Subject, missing: int) -> dict[str, Int[np.ndarray, " k"]]:
    rows = np.arange(subject.rows)
    if missing <= 0:
        return {}
    named = "row" if missing == 1 else f"{missing} rows"
    found = {f"the first {named} of the data": rows[missing:], f"the last {named} of the data": rows[:-missing]}
    starts = subject.starts
    if starts is not None and len(starts) > 1 and missing % len(starts) == 0:
        k = missing // len(starts)
        named = "row" if k == 1 else f"{k} rows"
        ends = np.append(starts[1:], subject.rows)
        episode = episode_of(starts, rows)
        found = {
            f"the first {named} of every episode": rows[rows >= starts[episode] + k],
            f"the last {named} of every episode": rows[rows < ends[episode] - k],
        } | found
    return found


def _at_lag(h: Float[np.ndarray, "rows d"], subject: Subject, lag: int) -> LagFit | None:
    # All lags see the same rows, those with a partner on both sides, so that their errors are compared row by row.
    rows = even_stretches(subject.rows, LOOKED_AT)
    for reach in (min(LAGS), max(LAGS)):
        rows = _with_partner(subject, rows, reach)
    if len(rows) < 10 * h.shape[1] + 200:
        return None
    own = subject.at(rows)
    there = Subject(own.of, subject.z[rows + lag], own.names, own.starts, blocks=own.split(split_stream()))
    return LagFit(lag, _fit(h[rows], there))


def _fit(h: Float[np.ndarray, "k d"], subject: Subject) -> CrossFittedR2:
    rng = split_stream()
    return linear_recovery(block_moments(h, subject.z, subject.split(rng)), rng)


def _with_partner(subject: Subject, rows: Int[np.ndarray, " k"], lag: int) -> Int[np.ndarray, " few"]:
    inside = rows[(rows + lag >= 0) & (rows + lag < subject.rows)]
    if subject.starts is None:
        return inside
    return inside[episode_of(subject.starts, inside) == episode_of(subject.starts, inside + lag)]


def _better(one: CrossFittedR2, other: CrossFittedR2) -> bool:
    """Return whether the errors of one are lower, beyond what differences between the blocks explain."""
    gain = (other.block_error - one.block_error) / other.block_error.sum()
    error = float(gain.std(ddof=1) * np.sqrt(len(gain)))
    return bool(gain.sum() > max(LEAST_GAIN, SIGMAS * error))
