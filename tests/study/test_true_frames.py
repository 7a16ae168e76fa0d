"""The frames that a report shows at their true size are those that the encoder saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worldprobe.datasets import Dataset, exploration
from worldprobe.explore import REGIMES
from worldprobe.reports.embedded_pictures import strip
from worldprobe.study.contact_sheets import GAP
from worldprobe.study.explorations import exploration_sheet, true_frames
from worldprobe.world import WORLDS


@pytest.mark.slow
def test_true_frames_are_the_world_s_own_and_those_of_the_contact_sheet(tmp_path: Path) -> None:
    with WORLDS["room"](size=32) as world:
        seen = Dataset(exploration(world, REGIMES["gaussian"](), 240, 0), tmp_path)
        row, sheet = true_frames(seen), exploration_sheet(seen)
        assert row is not None
        assert sheet is not None
        assert row.size == (8 * (32 + GAP) - GAP, 32)
        shown = np.linspace(0, len(seen.controls) - 1, 24).astype(int)[::3]
        tiles = [np.asarray(row)[:, i * (32 + GAP) : i * (32 + GAP) + 32] for i in range(8)]
        assert all(np.array_equal(a, b) for a, b in zip(tiles, world.observe(seen.controls[shown]), strict=True))
    sheet.save(tmp_path / "sheet.png")
    cut = strip(tmp_path / "sheet.png", 24, across=8)
    assert cut.tile == (128, 128)


def test_worlds_of_vectors_have_no_frames(tmp_path: Path) -> None:
    spiral = WORLDS["spiral"]()
    seen = Dataset(exploration(spiral, REGIMES["gaussian"](), 64, 0), tmp_path)
    assert true_frames(seen) is None


def test_strip_keeps_the_pixels_of_its_tiles(tmp_path: Path) -> None:
    page = np.zeros((10, 3 * (6 + GAP) - GAP, 3), np.uint8)
    for i in range(3):
        page[:, i * (6 + GAP) : i * (6 + GAP) + 6] = 80 * i + 10
    Image.fromarray(page).save(tmp_path / "row.png")
    found = strip(tmp_path / "row.png", 3, across=8)
    assert (found.tile, found.width, found.height) == ((6, 10), 3 * (6 + GAP) - GAP, 10)
