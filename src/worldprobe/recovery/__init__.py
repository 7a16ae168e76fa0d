"""Recovery: how linear an embedding is in the controls. Arrays in, numbers out."""

from worldprobe.recovery.geometry import orthogonality_error, procrustes_error
from worldprobe.recovery.probes import LinearProbe, bootstrap_r2, fit_probe, r2_per_column
from worldprobe.recovery.theory import BoundTerms, alignment_optimum, theorem3_bound

__all__ = [
    "BoundTerms",
    "LinearProbe",
    "alignment_optimum",
    "bootstrap_r2",
    "fit_probe",
    "orthogonality_error",
    "procrustes_error",
    "r2_per_column",
    "theorem3_bound",
]
