"""Audit: whether an exploration of a world can teach a world model, found out before any training."""

from worldprobe.audit.frames import audit_frames
from worldprobe.audit.gate import CHECKS, Audit, Check, Gate, Limit, Verdict
from worldprobe.audit.prediction import prediction
from worldprobe.audit.regime import audit_regime
from worldprobe.audit.views import Effort
from worldprobe.audit.world import audit_world

__all__ = [
    "CHECKS",
    "Audit",
    "Check",
    "Effort",
    "Gate",
    "Limit",
    "Verdict",
    "audit_frames",
    "audit_regime",
    "audit_world",
    "prediction",
]
