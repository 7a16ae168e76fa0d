"""Analytic worlds: mixings x = g(z) of controls that are bare numbers, with exact inverses and log-determinants."""

from worldprobe.world.mixings.additive_coupling import AdditiveCoupling, Coupling
from worldprobe.world.mixings.lift import Lift
from worldprobe.world.mixings.mixing import Identity, Mixing
from worldprobe.world.mixings.planar import Banana, Sinusoid, Spiral

__all__ = ["AdditiveCoupling", "Banana", "Coupling", "Identity", "Lift", "Mixing", "Sinusoid", "Spiral"]
