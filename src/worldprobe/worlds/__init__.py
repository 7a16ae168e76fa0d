"""Worlds: deterministic maps from controls to observations."""

from worldprobe.worlds.base import WORLDS, ControlSpec, World

__all__ = ["WORLDS", "ControlSpec", "World"]
