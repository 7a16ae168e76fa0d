"""Audit: whether an exploration of a world can teach a world model, found out before any training."""

from worldprobe.audit.gate import CHECKS, Audit, Check, Gate, Limit, Verdict
from worldprobe.audit.regime import audit_regime

__all__ = ["CHECKS", "Audit", "Check", "Gate", "Limit", "Verdict", "audit_regime"]
