"""Explaining: where the missing R^2 went."""
