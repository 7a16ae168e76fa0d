"""Colours can be told apart, by colour-blind readers too, and text stands out from what it is written on."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from worldprobe.reports import page

STYLE = (Path(page.__file__).parent / "style.css").read_text(encoding="utf8")
BLIND = {
    "nobody": np.eye(3),
    # Machado, Oliveira and Fernandes (2009), severity 1, on linear sRGB.
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def palette(dark: bool) -> dict[str, str]:
    """Return the style sheet's colours by name."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    light, night = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block)) for block in blocks[:2])
    return night if dark else light


def linear(colour: str) -> np.ndarray:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * d for d in colour[1:])
    encoded = np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """Return the contrast of WCAG 2."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (light + 0.05) / (dark + 0.05)


def apart(colours: list[str]) -> float:
    """Return the smallest distance in Oklab of any two of these colours, to anybody's eyes."""
    seen = {
        who: [TO_OKLAB @ np.cbrt(TO_LMS @ np.clip(eyes @ linear(c), 0, 1)) for c in colours]
        for who, eyes in BLIND.items()
    }
    return min(float(np.linalg.norm(a - b)) for places in seen.values() for a, b in combinations(places, 2))


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def colours(request: pytest.FixtureRequest) -> dict[str, str]:
    return palette(request.param)


def test_parts_of_missing_r2_can_be_told_apart_by_everybody(colours: dict[str, str]) -> None:
    parts = [colours[f"p{i}"] for i in (0, 1, 2, 3, 4, 5, 7)]
    assert apart(parts) > 0.1
    assert min(contrast(part, colours["paper"]) for part in parts) >= 3


def test_first_four_series_can_be_told_apart_by_everybody(colours: dict[str, str]) -> None:
    assert apart([colours[f"c{i}"] for i in range(4)]) > 0.1
    assert apart([colours[f"c{i}"] for i in range(8)]) > 0.06


def test_fills_stand_out_from_paper_and_cards(colours: dict[str, str]) -> None:
    assert min(contrast(colours[f"c{i}"], colours["paper"]) for i in range(8)) >= 3


def test_text_stands_out_from_paper_and_cards(colours: dict[str, str]) -> None:
    written = [colours[name] for name in ("text", "quiet", *(f"t{i}" for i in range(8)))]
    assert min(contrast(ink, colours[ground]) for ink in written for ground in ("paper", "wash")) >= 4.5
    assert contrast(colours["alarm"], colours["alarm-wash"]) >= 4.5


def test_values_inside_parts_stand_out_from_them(colours: dict[str, str]) -> None:
    # Bold numbers of a chart, each of them in the table as well.
    assert min(contrast(colours["paper"], colours[f"p{i}"]) for i in range(6)) >= 3
