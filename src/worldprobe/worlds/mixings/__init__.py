"""Analytic worlds: mixings x = g(z) of controls that are bare numbers, with exact inverses and log-determinants."""

from worldprobe.worlds.mixings.base import Identity, Mixing
from worldprobe.worlds.mixings.coupling import AdditiveCoupling, Coupling
from worldprobe.worlds.mixings.lift import Lift
from worldprobe.worlds.mixings.plane import Banana, Sinusoid, Spiral

__all__ = ["AdditiveCoupling", "Banana", "Coupling", "Identity", "Lift", "Mixing", "Sinusoid", "Spiral"]
