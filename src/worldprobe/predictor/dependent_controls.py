"""Controls that are nearly functions of others: what is left then is a support thinner than the embedding.

Where one of n controls is a function of the others, the controls fill a surface and not R^n. No smooth map of a surface
is N(0, I_n): encoders fold it ever finer to come near, and where they end depends on the start, the weight and the
budget. So it is where the function has so little noise that no encoder resolves it. What counts is the share of a
control that the others explain on rows that were not fitted to: by splines of each of them and products of two, in
Gaussian coordinates, blocks of consecutive groups being left out in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import ndtr

from worldprobe.predictor.basis import cardinal_splines
from worldprobe.predictor.gaussian_coordinates import fit_marginals
from worldprobe.stats.jackknife import BLOCKS, PairSample

CURVED, STRAIGHT = 0.8, 0.97
"""Shares beyond which a control follows from others: by a curve, and where linear functions explain as much.

Read off trainings at rising noise (python benchmarks/dependent_controls.py): along a curve encoders find what is left
at .80 and not at .81; of a linear function they find it at .80, late and at a small weight of SIGReg alone at .91, and
not at .99.
"""

ROWS = 20_000
"""Members of pairs that are looked at, evenly spaced."""

FOLDS = 4
"""Parts of consecutive blocks, each of which is explained by a fit to the others."""

REACH, CLIPPED, DEGREE = 2.5, 2.5, 3
"""Of the knots of one control's splines; of the polynomials whose products stand for two controls, and their degree."""

PER_FUNCTION = 25
"""Rows for each function from which products of two controls are among them."""

MOST_CONTROLS = 16
"""Of more controls it is not looked for: the time grows with the fourth power of their number."""

FOLDED = 0.1
"""A control is said to follow up to its sign where its square is explained better than itself by this."""

BENT = 0.1
"""Of what linear functions leave, what any function must explain for the dependence to count as curved."""

VARIES = 1e-9
"""Standard deviation of a function, of order 1, above which it is not constant up to rounding errors."""

RIDGE = 1e-9
"""Of the largest eigenvalue: functions of dependent controls are dependent."""


@dataclass(frozen=True)
class Dependence:
    """A control that others explain."""

    control: int
    on: tuple[int, ...]
    """The controls that it is a function of."""
    share: float
    """Of its variance, in Gaussian coordinates, that they explain."""
    folded: bool
    """Whether that is of its square: its sign is free, as the sine's is, given the cosine."""
    curved: bool
    """Whether linear functions, in Gaussian coordinates, explain clearly less."""

    @property
    def follows(self) -> bool:
        """Whether an encoder would not find what is left of the control."""
        return self.share > (CURVED if self.curved else STRAIGHT)


@dataclass(frozen=True)
class Dependences:
    """Which controls follow from others, and which of the remaining ones nearly does."""

    following: list[Dependence]
    """The best explained first; of equal ones the later. Without them no control follows from others."""
    nearly: Dependence | None = None
    """Of the remaining ones, the best explained, where others explain more than `CURVED` of it."""


def dependent_controls(z: PairSample, *, mixed: bool = False) -> Dependences:
    """Return the controls that follow from the remaining ones, and the one that nearly does.

    Not looked for among more than `MOST_CONTROLS` controls. Of controls that are linear mixtures of independent ones,
    `mixed`, no dependence is curved.
    """
    if z.first.shape[1] > MOST_CONTROLS:
        return Dependences([])
    found: list[Dependence] = []
    fits = _Fits.of(z)
    left = list(fits.controls)
    while len(left) > 1:
        each = [_best(fits, control, [other for other in left if other != control]) for control in left]
        following = [own for own in each if (own.share > STRAIGHT if mixed else own.follows)]
        if not following:
            nearly = max(each, key=lambda own: own.share)
            return Dependences(found, _fewest(fits, nearly, _nearly) if _nearly(nearly) else None)
        best = max(following, key=lambda own: (round(own.share - FOLDED * own.folded, 2), own.control))
        left.remove(best.control)
        found.append(_fewest(fits, best, lambda own: own.follows))
    return Dependences(found)


def explained(z: PairSample) -> Float[np.ndarray, " n"]:
    """Return the share of every control that all others explain; 0 of one that does not move."""
    fits, shares = _Fits.of(z), np.zeros(z.first.shape[1])
    for control in fits.controls if len(fits.controls) > 1 else ():
        shares[control] = _best(fits, control, [other for other in fits.controls if other != control]).share
    return shares


def _best(fits: _Fits, control: int, on: list[int]) -> Dependence:
    plain, squared, any_function, linear = fits.shares(control, on)
    folded = squared > plain + FOLDED
    curved = folded or any_function - linear > BENT * (1.0 - linear)
    return Dependence(control, tuple(on), max(plain, squared), folded, curved)


def _nearly(own: Dependence) -> bool:
    return own.share > CURVED


