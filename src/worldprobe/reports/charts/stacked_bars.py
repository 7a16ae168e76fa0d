"""Horizontal bars in parts: what a whole is made of, a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from worldprobe.reports.charts.drawing import svg, text
from worldprobe.reports.charts.scale import Scale
from worldprobe.reports.wording import number, ratio

INSIDE = 26.0
"""Width from which a part carries its value."""
LABELS, ROW, TOP, GAP = 84, 22, 22, 5
LEAST = 0.1  # of the axis, so that bars of hundredths do not look like losses


@dataclass(frozen=True)
class StackPiece:
    """One part of a bar: the class of its colour, its name and its length."""

    colour: str
    name: str
    value: float


@dataclass(frozen=True)
class BarStack:
    """One bar."""

    name: str
    pieces: tuple[StackPiece, ...]

    @property
    def total(self) -> float:
        """The bar's whole length."""
        return sum(piece.value for piece in self.pieces)


def longest(stacks: Sequence[BarStack]) -> float:
    """Return where an axis for these bars ends: the next tenth but for a hundredth, at least 0.1."""
    return max(LEAST, ceil(10 * max((stack.total for stack in stacks), default=0.0) - 0.1) / 10)


def stack_chart(stacks: Sequence[BarStack], most: float, width: int, title: str, desc: str) -> Markup:
    """Draw horizontal bars from 0 to `most`, `width` user units wide, one row each."""
    x = Scale(0.0, most, LABELS, width - 40)
    bottom = TOP + ROW * len(stacks)
    ticks = (0.0, most / 2, most)
    parts = [Markup('<path class="grid" d="M{0:.1f} {1}V{2}"/>').format(x(t), TOP - 4, bottom) for t in ticks]
    parts += [text(x(t), TOP - 9, number(t, 2), anchor="middle") for t in ticks]
    for place, stack in enumerate(stacks):
        y = TOP + ROW * place
        parts.append(text(0, y + 14, stack.name, "name"))
        parts += _bar(stack, x, y)
        parts.append(text(width, y + 14, f"{stack.total:.2f}", "value", "end"))
    return svg(width, bottom + 4, title, desc, parts, "stacks")


def _bar(stack: BarStack, x: Scale, y: float) -> list[Markup]:
    drawn, start = [], 0.0
    box = '<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"><title>{}</title></rect>'
    for piece in stack.pieces:
        left, right = x(start), x(start + piece.value)
        start += piece.value
        if right - left > 0.1:
            said = f"{stack.name}, {piece.name}: {ratio(piece.value)}"
            drawn.append(Markup(box).format(piece.colour, left, y + GAP / 2, right - left, ROW - GAP, said))
        if right - left > INSIDE:
            inside = f"{piece.value:.2f}".removeprefix("0")
            drawn.append(text((left + right) / 2, y + 15, inside, f"inside {piece.colour}", "middle"))
    return drawn
