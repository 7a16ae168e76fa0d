"""docs/own-scene.md: every command of the tutorial runs as printed, on the scene that ships as a script."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from forked import run_command
from world.scenes import EXAMPLES, attic

ROOT = EXAMPLES.parent
PAGE = (ROOT / "docs" / "own-scene.md").read_text(encoding="utf8")
TUTORIAL = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)[0].splitlines()


@pytest.mark.blender
@pytest.mark.slow
def test_the_tutorial_runs_as_printed(tmp_path: Path) -> None:
    commands = [line.split()[1:] for line in TUTORIAL if line.startswith("worldprobe ")]
    assert [command[0] for command in commands] == ["scene", "render", "audit", "run"]
    assert "python examples/make_attic.py" in TUTORIAL
    attic(tmp_path)
    quick = {"scene": ["--texels", "256", "--samples", "2"], "audit": ["frames=4096"], "run": ["training.steps=4"]}
    for command in commands:
        done = run_command([*command, *quick.get(command[0], [])], tmp_path, few_predicted=True)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert (tmp_path / "attic.world.png").exists()
    assert (tmp_path / "runs" / "camera-smoke" / "report.html").exists()
    shutil.rmtree(tmp_path / "attic.world")
    done = run_command(["audit", "attic.world"], tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("worldprobe: attic.world is no world")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["scene", "none.blend"], "none.blend cannot be read: No such file or directory."),
        (["scene", "a.txt"], "a file that Blender opens"),
        (["scene", "a.blend", "--out", "a"], "a folder whose name ends in .world"),
        (["scene", "a.blend", "--texels", "1000"], "texels = 1000 is not possible"),
        (["scene", "a.blend", "--no-bake"], "with .glb or .gltf only"),
        (["scene", "a.glb", "--no-bake"], "a.glb cannot be read as a binary glTF 2.0 scene"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_before_any_work(tmp_path: Path, command: list[str], said: str) -> None:
    for name in ("a.blend", "a.txt", "a.glb"):
        (tmp_path / name).write_bytes(b"")
    done = run_command(command, tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