def _fewest(fits: _Fits, found: Dependence, enough: Callable[[Dependence], bool]) -> Dependence:
    """Return a dependence on as few controls as are still `enough`."""
    on = list(found.on)
    while len(on) > 1:
        fewer = [[other for other in on if other != left_out] for left_out in on]
        best = max((_best(fits, found.control, own) for own in fewer), key=lambda own: own.share)
        if not enough(best):
            break
        on = list(best.on)
    return _best(fits, found.control, on)


@dataclass(frozen=True)
class _Fits:
    """Moments of functions of the controls in each fold, from which any fit is made without going through the rows."""

    controls: list[int]
    owners: Bool[np.ndarray, "functions n"]
    """Which controls each function is of."""
    targets: Int[np.ndarray, "n three"]
    """The functions that are explained: each control's rank, its square, its Gaussian coordinate."""
    moments: Float[np.ndarray, "folds functions functions"]

    @classmethod
    def of(cls, z: PairSample) -> _Fits:
        """Take the moments of at most `ROWS` members of pairs."""
        every = -(-2 * len(z) // ROWS)
        rows = np.arange(0, len(z), every)
        fold = np.searchsorted(z.starts[:: BLOCKS // FOLDS][1:-1], rows, side="right")
        marginals = fit_marginals(z.pooled)
        controls = np.flatnonzero(marginals.moving).tolist()
        u = np.concatenate([marginals(z.first[rows]), marginals(z.second[rows])])
        values, owners, targets = _functions(u)
        values = values - values.mean(axis=0)
        spread = values.std(axis=0)
        values /= np.where(spread > VARIES, spread, np.inf)  # the square of a control with two values is constant
        folds = np.concatenate([fold, fold])
        moments = np.stack([values[folds == own].T @ values[folds == own] for own in range(FOLDS)])
        n = z.first.shape[1]
        of_all, all_targets = np.zeros((owners.shape[0], n), dtype=bool), np.zeros((n, 3), dtype=np.int64)
        of_all[:, controls], all_targets[controls] = owners, targets
        return cls(controls, of_all, all_targets, moments)

    def shares(self, control: int, on: list[int]) -> tuple[float, float, float, float]:
        """Return what functions of `on` explain on folds that were not fitted to.

        Of a control's rank, of its square, of its Gaussian coordinate; and what linear functions explain of the last.
        """
        allowed = np.ones(self.owners.shape[1], dtype=bool)
        allowed[on] = False
        known = np.flatnonzero(~self.owners[:, allowed].any(axis=1))
        any_function = self._explained(known, self.targets[control])
        (linear,) = self._explained(self.targets[on, -1], self.targets[control, -1:])
        plain, squared, coordinate = any_function
        return plain, squared, coordinate, linear

    def _explained(self, known: Int[np.ndarray, " k"], wanted: Int[np.ndarray, " t"]) -> list[float]:
        whole = self.moments.sum(axis=0)
        missed, total = np.zeros(len(wanted)), np.zeros(len(wanted))
        for own in self.moments:
            rest = whole - own
            gram = rest[np.ix_(known, known)]
            gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram)
            weights = np.linalg.solve(gram, rest[np.ix_(known, wanted)])
            inner = own[np.ix_(known, known)] @ weights - 2.0 * own[np.ix_(known, wanted)]
            variance = own[wanted, wanted]
            missed += variance + (weights * inner).sum(axis=0)
            total += variance
        left = np.divide(missed, total, out=np.ones_like(missed), where=total > 0.0)
        found: list[float] = (1.0 - left).clip(0.0, 1.0).tolist()
        return found


def _functions(
    u: Float[np.ndarray, "N n"],
) -> tuple[Float[np.ndarray, "N functions"], Bool[np.ndarray, "functions n"], Int[np.ndarray, "n three"]]:
    """Return splines and polynomials of each control and products of two, whose they are, and which are targets."""
    n = u.shape[1]
    splines, inside, p = cardinal_splines(REACH), u.clip(-CLIPPED, CLIPPED), ndtr(u) - 0.5
    columns = [np.concatenate([p[:, [i]], p[:, [i]] ** 2, u[:, [i]], splines(u[:, i])], axis=1) for i in range(n)]
    owners = [np.eye(n, dtype=bool)[[i] * columns[i].shape[1]] for i in range(n)]
    starts = np.cumsum([0, *(own.shape[1] for own in columns[:-1])])
    powers = inside[:, :, None] ** np.arange(1, DEGREE + 1)
    pairs = list(combinations(range(n), 2))
    if len(u) >= PER_FUNCTION * (sum(own.shape[1] for own in columns) + DEGREE**2 * len(pairs)):
        for i, j in pairs:
            columns.append((powers[:, i, :, None] * powers[:, j, None, :]).reshape(len(u), -1))
            owners.append(np.repeat((np.eye(n, dtype=bool)[i] | np.eye(n, dtype=bool)[j])[None], DEGREE**2, axis=0))
    return np.concatenate(columns, axis=1), np.concatenate(owners), np.stack([starts, starts + 1, starts + 2], axis=1)
