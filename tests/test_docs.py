"""Every Python example of the README and of docs/ imports `worldprobe as wp`, nothing deeper, and runs as printed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import worldprobe as wp
from forked import run_command, run_python

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = [
    pytest.param(example, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf8"), re.DOTALL))
]

CLUSTERS = ("submitit",)
"""Packages whose examples need a cluster."""


def examples(page: str, language: str) -> list[str]:
    """Return a page's fenced blocks in a language; "" is the command line's."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / page).read_text(encoding="utf8"), re.DOTALL | re.MULTILINE)
    return [text for name, text in blocks if name == language]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_imports_worldprobe_and_nothing_deeper(example: str) -> None:
    for node in ast.walk(ast.parse(example)):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("worldprobe")
        if isinstance(node, ast.Import):
            ours = [(name.name, name.asname) for name in node.names if name.name.startswith("worldprobe")]
            assert ours in ([], [("worldprobe", "wp")])


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_docs_runs(example: str, tmp_path: Path) -> None:
    for cluster in CLUSTERS:
        if f"import {cluster}" in example:
            pytest.skip(f"{cluster} submits jobs to a cluster")
    done = run_python(example, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)#:]+)\)", prose)
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.slow
def test_a_world_of_ones_own_works_from_the_command_line_as_printed(tmp_path: Path) -> None:
    """docs/extending/world.md: the file, the study, and every command, the study in its smoke preset."""
    page = "docs/extending/world.md"
    (tmp_path / "my_worlds.py").write_text(examples(page, "python")[0], encoding="utf8")
    (tmp_path / "my-study.yaml").write_text(examples(page, "yaml")[0], encoding="utf8")
    commands = [line for block in examples(page, "") for line in block.splitlines() if line.startswith("worldprobe ")]
    assert [command.split()[1] for command in commands] == ["worlds", "render", "audit", "run"]
    for command in commands:
        done = run_command(command.split()[1:], tmp_path, few_predicted=True)
        assert done.returncode in ((0, 1) if "audit" in command else (0,)), done.stderr
        assert "Traceback" not in done.stderr
    checked = run_python((tmp_path / "my_worlds.py").read_text(encoding="utf8"), tmp_path)
    assert "keeps its 13 promises" in checked.stdout, checked.stderr
    assert (tmp_path / "dot.png").exists()
    assert (tmp_path / "runs" / "my-study-smoke" / "report.html").exists()


def test_every_study_file_of_the_page_on_study_files_is_accepted(tmp_path: Path) -> None:
    study, axes, styled, projected, pretrained = examples("docs/study-file.md", "yaml")
    (tmp_path / "my-study.yaml").write_text(study, encoding="utf8")
    for preset in (None, "smoke"):
        assert wp.load_study(tmp_path / "my-study.yaml", preset=preset).name == "my-study"
    swept = f"extends: generalised-normal\nname: swept\nregimes: {{gaussian: {{}}}}\n{axes}"
    (tmp_path / "swept.yaml").write_text(swept, encoding="utf8")
    (tmp_path / "styled.yaml").write_text(styled, encoding="utf8")
    found = wp.load_study(tmp_path / "styled.yaml")
    assert (found.style, found.dimensions) == (("sun", "sofa-hue"), 3)
    assert set(wp.load_study(tmp_path / "swept.yaml").axes) >= {"rho", "mixing"}
    for name, encoder in {"projected": projected, "pretrained": pretrained}.items():
        (tmp_path / f"{name}.yaml").write_text(f"extends: camera\nname: {name}\n{encoder}", encoding="utf8")
        assert isinstance(wp.load_study(tmp_path / f"{name}.yaml").encoder, wp.encoders[name])
