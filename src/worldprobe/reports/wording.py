"""How the report says things: numbers, counts, points of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worldprobe.reports.results_folder import Series

ROLES = {
    "ceiling": "supervised ceiling",
    "floor": "untrained encoder",
    "pixels": "raw pixels, no encoder",
}
VECTOR_ROLES = {"pixels": "raw observations, no encoder"}

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number(value: float | int, decimals: int | None = None) -> str:
    """Return a number as people read it: thousands apart, a real minus sign, three decimals by default."""
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if decimals is not None:
        text = f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
        if value != 0 and float(text) == 0:
            text = f"{value:.0e}".replace("e-0", "e-")
        return text.replace("-", "−")
    text = f"{value:.3f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.2e}"
    return text.replace("-", "−")


def ratio(value: float, decimals: int = 2) -> str:
    """Return an R^2 or a correlation with two decimals, or as many as tell it from 1 (0.9995, never a false 1.00)."""
    while value < 1 and round(value, decimals) >= 1 and decimals < 6:
        decimals += 1
    text = f"{value:.{decimals}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


def brief_r2(value: float) -> str:
    """Return an R^2 with two decimals for a place where the digits beyond tell nothing: 0.97, > 0.99."""
    return "> 0.99" if 0.995 <= value < 1 else ratio(value)


def squares(text: str) -> str:
    """Return a sentence of the terminal's as a page shows it: R² for R^2."""
    return text.replace("^2", "²")


def precise(value: float) -> str:
    """Return an R^2 with two digits of what it lacks of 1, at least three decimals: 0.951, 0.999 98, 0.999 9983."""
    lack = 1 - value
    decimals = 3 if not 0 < lack < 0.1 else min(8, max(3, 1 - floor(log10(lack))))
    return _grouped(f"{value:.{decimals}f}")


def quoted(value: float) -> str:
    """Return a published R^2 with the digits that it was published with, two decimals or more."""
    return _grouped(max(f"{value:.2f}", repr(value), key=len))


def setting(value: float | int | str) -> str:
    """Return a value of an axis as it was set: 0.005, 10⁻⁶, 5·10⁻⁵, 1,024, spiral."""
    if isinstance(value, str):
        return value
    if value and not 1e-4 <= abs(value) < 1e5:
        digits, power = f"{value:.3g}".split("e") if "e" in f"{value:.3g}" else f"{value:.2e}".split("e")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        raised = f"10{str(int(power)).translate(_RAISED)}"
        said = raised if digits == "1" else f"−{raised}" if digits == "-1" else f"{digits}·{raised}"
        return said.replace("-", "−")
    return f"{value:,.6g}".replace("-", "−")


def at(axes: Mapping[str, float | int | str]) -> str:
    """Return a point of a sweep in words: "lambda 0.005, rho 0.9", "spiral"; a label in words needs no name."""
    return ", ".join(label if isinstance(label, str) else f"{name} {setting(label)}" for name, label in axes.items())


def and_list(names: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def scored_on(study: Mapping[str, Any]) -> str:
    """Return which points of the controls a study is scored on."""
    if study.get("test_points") == "grid":
        return "on an even grid over [−3, 3] of every control"
    if study.get("test_points") == "heldout":
        several = len(study.get("sources") or ()) != 1
        whose = "every source, in equal shares," if several else "the recording"
        return f"on stretches of {whose} that were kept out of training"
    return "on the canonical test set"


def fixed(value: float, digits: int, sign: str = "") -> str:
    """Return a number with so many decimals, in threes; one that would read as nothing as a power of ten."""
    if value and not float(f"{value:.{digits}f}"):
        return f"{value:{sign}.0e}".replace("e-0", "e-").replace("-", "−")
    return _grouped(f"{value:{sign}.{digits}f}")


def unbroken(text: str) -> str:
    """Return a text that breaks after commas only: "lambda 0.01, rho 0.9" in two lines at most."""
    return text.replace(" ", "\u00a0").replace(",\u00a0", ", ")


def count(things: int, one: str) -> str:
    """Return "six controls", "one control", "1,024 controls"."""
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


def intervals_over(series: Sequence[Series]) -> str:
    """Return in words what the intervals of these series are over."""
    kinds = {(s.summary.interval, s.summary.seeds) for s in series}
    said = [
        f"over {count(seeds, 'seed')} (Student\u00a0t)"
        if interval == "seeds"
        else "a bootstrap over test points of one training, whose own spread is not in the interval"
        for interval, seeds in sorted(kinds)
    ]
    return "; ".join(said)


def _grouped(text: str) -> str:
    whole, point, decimals = text.partition(".")
    in_threes = "\u202f".join(decimals[i : i + 3] for i in range(0, len(decimals), 3))
    return f"{whole}{point}{in_threes}".replace("-", "−")
