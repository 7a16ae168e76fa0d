"""For how many controls a ceiling is predicted."""

from __future__ import annotations

MOST_CONTROLS = 8
"""Beyond it the bases of the predictor grow too large to answer in seconds."""
