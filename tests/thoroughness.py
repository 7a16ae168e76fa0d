"""How thoroughly audits, predictions and fidelity to Cycles are found in tests: briefly, but in tests of just that."""

from __future__ import annotations

from worldprobe.audits.gates.actions import action_excitation
from worldprobe.audits.gates.exploration import marginal_distribution
from worldprobe.audits.gates.world import linear_cues
from worldprobe.measures import gaussianity, nonlinear_probe
from worldprobe.predictor import rearrangement, search
from worldprobe.world.scene import fidelity

_PLACES = (
    (search, "POINTS"),
    (search, "MANY"),
    (search, "MEASURED"),
    (search, "FEW"),
    (search, "MOST_ROUNDS"),
    (rearrangement, "STEPS"),
    (marginal_distribution, "DIRECTIONS"),
    (marginal_distribution, "EPPS_FRAMES"),
    (action_excitation, "FITTED"),
    (linear_cues, "COMPONENTS"),
    (gaussianity, "DRAWS"),
    (nonlinear_probe, "FITTED"),
    (nonlinear_probe, "SCORED"),
    (fidelity, "SIDE"),
    (fidelity, "SAMPLES"),
)
_USUAL = tuple(getattr(module, name) for module, name in _PLACES)
_BRIEF = ({1: 16_384}, 2_048, {1: 30_000}, 4_000, 3, 4, 16, 8_000, 6_000, 150, 12, 4_000, 4_000, 32, 32)


def set_thorough(thorough: bool) -> None:
    """Let this process work as for a user, or briefly."""
    for (module, name), value in zip(_PLACES, _USUAL if thorough else _BRIEF, strict=True):
        setattr(module, name, value)


def is_thorough() -> bool:
    """Whether this process works as for a user."""
    return all(getattr(module, name) == value for (module, name), value in zip(_PLACES, _USUAL, strict=True))
