"""docs/architecture.md: every question of a newcomer names a file that exists, and a name that is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf8")
ANSWERS = re.findall(r"^\| (.*?\?) \| `(\S+\.py)` \| `(\w+)` \|$", PAGE, re.MULTILINE)
PACKAGES = ROOT / "src" / "worldprobe"


def test_at_least_fifteen_questions_are_answered() -> None:
    assert len(ANSWERS) >= 15
    assert len(ANSWERS) == PAGE.count("? | `"), "a row of the table is not of the form question | `file` | `name`"


@pytest.mark.parametrize(("question", "file", "name"), ANSWERS)
def test_the_file_that_a_question_names_holds_the_answer(question: str, file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (PACKAGES / file).read_text(encoding="utf8")), question


def test_every_package_is_described_and_every_path_exists() -> None:
    here = {path.name for path in PACKAGES.iterdir() if path.is_dir() and not path.name.startswith("_")}
    described = set(re.findall(r"`(\w+)/`", PAGE.split("## Where do I look?")[0]))
    assert here <= described
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE))
    assert not [path for path in named if not (PACKAGES / path).is_file()]
