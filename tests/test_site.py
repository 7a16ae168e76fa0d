"""The documentation site builds without warnings, and its pages load nothing from another host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("material", reason="the site needs `pip install 'worldprobe[docs]'`")
pytestmark = pytest.mark.slow

LOADED = (
    r"<(?:script|img|iframe|source|audio|video|embed)\b[^>]*\b(?:src|srcset)=[\"']?((?:https?:)?//[^\"'\s>]+)",
    r"<link\b(?![^>]*rel=[\"']?(?:canonical|alternate|next|prev))[^>]*\bhref=[\"']?((?:https?:)?//[^\"'\s>]+)",
    r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')\s]+)",
)
"""What a browser fetches by itself: scripts, pictures, style sheets, fonts. Links that a reader may follow are none."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # A proxy that nobody answers stands for a machine without a network.
    offline = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | offline, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(site) for path in site.rglob("*.html")}
    assert {Path(str(page).replace("README.html", "index.html")) for page in pages} <= built
    assert Path("changelog.html") in built
    assert Path("contributing.html") in built
    assert (site / "results" / "camera.json").is_file()


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    found = {}
    for path in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = path.read_text(encoding="utf8")
        hosts = [host for pattern in LOADED for host in re.findall(pattern, text)]
        if hosts:
            found[str(path.relative_to(site))] = hosts
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/x.js">',
        "<link href=//fonts.example/css rel=stylesheet>",
        "a { background: url(http://example.org/p.png) }",
    ],
)
def test_the_check_sees_what_is_loaded(text: str) -> None:
    assert any(re.search(pattern, text) for pattern in LOADED)
