"""No two ideas share a name: every file and every class of the package is found by its name alone."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "worldprobe"
FILES = sorted(PACKAGE.rglob("*.py"))


def twice(named: Iterator[tuple[str, Path]]) -> dict[str, list[str]]:
    """Return the names that occur more than once, and where."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, file in named:
        found[name].append(str(file.relative_to(PACKAGE)))
    return {name: files for name, files in found.items() if len(files) > 1}


def test_no_two_files_have_one_name() -> None:
    assert len(FILES) > 300
    assert twice((file.name, file) for file in FILES if not file.stem.startswith("__")) == {}


def test_no_two_classes_have_one_name() -> None:
    trees = ((file, ast.parse(file.read_text(encoding="utf8"))) for file in FILES)
    classes = ((node.name, file) for file, tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assert twice(classes) == {}


def test_no_benchmark_hides_an_installed_package() -> None:
    """Tests import from `benchmarks`: a folder `tabulate` there would be found in place of PyPI's, which torch uses."""
    benchmarks = PACKAGE.parents[1] / "benchmarks"
    ours = {path.stem for path in benchmarks.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert ours & (set(packages_distributions()) | {"tabulate"}) == set()
