"""docs/audit.md names every gate with the question, the reason and the lines that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from worldprobe.audits import CHECKS, GateCheck

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def _line(check: GateCheck) -> list[str]:
    sign = "<" if check.limit.past == "below" else ">"
    fails = "never" if check.limit.fail is None else f"{sign} {check.limit.fail:g}"
    return [f"`{check.name}`", check.asks, check.because, f"{sign} {check.limit.warn:g}", fails]


def test_the_page_and_the_code_agree_on_every_gate() -> None:
    lines = re.findall(r"^\| `.*\|$", PAGE.read_text(encoding="utf8"), re.MULTILINE)
    cells = [[c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert sorted(cells) == sorted(_line(check) for check in CHECKS.values())
