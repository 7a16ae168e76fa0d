"""Colours of the page that are no encoder's; an encoder has its condition's (`results/condition_colours.py`)."""

from __future__ import annotations

from worldprobe.results.condition_colours import RGB

TRUE_COLOUR: RGB = (245, 245, 240)
"""Of the true camera, on the dark page."""
GOAL_COLOUR: RGB = (255, 214, 10)


def css(colour: RGB) -> str:
    """Return a colour as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
