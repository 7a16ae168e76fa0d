"""What the report's tests share: one browser, one rendered page of each kind, and pristine folders to copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.chromium import Chromium
from reports.example import write_example
from reports.reading import Written, written
from reports.sweeps import published, write_sweep


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(tmp_path_factory.mktemp("profile")) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The report of three regimes under three seeds; not to be changed."""
    folder = tmp_path_factory.mktemp("example")
    return Written(folder, write_example(folder, seeds=3), written(folder))


@pytest.fixture(scope="session")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("pristine")
    return folder, write_example(folder)


@pytest.fixture
def one_seed(_pristine: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A results folder of one seed, to change or damage."""
    return Path(shutil.copytree(_pristine[0], tmp_path / "one-seed"))


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Written]:
    """A function from what `write_sweep` takes to the report of such a sweep."""

    def make(*given: Any, **more: Any) -> Written:
        folder = tmp_path_factory.mktemp("sweep")
        return Written(folder, write_sweep(folder, *given, **more), written(folder))

    return make


def _bell(objective: str, point: dict[str, Any]) -> float:
    """Best at alpha = 2; worse with whitening on either side."""
    lost = abs(float(point["alpha"]) - 2) / (10 if objective == "lejepa" else 5)
    return max(0.97 - lost, -0.02)


@pytest.fixture(scope="session")
def along_alpha(swept: Callable[..., Written]) -> Written:
    """One numeric axis, two objectives, three seeds, values published for some points."""
    quoted = published(
        [("lejepa", {"alpha": 2}, 0.97), ("lejepa", {"alpha": 0.5}, 0.2), ("lejepa", {"alpha": 64}, 0.5)]
    )
    return swept({"alpha": [0.5, 1, 2, 4, 8]}, _bell, objectives=("lejepa", "whitening"), seeds=3, published=quoted)


@pytest.fixture(scope="session")
def over_grid(swept: Callable[..., Written]) -> Written:
    """Two numeric axes; the largest lambda collapses."""
    axes = {"lambda": [1e-4, 1e-3, 1e-2, 1e-1], "rho": [0.5, 0.9]}
    return swept(axes, lambda _, p: 0.0 if p["lambda"] > 0.05 else 0.5 + 0.4 * p["rho"] + p["lambda"])


@pytest.fixture(scope="session")
def over_words(swept: Callable[..., Written]) -> Written:
    """One axis in words, three objectives, everything recovered."""
    found = {"spiral": 0.93, "banana": 0.9998}
    objectives = ("lejepa", "whitening", "infonce")
    return swept({"mixing": list(found)}, lambda _, p: found[p["mixing"]], objectives=objectives, spread=1e-5)
