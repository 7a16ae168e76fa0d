"""Reasons to refuse a prediction that the sample does not support: why, what was seen, what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe.predictor.dependent_controls import Dependence, Dependences
from worldprobe.predictor.prediction import Embedding, IdealEncoder
from worldprobe.results.predicted import BasisStep

SETTLED = 0.01
"""The answer has settled when the last growth of the basis changes the mean R^2 by less."""

WIDE = 0.1
"""Half the width of an interval beyond which there is no answer."""

TIE = 0.05
"""Features of indistinguishable pair correlations matter where the mean R^2 depends on them by more."""

OVERFITTED = 0.03
"""Pair correlation per feature that may be lost on pairs that the features were not fitted to."""


class Refusal(str):
    """A sentence that says why there is no answer, what was seen and what would change it; `short` fits a table."""

    short: str

    def __new__(cls, short: str, sentence: str) -> Refusal:
        """Make a sentence with its short form."""
        made = super().__new__(cls, sentence)
        made.short = short
        return made


def refused(
    objective: str,
    d: int,
    pairs: int,
    why: Refusal,
    equally_aligned: Sequence[Embedding] = (),
    names: Sequence[str] = (),
    **known: Any,
) -> IdealEncoder:
    """Return the prediction that is refused, with what is known all the same."""
    said: dict[str, Any] = {"objective": objective, "d": d, "pairs": pairs}
    said |= {"refused": str(why), "refused_briefly": why.short}
    return IdealEncoder.of(names, None, equally_aligned, **said, **known)


NOTHING_MOVES = Refusal(
    "no control moves",
    "No control moves: nothing can be recovered, and nothing can be aligned. Explore the world before training on it.",
)


def wider_than_the_state(d: int, n: int) -> Refusal:
    """Refuse SIGReg's prediction for more dimensions than controls: its optimum then depends on its weight."""
    return Refusal(
        "wider than the state",
        f"The embedding has {d} dimensions and the state {n}: no smooth map makes {n} controls N(0, I_{d}), so that "
        "SIGReg cannot be met, and how much linear recovery training gives up for it depends on SIGReg's weight. A "
        f"prediction for d = {n} says what the exploration allows.",
    )


LINEARLY_DEPENDENT = "controls are linearly dependent"


def linearly_dependent(d: int, rank: int) -> Refusal:
    """Refuse SIGReg's prediction where fewer directions move than the embedding has dimensions."""
    return Refusal(
        LINEARLY_DEPENDENT,
        f"The controls that move vary in {rank} {'direction' if rank == 1 else 'directions'} only (elsewhere their "
        "standard deviation is below 0.0003 of the largest): some are linear functions of others. No smooth map makes "
        f"so few directions N(0, I_{d}), for an embedding of {d} dimensions: an encoder folds them to fill the space, "
        f"and what it gives up for that depends on SIGReg's weight. Use {rank} dimensions, or leave out the controls "
        "that follow from others.",
    )


_FOLLOWS, _FOLLOW = " follows from ", " follow from "


def says_dependent(briefly: str) -> bool:
    """Whether a refusal, in few words, is one of controls that follow from others: no other prediction helps then."""
    return briefly == LINEARLY_DEPENDENT or _FOLLOWS in briefly or _FOLLOW in briefly


def dependent(d: int, moving: int, found: Sequence[Dependence], names: Sequence[str]) -> Refusal | None:
    """Refuse SIGReg's prediction where too few controls are left that do not follow from others."""
    left = moving - len(found)
    if d <= left:
        return None
    said = "; ".join(_follows(own, names) for own in found)
    which = _and([names[own.control] for own in found])
    return Refusal(
        _briefly(found, names),
        f"{said}. So the controls fill little more than {left} of the {d} dimensions of the embedding, and no smooth "
        f"map that an encoder can resolve makes them N(0, I_{d}): encoders fold them to fill the space, and what "
        "they recover then depends on the start, on SIGReg's weight and on the budget. Leave "
        f"{which} out of the state, or move {'it' if len(found) == 1 else 'them'} independently; or use {left} "
        f"{'dimension' if left == 1 else 'dimensions'}.",
    )


