"""Audit: whether an exploration of a world can teach a world model, found out before any training."""

from worldprobe.audits.audit_outcome import Audit
from worldprobe.audits.canonical_views import Effort
from worldprobe.audits.exploration_audit import audit_regime
from worldprobe.audits.gate import GATES, Gate, GateCheck, Verdict
from worldprobe.audits.gates.exploration.predicted_r2 import prediction
from worldprobe.audits.gates.frames.frames_match_states import audit_frames
from worldprobe.audits.limit import Limit
from worldprobe.audits.world_audit import audit_world

__all__ = [
    "GATES",
    "Audit",
    "Effort",
    "Gate",
    "GateCheck",
    "Limit",
    "Verdict",
    "audit_frames",
    "audit_regime",
    "audit_world",
    "prediction",
]
