"""What each measure of the report means."""

from __future__ import annotations

from worldprobe.reports.results_folder import ResultsFolder
from worldprobe.reports.sections.ideal_encoder import has_ideal_encoder
from worldprobe.reports.sections.style_invariance import has_style

GLOSSARY = (
    (
        "R²",
        "1 − E(true − recovered)² / Var(true): the share of a control's variance that a linear regression recovers "
        "from the embedding, on test points that neither the encoder nor the regression has seen. 1 is perfect, 0 is "
        "no better than the mean, below 0 is worse. A regime's single number is the mean over its controls.",
    ),
    (
        "Own probe",
        "R² with the regression fitted on held-out frames of the regime itself instead of canonical ones: what is "
        "available where labels come from the exploration alone.",
    ),
    (
        "Within the regime",
        "R² with the regression fitted on one half of the regime's own held-out frames and scored on the other: "
        "recovery on the regime's own distribution, whatever lies beyond it. The mean is over the controls that move.",
    ),
    (
        "Controls → embedding",
        "R² in the other direction: the share of the embedding's variance that the controls explain linearly. The two "
        "agree only where the embedding contains nothing else.",
    ),
    (
        "Orthogonality",
        "‖AᵀA − I‖ (Frobenius), where h ≈ Az + b is the regression of the embedding on the controls. 0 means that the "
        "embedding is a rotated copy of the controls, neither stretched nor mixed.",
    ),
    (
        "Procrustes error",
        "The smallest E‖h − Qz‖² over rotations Q, both centred: what no rotation explains. 0 for a rotated copy, "
        "about 2n for an unrelated Gaussian embedding of n controls.",
    ),
    (
        "Theorem 3's bound",
        "D + (ε + D)² with D = δ / (2ρ(1 − ρ)): an upper bound on the Procrustes error that needs no controls, only "
        "how far alignment is from its optimum (δ) and Cov h from the identity (ε). It holds for pairs of one "
        "correlation ρ from a Gaussian world (arXiv 2605.26379).",
    ),
    (
        "Alignment and its optimum",
        "E‖h′ − h‖² per dimension over the regime's pairs. A linear, whitened embedding reaches 2(1 − ρ), averaged "
        "over the controls, and by Theorem 1 no embedding that is N(0, I) goes lower.",
    ),
    (
        "Floors and ceiling",
        "An untrained encoder and a regression on the raw observations show what needs no learning; the supervised "
        "ceiling is the same encoder trained with the controls as labels.",
    ),
)

CANONICAL = (
    "Canonical test set",
    "Independent N(0, 1) draws of every control and their observations: the same points for every regime, never "
    "trained on.",
)
GRID = (
    "Test points",
    "An even grid over [−3, 3] of every control and its observations: the same points for every regime, never trained "
    "on. It covers values that some explorations hardly ever visited.",
)
PREDICTED = (
    "Ideal encoder",
    "An encoder that inverts the world and has found its objective's optimum. Its R² is predicted from pairs of "
    "controls alone, without training: on the regime's own distribution, and on the test points, where it is "
    "extrapolated beyond what the regime visited. What is measured may fall short of it for lack of data, steps or "
    "width.",
)
PARTS = (
    "Parts of the missing R²",
    "In this order: the exploration (what the ideal encoder lacks), the scene (what a supervised encoder and raw "
    "observations lack), non-identifiability (what depends on which of several equally aligned features is found), "
    "style where a study has some (what the embedding shows of it in place of controls), finite data (what held-out "
    "pairs lack compared with training pairs), optimisation (what training left), and what no part explains.",
)


STYLE = (
    "Style",
    "Controls that a study names as nuisance: drawn afresh within each pair and not among what is to be found. "
    "Invariance is 1 − E|f − E_style f|² / E|f − E f|², the share of an embedding's variance that is not style's.",
)


def glossary(folder: ResultsFolder) -> tuple[tuple[str, str], ...]:
    """Return the terms that a report uses, each with its meaning."""
    points = GRID if folder.results.study.get("test_points") == "grid" else CANONICAL
    predicted = (PREDICTED,) if has_ideal_encoder(folder) else ()
    parts = (PARTS,) if folder.results.decomposition else ()
    style = (STYLE,) if has_style(folder) else ()
    return (*GLOSSARY, points, *predicted, *parts, *style)
