"""The arm: a robot with two or three joints on a table, after the reacher of the DeepMind Control Suite."""

from worldprobe.world.arm.arm import Arm

__all__ = ["Arm"]
