"""Damaged files of every layout that is read, as the tests make them, for longer: results/fuzz.json.

    python benchmarks/fuzz.py [--seconds 5] [--seed 1]

What counts as safe is in tests/recordings/test_fuzz.py: an answer or a refusal of one line, nothing opened outside of
the data set's folder, no more memory than a limit.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from machine import RESULTS, described
from worldprobe._util.files import write_json

ROOT = Path(__file__).parents[1]
TESTS = "tests/recordings/test_fuzz.py"


def tried(seconds: float, seed: int) -> list[dict[str, Any]]:
    """Run the tests; return each layout with its attempts, and whether one of them broke a promise."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "fuzz.xml"
        changed = {"WORLDPROBE_FUZZ_SECONDS": str(seconds), "WORLDPROBE_FUZZ_SEED": str(seed)}
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", TESTS, "--junitxml", str(listed)]
        subprocess.run([*command, "-o", "junit_family=xunit1"], cwd=ROOT, env=os.environ | changed, check=False)
        cases = ElementTree.parse(listed).getroot().iter("testcase")
        return [_row(case) for case in cases if case.find("skipped") is None]


def _row(case: ElementTree.Element) -> dict[str, Any]:
    name = re.search(r"\[(.*)\]", case.get("name", ""))
    attempts = case.find("properties/property[@name='attempts']")
    broken = case.find("failure") is not None or case.find("error") is not None
    return {
        "layout": name[1] if name else "",
        "attempts": int(attempts.get("value", 0)) if attempts is not None else None,
        "broken": broken,
    }


def main() -> None:
    """Try, count, write; exit status 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each layout")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rows = tried(given.seconds, given.seed)
    found = {"what": "damaged files of every layout", "settings": vars(given), "machine": described(), "rows": rows}
    write_json(RESULTS / "fuzz.json", found)
    sys.exit(any(row["broken"] for row in rows))


if __name__ == "__main__":
    main()
