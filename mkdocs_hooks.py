"""What the site adds to docs/: recorded results, the changelog and the guide for contributors, which live elsewhere.

Pages link to those files by their place in the repository, so that the links work there, too; here they are rewritten
to the copies in the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent
PAGES = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
RESULTS = ROOT / "benchmarks" / "results"
REPORT = ROOT / "src" / "worldprobe" / "reports" / "shipped" / "camera.html"
OUTSIDE = re.compile(r"\]\((?:\.\./)+benchmarks/results(?:/(?P<file>[\w.-]+))?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the files from outside docs/."""
    for target, source in PAGES.items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    for source in sorted(RESULTS.glob("*.json")):
        files.append(File.generated(config, f"results/{source.name}", abs_src_path=str(source)))
    files.append(File.generated(config, "report/camera.html", abs_src_path=str(REPORT)))
    listed = "\n".join(f"- [{source.name}]({source.name})" for source in sorted(RESULTS.glob("*.json")))
    files.append(File.generated(config, "results/index.md", content=f"# Recorded results\n\n{listed}\n"))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links to files outside docs/ at their copies in the site."""
    up = "../" * page.file.src_uri.count("/")
    text = OUTSIDE.sub(lambda found: f"]({up}results/{found['file'] or 'index.md'})", markdown)
    text = text.replace(f"]({up}../src/worldprobe/reports/shipped/camera.html)", f"]({up}report/camera.html)")
    # Pages that live in the repository's root link into docs/.
    return text.replace("](docs/", "](") if page.file.src_uri in PAGES else text
