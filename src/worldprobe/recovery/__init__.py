"""Recovery: how linear an embedding is in the controls, and how linear it could be. Arrays in, numbers out."""

from worldprobe.recovery.geometry import orthogonality_error, procrustes_error
from worldprobe.recovery.prediction import Elsewhere, Prediction, Step, Tried
from worldprobe.recovery.predictor import CEILINGS, predict
from worldprobe.recovery.probes import LinearProbe, bootstrap_r2, fit_probe, r2_per_column
from worldprobe.recovery.theory import BoundTerms, alignment_optimum, bound_from_moments, theorem3_bound
from worldprobe.recovery.turning import TurningScores, turning_scores
from worldprobe.recovery.unequal import sigreg_margin, whitening_margin

__all__ = [
    "CEILINGS",
    "BoundTerms",
    "Elsewhere",
    "LinearProbe",
    "Prediction",
    "Step",
    "Tried",
    "TurningScores",
    "alignment_optimum",
    "bootstrap_r2",
    "bound_from_moments",
    "fit_probe",
    "orthogonality_error",
    "predict",
    "procrustes_error",
    "r2_per_column",
    "sigreg_margin",
    "theorem3_bound",
    "turning_scores",
    "whitening_margin",
]
