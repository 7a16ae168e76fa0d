"""What the package says that it needs is what it imports, and every version that is installed is pinned."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
DISTRIBUTIONS = {
    "yaml": "pyyaml",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "mcap_ros2": "mcap-ros2-support",
    "huggingface_hub": "huggingface-hub",
    "google": "protobuf",
    "lance": "pylance",
    "mathutils": "bpy",
    "bmesh": "bpy",
    "OpenGL": "moderngl",
    "typing_extensions": "pydantic",
    "pydantic_core": "pydantic",
}
"""The distribution of a module that is named otherwise, or that comes with another one."""
GUARDED = {"hdf5plugin", "lightning", "stable_pretraining", "pandas", "triton"}
"""What is used where a user has it, and never asked for."""


def declared(requirements: list[str]) -> set[str]:
    return {re.split(r"[\s<>=!~;\[]", text, maxsplit=1)[0].lower().replace("_", "-") for text in requirements}


def imported() -> dict[str, set[str]]:
    """Return the distributions that src/ imports, each with the files that do."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            modules = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                if top not in sys.stdlib_module_names and top not in ("worldprobe", "__future__"):
                    found.setdefault(DISTRIBUTIONS.get(top, top), set()).add(str(path.relative_to(ROOT)))
    return found


def test_every_import_is_of_a_declared_dependency() -> None:
    known = declared(PROJECT["dependencies"])
    for extra, requirements in PROJECT["optional-dependencies"].items():
        known |= declared(requirements) if extra not in ("dev", "docs") else set()
    missing = {name: files for name, files in imported().items() if name not in known | GUARDED}
    assert missing == {}


def test_every_core_dependency_is_imported() -> None:
    assert declared(PROJECT["dependencies"]) - set(imported()) == set()


def test_constraints_pin_everything_that_is_installed() -> None:
    done = subprocess.run([sys.executable, ROOT / ".ci" / "lock", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_pytorch_for_gpus_needs_no_other_constraints(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in ("torch", "nvidia_cublas", "triton"):
        (site / f"{name}-99.dist-info").mkdir(parents=True)
        needs = "Requires-Dist: nvidia-cublas\nRequires-Dist: triton==99\n" if name == "torch" else ""
        text = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 99\n{needs}"
        (site / f"{name}-99.dist-info" / "METADATA").write_text(text)
    lock, found = [sys.executable, ROOT / ".ci" / "lock", "--check"], {"PYTHONPATH": str(site)}
    said = subprocess.run(lock, capture_output=True, text=True, env=os.environ | found).stdout
    assert "torch==99" in said
    assert "nvidia" not in said
    assert "triton" not in said
