"""How the report says things: numbers, the answer, and what each measure means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from worldprobe.studies.verdicts import PARTLY, RECOVERED

if TYPE_CHECKING:
    from worldprobe.report.folder import Series

ROLES = {
    "ceiling": "supervised ceiling",
    "floor": "untrained encoder",
    "pixels": "raw pixels, no encoder",
}

GLOSSARY = (
    (
        "R²",
        "1 − E(true − read)² / Var(true): how much of a control's variation a linear regression reads off the "
        "embedding, on canonical test points that neither the encoder nor the regression has seen. 1 is perfect, 0 "
        "is guessing the mean, below 0 is worse than that. A regime's one number is the mean over its controls.",
    ),
    (
        "Own probe",
        "R² again, with the regression fitted on held-out frames of the regime itself instead of canonical ones: what "
        "somebody gets whose labels come from the exploration alone.",
    ),
    (
        "Controls → embedding",
        "R² in the other direction: how much of the embedding's variation the controls explain linearly. The two agree "
        "only where nothing else is in the embedding.",
    ),
    (
        "Orthogonality",
        "‖AᵀA − I‖ (Frobenius), where h ≈ Az + b is the regression of the embedding on the controls. 0 says that the "
        "embedding is a rotated copy of the controls, neither stretched nor mixed.",
    ),
    (
        "Procrustes error",
        "The smallest E‖h − Qz‖² over rotations Q, both centred: what no rotation explains. 0 for a rotated copy, "
        "about 2n for an unrelated Gaussian embedding of n controls.",
    ),
    (
        "Theorem 3's bound",
        "D + (ε + D)² with D = δ / (2ρ(1 − ρ)): a ceiling on the Procrustes error that needs no knowledge of the "
        "controls, only how far alignment is from its optimum (δ) and Cov h from the identity (ε). It holds for "
        "pairs of one correlation ρ from a Gaussian world (arXiv 2605.26379).",
    ),
    (
        "Alignment and its optimum",
        "E|h′ − h|² per dimension over the regime's pairs. A linear, whitened embedding reaches 2(1 − ρ), averaged "
        "over the controls, and by Theorem 1 nothing whose embedding is N(0, I) goes lower.",
    ),
    (
        "Canonical test set",
        "Independent N(0, 1) draws of every control and what they look like: the same points for every regime, never "
        "trained on.",
    ),
    (
        "Floors and ceiling",
        "An untrained encoder and a regression on raw pixels say what needs no learning; the same encoder trained with "
        "the controls as labels says what it could reach.",
    ),
)

_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number(value: float | int, decimals: int | None = None) -> str:
    """Return a number as people read it: thousands apart, a real minus sign, three decimals unless told otherwise."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f").replace("-", "−")
    if decimals is not None:
        text = f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
        if value != 0 and float(text) == 0:
            text = f"{value:.0e}".replace("e-0", "e-")
        return text.replace("-", "−")
    text = f"{value:.3f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.2e}"
    return text.replace("-", "−")


def ratio(value: float) -> str:
    """Return an R^2 or a correlation with two decimals, or as many as tell it from 1 (0.9995, never a false 1.00)."""
    decimals = 2
    while value < 1 and round(value, decimals) >= 1 and decimals < 6:
        decimals += 1
    text = f"{value:.{decimals}f}"
    return ("0.00" if text == "-0.00" else text).replace("-", "−")


def count(things: int, one: str) -> str:
    """Return "six controls", "one control", "1 024 controls"."""
    spelled = _COUNTS[things] if things < len(_COUNTS) else number(things)
    return f"{spelled} {one}" if things == 1 else f"{spelled} {one}s"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def memory(size: float) -> str:
    """Return a number of bytes in GiB or MiB."""
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def share(r2: float) -> str:
    """Return R^2 as the share of variation that it is: "97 %", or "nothing" at or below zero."""
    if r2 <= 0.005:
        return "nothing"
    return "over 99\u00a0%" if r2 >= 0.995 else f"{100 * r2:.0f}\u00a0%"


def intervals_over(series: Sequence[Series]) -> str:
    """Return in words what the intervals of these series are over."""
    kinds = {(s.summary.interval, s.summary.seeds) for s in series}
    said = [
        f"over {count(seeds, 'seed')} (Student\u00a0t)"
        if interval == "seeds"
        else "a bootstrap over test points, one seed"
        for interval, seeds in sorted(kinds)
    ]
    return "; ".join(said)


def answer(series: Sequence[Series], controls: int) -> Markup:
    """Return the study's answer in one sentence: what can be read off the embedding after each exploration.

    Yes, in part and no follow the verdicts' thresholds. With more than four series it names the best and the worst.
    """
    if not series:
        return Markup("This study measured no exploration, only floors and ceilings.")
    ranked = sorted(series, key=lambda s: -s.summary.r2.mean)
    told = ranked if len(ranked) <= 4 else [ranked[0], ranked[-1]]
    best, rest = told[0], told[1:]
    name = Markup('<span class="ink c{}">{}</span>')
    opening = Markup("{} {} exploration: linear regression recovers {} of the variance of {}").format(
        _yes(best),
        name.format(best.colour, best.label),
        share(best.summary.r2.mean),
        count(controls, "hidden control"),
    )
    tail = [Markup("{} through {}").format(share(s.summary.r2.mean), name.format(s.colour, s.label)) for s in rest]
    joined = Markup(" and ").join([Markup(", ").join(tail[:-1]), tail[-1]]) if len(tail) > 1 else Markup("").join(tail)
    return Markup("{}, {}.").format(opening, joined) if tail else opening + "."


def _yes(series: Series) -> str:
    if min(i.mean for i in series.summary.r2_per_control.values()) >= RECOVERED:
        return "Yes, through"
    return "In part, through" if series.summary.r2.mean >= PARTLY else "No, not even through"
