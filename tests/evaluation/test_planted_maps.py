"""Every measure gives its known value, to 0.01, on maps from states to embeddings whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import cos, gamma, pi, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from worldprobe.evaluation.subject import Subject, of_arrays
from worldprobe.evaluation.tap_measures import TapMeasures, measure_tap

PAIRS, RHO, ANGLE = 40_000, 0.9, pi / 6
ROTATION = np.array([[cos(ANGLE), -sin(ANGLE)], [sin(ANGLE), cos(ANGLE)]])
HALF = 2 * gamma(2.5 / 2 + 0.5) * 2**0.25 / sqrt(pi)
"""E |z|^2.5 of N(0, 1): what z shares with sign(z) |z|^1.5."""
WARPED = HALF**2 / (2 * sqrt(2 / pi))
"""The squared correlation of z with sign(z) |z|^1.5."""
FOLDED = 1 - 2 / pi
"""The variance of |z|."""


@dataclass(frozen=True)
class Planted:
    """A map, and what every measure must say of it; None where it must not apply."""

    of: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    r2: tuple[float, float]
    back: float
    mlp: float
    disparity: float
    warped: float
    condition: float | None
    pearson: float
    spearman: float
    disentanglement: float
    completeness: float
    rank: float
    leaks: dict[str, tuple[float, str | None]] = field(default_factory=dict)


def _entropy(a: float, b: float) -> float:
    p = np.array([a, b]) / (a + b)
    return float(-(p * np.log2(p)).sum())


def _rising_part() -> float:
    """The standard deviation of the rising function of z nearest to |z|: max(z, t) with t its mean |z| below t."""
    t = brentq(lambda t: norm.expect(abs, ub=t) - t * norm.cdf(t), 0.1, 2.0)
    mean = norm.expect(lambda z: max(z, t))
    return sqrt(norm.expect(lambda z: (max(z, t) - mean) ** 2))


MIXED = 1 - _entropy(cos(ANGLE), sin(ANGLE))
GOOD: dict[str, Any] = {"r2": (1, 1), "back": 1, "mlp": 1, "disparity": 0, "warped": 0, "condition": 1, "rank": 2}
TURNED: dict[str, Any] = GOOD | {
    "pearson": cos(ANGLE),
    "spearman": 6 / pi * np.arcsin(cos(ANGLE) / 2),
    "disentanglement": MIXED,
    "completeness": MIXED,
}
ALONE: dict[str, Any] = {"pearson": 1, "spearman": 1, "disentanglement": 1, "completeness": 1}
LOST: dict[str, Any] = {"r2": (1, 0), "mlp": 0.5, "condition": None, "disentanglement": 1, "completeness": 0.5}
MAPS = {
    "rotation": Planted(lambda z, rng: z @ ROTATION, **TURNED),
    "rotation and scale": Planted(lambda z, rng: 3 * z @ ROTATION + 7, **TURNED),
    "permutation": Planted(lambda z, rng: z[:, ::-1], **GOOD, **ALONE),
    "uneven scales": Planted(
        lambda z, rng: z * [3, 1],
        **GOOD | ALONE | {"condition": 3, "disparity": 0.2, "warped": 0.2, "rank": 2 ** _entropy(9, 1)},
    ),
    "monotone warp": Planted(
        lambda z, rng: np.sign(z) * np.abs(z) ** 1.5,
        **GOOD | ALONE | {"r2": (WARPED, WARPED), "back": WARPED, "disparity": 1 - WARPED, "pearson": sqrt(WARPED)},
    ),
    "folded": Planted(
        lambda z, rng: np.stack([z[:, 0], np.abs(z[:, 1])], axis=1),
        **LOST,
        back=0.5,
        disparity=1 - 1 / (2 * (1 + FOLDED)),
        warped=1 - (1 + _rising_part()) ** 2 / (2 * (1 + FOLDED)),
        pearson=0.5,
        spearman=0.5,
        rank=2 ** _entropy(1, FOLDED),
        leaks={"fast^2": ((sqrt(2 / pi) / sqrt(2 * FOLDED)) ** 2, "fast")},
    ),
    "the square of the slow one in the place of the fast one": Planted(
        lambda z, rng: np.stack([z[:, 0], (z[:, 0] ** 2 - 1) / sqrt(2)], axis=1),
        **LOST,
        back=0.5,
        disparity=0.75,
        warped=0.75,
        pearson=0.5,
        spearman=0.5,
        rank=2,
        leaks={"slow^2": (1.0, "fast")},
    ),
    "noise": Planted(
        lambda z, rng: rng.standard_normal(z.shape),
        r2=(0, 0),
        back=0,
        mlp=0,
        disparity=1,
        warped=1,
        condition=None,
        pearson=0,
        spearman=0,
        disentanglement=0,
        completeness=0,
        rank=2,
    ),
    "the states and two dimensions of noise": Planted(
        lambda z, rng: np.concatenate([z @ ROTATION, rng.standard_normal(z.shape)], axis=1),
        **TURNED
        | {"back": 0.5, "disparity": 0.5, "warped": 0.5, "rank": 4}
        | {"completeness": 1 - _entropy(cos(ANGLE), sin(ANGLE)) / 2},
    ),
    "one of the states": Planted(
        lambda z, rng: z[:, :1],
        r2=(1, 0),
        back=1,
        mlp=0.5,
        disparity=0.5,
        warped=0.5,
        condition=1,
        pearson=0.5,
        spearman=0.5,
        disentanglement=1,
        completeness=0.5,
        rank=1,
    ),
}


@pytest.fixture(scope="module")
def subject() -> Subject:
    rng = np.random.default_rng(5)
    first = rng.standard_normal((PAIRS, 2))
    second = RHO * first + sqrt(1 - RHO**2) * rng.standard_normal((PAIRS, 2))
    z = np.stack([first, second], axis=1).reshape(-1, 2)
    return of_arrays(z, ("slow", "fast"), np.repeat(np.arange(PAIRS), 2))


@pytest.fixture(scope="module")
def measured(subject: Subject) -> Callable[[str], TapMeasures]:
    kept: dict[str, TapMeasures] = {}

    def measure(name: str) -> TapMeasures:
        if name not in kept:
            kept[name] = measure_tap(MAPS[name].of(subject.z, np.random.default_rng(9)), subject)
        return kept[name]

    return measure


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("name", MAPS)
def test_every_measure_gives_its_known_value(name: str, measured: Callable[[str], TapMeasures]) -> None:
    wanted, found = MAPS[name], measured(name)
    values = found.values
    near = {"abs": 0.01}
    assert list(values["r2_per_state"].values()) == pytest.approx(wanted.r2, **near)
    assert values["r2_states_to_embedding"] == pytest.approx(wanted.back, **near)
    assert values["mlp_r2"] == pytest.approx(wanted.mlp, **near)
    assert values["procrustes"]["disparity"] == pytest.approx(wanted.disparity, **near)
    assert values["procrustes"]["after_monotone_warps"] == pytest.approx(wanted.warped, **near)
    assert values["mcc"] == pytest.approx({"pearson": wanted.pearson, "spearman": wanted.spearman}, **near)
    assert values["dci"]["disentanglement"] == pytest.approx(wanted.disentanglement, **near)
    assert values["dci"]["completeness"] == pytest.approx(wanted.completeness, **near)
    assert values["effective_rank"]["value"] == pytest.approx(wanted.rank, **near)
    assert values["condition_number"] == (None if wanted.condition is None else pytest.approx(wanted.condition, **near))
    if wanted.condition is None:
        assert "within its sampling error" in found.reasons["condition_number"]
    assert {leak["feature"]: leak["instead_of"] for leak in values["leaks"]} == {
        feature: instead for feature, (_, instead) in wanted.leaks.items()
    }
    for leak in values["leaks"]:
        assert leak["r2"] == pytest.approx(wanted.leaks[leak["feature"]][0], abs=0.01)
        assert leak["dimension"] == 1


def row(name: str) -> str:
    """Return a map's row of the table in docs/measures.md."""
    wanted = MAPS[name]
    single = (wanted.back, wanted.mlp, wanted.disparity, wanted.warped, wanted.condition, wanted.pearson)
    single += (wanted.spearman, wanted.disentanglement, wanted.completeness, wanted.rank)
    numbers = ["–" if value is None else f"{value:.2f}" for value in single]
    leaked = ", ".join(f"{feature} {r2:.2f}, {lost} lost" for feature, (r2, lost) in wanted.leaks.items())
    recovered = ", ".join(f"{value:.2f}" for value in wanted.r2)
    return " | ".join([f"| {name}", recovered, *numbers, leaked]) + (" |" if leaked else "|")


def test_the_table_in_the_docs_says_what_the_maps_have() -> None:
    page = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf8")
    table = page.split("| leaks |\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    assert table == [row(name) for name in MAPS]
