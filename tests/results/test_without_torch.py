"""A report needs what reads and draws, not what trains: it is written where torch is not installed."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "format_1"

REFUSING = """
import importlib.abc, sys

class Refusing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "numba", "sklearn", "mujoco", "moderngl", "matplotlib"} or name in {
            "scipy.stats", "scipy.optimize", "scipy.sparse", "scipy.spatial"
        }:
            raise ModuleNotFoundError(f"No module named {name!r} (refused)", name=name)

sys.meta_path.insert(0, Refusing())
"""
MAIN = "from worldprobe.cli import main; main()"


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", REFUSING + code, *arguments], capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "results"))


def test_a_report_is_written_where_torch_is_not_installed(folder: Path) -> None:
    done = _python(MAIN, "report", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "report.html").is_file()


def test_the_refusing_finder_refuses() -> None:
    assert "No module named 'torch' (refused)" in _python("import torch").stderr


@pytest.mark.slow
def test_a_report_takes_less_than_a_second_and_a_half(folder: Path) -> None:
    taken = []
    for _ in range(3):
        before = _seconds_of_children()
        subprocess.run([sys.executable, "-c", MAIN, "report", str(folder)], check=True, capture_output=True)
        taken.append(_seconds_of_children() - before)
    assert min(taken) < 1.5


def _seconds_of_children() -> float:
    """Return processor time, which other work on the machine hardly changes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
