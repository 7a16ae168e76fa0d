"""For every measure an embedding that it is wrong about, with its value in closed form, and the measure that is right.

The table in docs/measures.md is held to these cases, number by number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, log2, pi, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from worldprobe.evaluation.subject import of_arrays
from worldprobe.evaluation.tap_measures import measure_tap

PAIRS, RHO, ANGLE, SHEAR, ALIKE = 20_000, 0.9, pi / 6, 3.0, 0.9
SHEARED = sqrt(SHEAR**2 + 4)
MIXED = 1 + (p := cos(ANGLE) / (cos(ANGLE) + sin(ANGLE))) * log2(p) + (1 - p) * log2(1 - p)

Values = dict[str, Any]
Read = Callable[[Values], float | None]


@dataclass(frozen=True)
class Reading:
    """A measure's name in the docs, where its value is, and the value in closed form; None where it must be null."""

    name: str
    of: Read
    known: float | None

    def __str__(self) -> str:
        shown = f"{self.known:.2f}" if isinstance(self.known, float) else "null" if self.known is None else self.known
        return f"{self.name} {shown}"


@dataclass(frozen=True)
class Case:
    """An embedding, the measure that misleads about it, how, and the measures that do not."""

    embedding: str
    of: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    misled: Reading
    although: str
    seen: tuple[Reading, ...]
    alike: float = 0.0
    """The correlation of the two states."""

    def row(self) -> str:
        """Return the case's row of the table."""
        return f"| {self.misled} | {self.embedding} | {self.although} | {', '.join(map(str, self.seen))} |"


def state(name: str) -> Read:
    return lambda values: values["r2_per_state"][name]


def r2(values: Values) -> float | None:
    return values["r2"]


def turned(z: np.ndarray) -> np.ndarray:
    return z @ np.array([[cos(ANGLE), -sin(ANGLE)], [sin(ANGLE), cos(ANGLE)]])


