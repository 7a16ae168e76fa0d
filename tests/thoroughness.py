"""How thoroughly audits and predictions work in tests: briefly, but where a test is about what they find."""

from __future__ import annotations

from worldprobe.audits.gates.actions import action_excitation
from worldprobe.audits.gates.exploration import marginal_distribution
from worldprobe.audits.gates.world import linear_cues
from worldprobe.measures import gaussianity, nonlinear_probe
from worldprobe.predictor import rearrangement, search

_PLACES = (
    (search, "POINTS"),
    (search, "MANY"),
    (search, "MEASURED"),
    (search, "FEW"),
    (rearrangement, "STEPS"),
    (marginal_distribution, "DIRECTIONS"),
    (marginal_distribution, "EPPS_FRAMES"),
    (action_excitation, "FITTED"),
    (linear_cues, "COMPONENTS"),
    (gaussianity, "DRAWS"),
    (nonlinear_probe, "FITTED"),
    (nonlinear_probe, "SCORED"),
)
_USUAL = tuple(getattr(module, name) for module, name in _PLACES)
_BRIEF = ({1: 16_384}, 4_096, {1: 30_000}, 8_000, 6, 16, 8_000, 6_000, 150, 12, 4_000, 4_000)


def set_thorough(thorough: bool) -> None:
    """Let this process search for ideal encoders, and for mixtures that are not Gaussian, as for a user, or briefly."""
    for (module, name), value in zip(_PLACES, _USUAL if thorough else _BRIEF, strict=True):
        setattr(module, name, value)


def is_thorough() -> bool:
    """Whether this process works as for a user."""
    return all(getattr(module, name) == value for (module, name), value in zip(_PLACES, _USUAL, strict=True))
