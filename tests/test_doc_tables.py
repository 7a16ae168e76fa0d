"""Every table of the README and of docs/ says what its recorded results, or the code, say."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

from worldprobe.audits import CHECKS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """benchmarks/tables.py; its folder leaves the path again, for it has names that the tests have, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return importlib.import_module("tables")


def test_every_table_is_what_its_source_says(tables: ModuleType) -> None:
    stale = [str(page.relative_to(ROOT)) for page in tables.stale()]
    assert not stale, f"run `python benchmarks/tables.py`, which rewrites {', '.join(stale)}"


def test_a_changed_number_is_noticed(tables: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf8")
    assert tables.rewritten(text.replace("0.948", "0.999")) == text != text.replace("0.948", "0.999")


def test_a_table_without_an_end_is_refused(tables: ModuleType) -> None:
    with pytest.raises(SystemExit, match="every table needs an end marker"):
        tables.rewritten("<!-- table: speed -->\n| | |\n")


def test_the_audits_page_has_every_gate_once() -> None:
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf8")
    tabled = "".join(re.findall(r"<!-- table: gates .*?<!-- end of table -->", page, re.DOTALL))
    assert sorted(re.findall(r"^\| `(.*?)` \|", tabled, re.MULTILINE)) == sorted(CHECKS)
