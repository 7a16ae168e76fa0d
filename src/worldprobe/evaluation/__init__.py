"""Evaluation: somebody's trained encoder, measured: what it recovers of the states, and where the rest went."""
