"""Every table of the README and of docs/ says what its recorded results, or the code, say."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import worldprobe
from worldprobe.audits import GATES

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """benchmarks/tables.py; its folder leaves the path again, for it has names that the tests have, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return importlib.import_module("tables")


@pytest.mark.slow
def test_every_table_is_what_its_source_says() -> None:
    # In a process of its own: other tests register worlds and gates that are not the package's.
    command = [sys.executable, str(ROOT / "benchmarks" / "tables.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"run `python benchmarks/tables.py`: {done.stdout}{done.stderr}"


def test_a_changed_number_is_noticed(tables: ModuleType) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf8")
    number = re.search(r"<!-- table: recovery .*?(\d\.\d{3})", text, re.DOTALL)[1]
    assert tables.rewritten(text.replace(number, "0.999")) == text != text.replace(number, "0.999")


def test_a_table_without_an_end_is_refused(tables: ModuleType) -> None:
    with pytest.raises(SystemExit, match="every table needs an end marker"):
        tables.rewritten("<!-- table: speed -->\n| | |\n")


def test_the_audits_page_has_every_gate_once() -> None:
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf8")
    tabled = "".join(re.findall(r"<!-- table: gates .*?<!-- end of table -->", page, re.DOTALL))
    names = re.findall(r"^\| `(.*?)` \|", tabled, re.MULTILINE)
    assert len(names) == len(set(names))
    assert set(GATES) <= set(names)


def test_the_gates_that_the_page_on_poor_recovery_names_exist() -> None:
    page = (ROOT / "docs" / "my-r2-is-poor.md").read_text(encoding="utf8")
    cells = re.findall(r"^\| ((?:`[\w-]+`(?:, )?)+) \|", page, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}
    assert len(named) >= 9
    assert named <= set(GATES)


def test_the_api_page_has_every_public_name() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf8")
    listed = re.findall(r"^### `wp\.(\w+)`$", page, re.MULTILINE)
    assert sorted(listed) == sorted(worldprobe.__all__)
