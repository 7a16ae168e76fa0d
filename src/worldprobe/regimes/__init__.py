"""Regimes: how a world is explored."""

from worldprobe.regimes.base import REGIMES, Pairs, Regime

__all__ = ["REGIMES", "Pairs", "Regime"]