def found_late(found: Dependences, names: Sequence[str]) -> list[str]:
    """Return a note on a control that others explain so far that encoders find the rest of it late, or none."""
    if found.nearly is None:
        return []
    own, others = names[found.nearly.control], _and([names[other] for other in found.nearly.on])
    verb = "explains" if len(found.nearly.on) == 1 else "explain"
    return [
        f"{others} {verb} {found.nearly.share:.0%} of {own}. With a small weight of SIGReg (0.025) encoders find the "
        "rest of it, but late; with a large one (0.2) they may not, and recover less than predicted."
    ]


def _briefly(found: Sequence[Dependence], names: Sequence[str]) -> str:
    if len(found) == 1:
        return f"{names[found[0].control]}{_FOLLOWS}{_and([names[other] for other in found[0].on])}"
    return f"{_and([names[own.control] for own in found])}{_FOLLOW}others"


def _follows(found: Dependence, names: Sequence[str]) -> str:
    own, others = names[found.control], _and([names[other] for other in found.on])
    what = f"how far {own} is from its middle" if found.folded else own
    verb = "tells" if len(found.on) == 1 else "tell"
    share = f"{min(found.share, 0.999):.1%} of its variance by ranks, on rows that were not fitted to"
    return f"{own} is nearly a function of {others}: {others} {verb} {what} ({share})"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def too_small(pairs: int, groups: int, needed_pairs: int, needed_groups: int) -> Refusal | None:
    """Refuse a sample that carries no basis or no error bar."""
    if pairs < needed_pairs:
        return Refusal(
            "too few pairs",
            f"The sample is too small: {pairs:,} pairs, and two bases to compare need {needed_pairs:,} or more.",
        )
    if groups < needed_groups:
        return Refusal(
            "too few episodes",
            f"The sample is too small: {groups:,} independent groups of pairs, and error bars need {needed_groups:,} "
            "or more. Record more clips, shots or episodes.",
        )
    return None


def too_few_functions(d: int, levels: int) -> Refusal:
    """Refuse a sample on which fewer than two bases have as many functions as the embedding has dimensions."""
    found = "no basis has" if levels == 0 else "only one basis has"
    return Refusal(
        "too few varied episodes",
        f"An embedding of {d} dimensions needs two bases of {d} functions or more to compare, and {found} as many "
        "here: most combinations of these controls vary in a few clips or episodes only. Record more episodes in "
        "which the controls move, or leave out controls that hardly do.",
    )


SHARE_TOO_LITTLE = "pairs share too little"


def nothing_shared(feature: int, correlation: float, noise: float, pairs: int) -> Refusal | None:
    """Refuse where the last feature's pair correlation, on pairs it was not fitted to, is within sampling error."""
    if correlation > noise:
        return None
    needed = pairs * (2.0 * noise / correlation) ** 2 if correlation > 0.1 * noise else np.inf
    return Refusal(
        SHARE_TOO_LITTLE,
        f"Feature {feature} keeps a pair correlation of {correlation:.3f} on pairs that it was not fitted to, and "
        f"sampling error alone gives {noise:.3f}, so that it is not known which feature comes there. {_would(needed)}; "
        "so may members of a pair that are closer together.",
    )


def no_direction_shared(correlation: float, noise: float, pairs: int) -> Refusal | None:
    """Refuse where the largest pair correlation of any combination of states is within sampling error."""
    if correlation > noise:
        return None
    return Refusal(
        SHARE_TOO_LITTLE,
        f"The largest pair correlation of any combination of the states is {correlation:.3f}, and sampling error alone "
        f"gives {noise:.3f} with {pairs:,} pairs: the two members of a pair are not known to share anything, so that "
        "no alignment teaches an encoder anything. Bring them closer together in time, or record more.",
    )


def overfitted(seen: float, kept: float, features: int) -> Refusal | None:
    """Refuse eigenvalues that a few rare pairs have made."""
    if (seen - kept) / features <= OVERFITTED:
        return None
    return Refusal(
        "rare pairs decide",
        f"The {features} leading pair correlations add to {seen:.3f} on the pairs that the features were fitted to and "
        f"to {kept:.3f} on others: rare pairs in the tails make some of them. More pairs help; so do lighter tails.",
    )


