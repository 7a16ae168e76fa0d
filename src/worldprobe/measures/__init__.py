"""Measures: how linear an embedding is in the controls. Arrays in, numbers out."""