CASES = (
    Case(
        "a shear: slow + 3 fast, fast",
        lambda z, rng: np.stack([z[:, 0] + SHEAR * z[:, 1], z[:, 1]], axis=1),
        Reading("R²", r2, 1.0),
        "distances in the embedding are not those of the states",
        (
            Reading("condition number", lambda v: v["condition_number"], (SHEAR**2 + 2 + SHEAR * SHEARED) / 2),
            Reading("Procrustes", lambda v: v["procrustes"]["disparity"], 1 - SHEARED**2 / (2 * (SHEAR**2 + 2))),
        ),
    ),
    Case(
        "slow alone, of two states that correlate by 0.9",
        lambda z, rng: z[:, :1],
        Reading("R² of fast", state("fast"), ALIKE**2),
        "fast is not coded: it is guessed from slow",
        (Reading("effective rank", lambda v: v["effective_rank"]["value"], 1.0),),
        ALIKE,
    ),
    Case(
        "slow alone",
        lambda z, rng: z[:, :1],
        Reading("R², states to embedding", lambda v: v["r2_states_to_embedding"], 1.0),
        "fast is lost",
        (Reading("R² of fast", state("fast"), 0.0),),
    ),
    Case(
        "slow, fast + 2 slow²",
        lambda z, rng: np.stack([z[:, 0], z[:, 1] + 2 * z[:, 0] ** 2], axis=1),
        Reading("perceptron", lambda v: v["mlp_r2"], 1.0),
        "a linear planner does not read fast",
        (Reading("R² of fast", state("fast"), 1 / 9),),
    ),
    Case(
        "the states and two dimensions of noise",
        lambda z, rng: np.concatenate([z, rng.standard_normal(z.shape)], axis=1),
        Reading("Procrustes", lambda v: v["procrustes"]["disparity"], 0.5),
        "the states are there, as they are",
        (Reading("R²", r2, 1.0), Reading("condition number", lambda v: v["condition_number"], 1.0)),
    ),
    Case(
        "the states under as much noise",
        lambda z, rng: turned(z) + rng.standard_normal(z.shape),
        Reading("condition number", lambda v: v["condition_number"], 1.0),
        "half is noise",
        (Reading("R²", r2, 0.5),),
    ),
    Case(
        "slow twice, of two states that correlate by 0.9",
        lambda z, rng: np.stack([z[:, 0], z[:, 0]], axis=1),
        Reading("MCC", lambda v: v["mcc"]["pearson"], (1 + ALIKE) / 2),
        "fast has no dimension",
        (
            Reading("condition number", lambda v: v["condition_number"], None),
            Reading("effective rank", lambda v: v["effective_rank"]["value"], 1.0),
        ),
        ALIKE,
    ),
    Case(
        "the states turned by 30 degrees",
        lambda z, rng: turned(z),
        Reading("MCC", lambda v: v["mcc"]["pearson"], cos(ANGLE)),
        "nothing is lost",
        (Reading("R²", r2, 1.0), Reading("Procrustes", lambda v: v["procrustes"]["disparity"], 0.0)),
    ),
    Case(
        "the states turned by 30 degrees",
        lambda z, rng: turned(z),
        Reading("disentanglement", lambda v: v["dci"]["disentanglement"], MIXED),
        "nothing is lost",
        (Reading("R²", r2, 1.0),),
    ),
    Case(
        "slow, absolute value of fast",
        lambda z, rng: np.stack([z[:, 0], abs(z[:, 1])], axis=1),
        Reading("disentanglement", lambda v: v["dci"]["disentanglement"], 1.0),
        "the sign of fast is lost",
        (Reading("R² of fast", state("fast"), 0.0), Reading("perceptron", lambda v: v["mlp_r2"], 0.5)),
    ),
    Case(
        "noise",
        lambda z, rng: rng.standard_normal(z.shape),
        Reading("effective rank", lambda v: v["effective_rank"]["value"], 2.0),
        "nothing is coded",
        (Reading("R²", r2, 0.0), Reading("perceptron", lambda v: v["mlp_r2"], 0.0)),
    ),
    Case(
        "a tenth of the states",
        lambda z, rng: 0.1 * z,
        Reading("alignment", lambda v: v["alignment"]["per_dimension"], 0.01 * 2 * (1 - RHO)),
        "it has nearly collapsed",
        (Reading("epsilon", lambda v: v["alignment"]["epsilon"], 0.99 * sqrt(2)),),
    ),
    Case(
        "slow and its third Hermite feature",
        lambda z, rng: np.stack([z[:, 0], (z[:, 0] ** 3 - 3 * z[:, 0]) / sqrt(6)], axis=1),
        Reading("leaks found:", lambda v: len(v["leaks"]), 0),
        "a feature of degree three has the place of fast",
        (Reading("R² of fast", state("fast"), 0.0),),
    ),
)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.misled.name}: {case.embedding}")
def test_the_misled_and_the_right_measures_have_their_known_values(case: Case) -> None:
    rng = np.random.default_rng(5)
    first = rng.standard_normal((PAIRS, 2))
    second = RHO * first + sqrt(1 - RHO**2) * rng.standard_normal((PAIRS, 2))
    z = np.stack([first, second], axis=1).reshape(-1, 2)
    z[:, 1] = case.alike * z[:, 0] + sqrt(1 - case.alike**2) * z[:, 1]
    subject = of_arrays(z, ("slow", "fast"), np.repeat(np.arange(PAIRS), 2))
    values = measure_tap(case.of(subject.z, np.random.default_rng(9)), subject).values
    for reading in (case.misled, *case.seen):
        found = reading.of(values)
        wanted = None if reading.known is None else pytest.approx(reading.known, abs=0.01 * max(1.0, reading.known))
        assert found == wanted, reading.name


@pytest.mark.slow
def test_gaussian_noise_meets_sigreg() -> None:
    rng = np.random.default_rng(2)
    subject = of_arrays(rng.standard_normal((4000, 2)), independent=True)
    values = measure_tap(rng.standard_normal((4000, 2)), subject).values
    assert abs(values["sigreg_z"]["as_is"]) < 3
    assert values["r2"] == pytest.approx(0.0, abs=0.01)


def test_the_table_in_the_docs_says_what_the_cases_have() -> None:
    page = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf8")
    table = page.split("| seen by |\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    assert table == [case.row() for case in CASES]
