"""Every table of the README and of docs/, written from benchmarks/results/*.json and from the code.

    python benchmarks/tables.py            # rewrite the tables
    python benchmarks/tables.py --check    # change nothing; exit status 1 where a page differs from its sources

A table stands between two markers. The first names its kind and the kind's arguments, usually files of results:

    <!-- table: recovery camera.json -->
    ...
    <!-- end of table -->
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from doc_tables.kinds import KINDS

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"<!-- table: (?P<source>.*?) -->\n(?P<body>.*?)<!-- end of table -->", re.DOTALL)


def pages() -> list[Path]:
    """Return the README and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def rewritten(text: str) -> str:
    """Return a page's text with every table written anew; raises SystemExit naming a kind that does not exist."""
    opened, whole = text.count("<!-- table: "), len(BLOCK.findall(text))
    if opened != whole:
        raise SystemExit(f"{opened} tables begin and {whole} end: every table needs an end marker")
    return BLOCK.sub(lambda found: _block(found["source"]), text)


def _block(source: str) -> str:
    kind, *arguments = source.split()
    if kind not in KINDS:
        raise SystemExit(f"No kind of table is called {kind!r}; there are {', '.join(sorted(KINDS))}")
    return f"<!-- table: {source} -->\n{KINDS[kind](*arguments)}\n<!-- end of table -->"


def stale() -> dict[Path, str]:
    """Return the pages that do not say what their sources say, with the text that they should have."""
    texts = {page: page.read_text(encoding="utf8") for page in pages()}
    return {page: written for page, text in texts.items() if (written := rewritten(text)) != text}


def rewrite() -> list[Path]:
    """Write every table anew and return the pages that changed."""
    changed = stale()
    for page, text in changed.items():
        page.write_text(text, encoding="utf8")
    return list(changed)


def main() -> None:
    """Rewrite or check, and name the pages concerned."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 where a page is stale")
    given = parser.parse_args()
    found = list(stale()) if given.check else rewrite()
    for page in found:
        print(f"{'stale' if given.check else 'rewritten'}: {page.relative_to(ROOT)}")
    sys.exit(1 if given.check and found else 0)


if __name__ == "__main__":
    main()
