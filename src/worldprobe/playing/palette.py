"""Colours of encoders on the page, in the exported session and in the loop: those of the report's charts."""

from __future__ import annotations

TRUE_COLOUR = (245, 245, 240)
"""Of the true camera, on the dark page."""
GOAL_COLOUR = (255, 214, 10)
COLOURS = (
    (63, 134, 245),
    (240, 145, 42),
    (82, 211, 189),
    (195, 59, 128),
    (139, 150, 163),
    (185, 163, 255),
    (227, 207, 107),
    (242, 92, 106),
)


def css(colour: tuple[int, int, int]) -> str:
    """Return a colour as CSS writes it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