def not_settled(steps: Sequence[BasisStep], kurtosis: Float[np.ndarray, " n"], names: Sequence[str]) -> Refusal | None:
    """Refuse an answer that still moves with the basis."""
    if abs(steps[-1].r2 - steps[-2].r2) <= SETTLED:
        return None
    seen = ", ".join(f"{step.r2:.3f} with {step.functions:,} functions" for step in steps)
    heavy = int(np.argmax(kurtosis))
    change = (
        f"{names[heavy]} has heavy tails (excess kurtosis {kurtosis[heavy]:.1f}): for tails like an exponential's or "
        "heavier there are no leading eigenfunctions, and a whitened encoder follows ever rarer values. Squash the "
        "control, or use SIGReg."
        if kurtosis[heavy] > 1.0
        else "More pairs allow a larger basis; or bring the members of a pair further apart, so that fewer features "
        "compete."
    )
    return Refusal(
        "the answer does not settle", f"The answer does not settle as the basis grows: R^2 is {seen}. {change}"
    )


def tied(d: int, correlations: Float[np.ndarray, " K"], low: float, high: float, needed: float) -> Refusal | None:
    """Refuse where features of indistinguishable pair correlations would give different answers."""
    if high - low <= TIE:
        return None
    return Refusal(
        "features are tied",
        f"Features {d} and {d + 1} have pair correlations {correlations[d - 1]:.4f} and {correlations[d]:.4f}, which "
        f"these pairs do not distinguish, and the mean R^2 is between {low:.2f} and {high:.2f}, depending on which is "
        f"learned. {_would(needed)}; so may members of a pair that are further apart.",
    )


def too_wide(half: float, pairs: int) -> Refusal | None:
    """Refuse an interval that is too wide."""
    if half <= WIDE:
        return None
    return Refusal(
        "interval too wide",
        f"The 95 % interval of the mean R^2 is +-{half:.2f}. It shrinks with the root of the number of independent "
        f"pairs: about {_round(pairs * (2.0 * half / WIDE) ** 2)} are needed.",
    )


def lumped(control: str, share: float) -> Refusal:
    """Refuse SIGReg's prediction for a control that often has one and the same value."""
    return Refusal(
        "a control keeps one value",
        f"{control} has one and the same value in {share:.0%} of the frames: no map of it is Gaussian, so "
        "SIGReg's optimum does not exist. Leave those frames out, or let the control move.",
    )


def none_gaussian(distance: float) -> Refusal:
    """Refuse where no map was found that makes the controls Gaussian."""
    return Refusal(
        "no Gaussian map was found",
        f"No map was found that makes the controls jointly Gaussian (the plain map is {distance:.3f} away, the mean "
        "squared Wasserstein distance of its projections): they may lie on a set of fewer dimensions, or in separate "
        "clusters. More varied exploration helps.",
    )


def unsearchable(d: int, most: int, maps: Sequence[tuple[str, float]]) -> Refusal:
    """Refuse the best of the maps that a search among many controls found."""
    return Refusal(
        "no single best map",
        "Making each control Gaussian by itself is not the best aligned map, and a search for the best map of "
        f"{d} controls gives another result for every sample (here: {_listed(maps)}); it is trusted up to {most} "
        "controls. More equal pair correlations, and marginals nearer to a Gaussian, leave one best map.",
    )


def undecided(low: float, high: float, maps: Sequence[tuple[str, float]], pairs: int) -> Refusal | None:
    """Refuse an interval that is too wide, or equally aligned maps that recover different amounts."""
    half = (high - low) / 2.0
    if half <= WIDE or len(maps) == 1:
        return too_wide(half, pairs)
    return Refusal(
        "not identifiable",
        "Several Gaussian maps are aligned equally well within the sampling error, and their mean R^2 on these pairs "
        f"differs ({_listed(maps)}): which one an encoder finds is not identifiable. More pairs may separate them; "
        "more equal pair correlations of the controls leave one best map.",
    )


BROKE_OFF = "it broke off"


def broke_off(fault: Exception) -> Refusal:
    """Refuse where the predictor itself failed."""
    return Refusal(
        BROKE_OFF,
        f"The prediction broke off ({type(fault).__name__}: {fault}). The other gates do not depend on it. This is a "
        "defect of worldprobe: please report it with the shape of this log.",
    )


def _listed(maps: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{name}: {r2:.2f}" for name, r2 in maps)


def _would(needed: float) -> str:
    return (
        f"About {_round(needed)} pairs would decide it"
        if needed < 1e8
        else "No sample of a practical size would decide it"
    )


def _round(count: float) -> str:
    digits = max(len(str(int(count))) - 2, 0)
    return f"{int(np.ceil(count / 10**digits)) * 10**digits:,}"
