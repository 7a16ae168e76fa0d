"""What each measure of the report means."""

from __future__ import annotations

from worldprobe.reports.predictions import has_predictions
from worldprobe.reports.results_folder import ResultsFolder

GLOSSARY = (
    (
        "R²",
        "1 − E(true − read)² / Var(true): how much of a control's variation a linear regression reads off the "
        "embedding, on test points that neither the encoder nor the regression has seen. 1 is perfect, 0 "
        "is guessing the mean, below 0 is worse than that. A regime's one number is the mean over its controls.",
    ),
    (
        "Own probe",
        "R² again, with the regression fitted on held-out frames of the regime itself instead of canonical ones: what "
        "somebody gets whose labels come from the exploration alone.",
    ),
    (
        "Within the regime",
        "R² once more, with the regression fitted on one half of the regime's own held-out frames and scored on the "
        "other: how well the controls are read where the exploration went, whatever lies beyond. The mean is over the "
        "controls that move.",
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
        "Floors and ceiling",
        "An untrained encoder and a regression on raw pixels say what needs no learning; the same encoder trained with "
        "the controls as labels says what it could reach.",
    ),
)

CANONICAL = (
    "Canonical test set",
    "Independent N(0, 1) draws of every control and what they look like: the same points for every regime, never "
    "trained on.",
)
GRID = (
    "Test points",
    "An even grid over [−3, 3] of every control and what it looks like: the same points for every regime, never "
    "trained on. It reaches where some explorations hardly ever went.",
)
PREDICTED = (
    "Predicted for the ideal encoder",
    "The R² of an encoder that inverts the world and has found its objective's optimum, computed from pairs of "
    "controls alone: nothing is trained. What is measured may fall short of it for want of data, steps or width. "
    "Beyond what the regime has shown, the ideal encoder is extrapolated too.",
)


def glossary(folder: ResultsFolder) -> tuple[tuple[str, str], ...]:
    """Return the terms that a report uses, each with its meaning."""
    points = GRID if folder.results.study.get("test_points") == "grid" else CANONICAL
    predicted = (PREDICTED,) if folder.swept and has_predictions(folder) else ()
    return (*GLOSSARY, points, *predicted)
