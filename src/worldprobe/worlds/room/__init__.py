"""Worlds/room."""
