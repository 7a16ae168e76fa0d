"""Components of one's own: registered by their base class, found by --include and by entry points."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import worldprobe as wp
from worldprobe.errors import InvalidValue, PluginFailed

REGIME = '''
import worldprobe as wp

@wp.register("{name}")
class Mine(wp.Regime):
    """A regime of one's own."""

    def sample(self, frames, controls, rng):
        raise NotImplementedError
'''


@pytest.fixture(autouse=True)
def _registries_stay_as_they_are() -> Iterator[None]:
    wp.regimes.fill()
    before = dict(wp.regimes._things)
    yield
    wp.regimes._things.clear()
    wp.regimes._things.update(before)


def listed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "worldprobe", *arguments]
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def installed(folder: Path, code: str) -> None:
    """Make a folder look like one with an installed package that offers a module of components."""
    (folder / "my_package.py").write_text(code, encoding="utf8")
    info = folder / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n", encoding="utf8")
    (info / "entry_points.txt").write_text("[worldprobe]\nmine = my_package\n", encoding="utf8")


@pytest.mark.slow
def test_an_installed_package_makes_its_components_known(tmp_path: Path) -> None:
    installed(tmp_path, REGIME.format(name="packaged"))
    done = listed(tmp_path, "regimes")
    assert done.returncode == 0, done.stderr
    assert "packaged  A regime of one's own." in done.stdout


@pytest.mark.slow
def test_an_installed_package_that_fails_is_left_out_and_named(tmp_path: Path) -> None:
    installed(tmp_path, "raise RuntimeError('too old')")
    done = listed(tmp_path, "regimes")
    assert done.returncode == 0
    assert "gaussian" in done.stdout
    assert "The plug-in 'mine' of my-package is left out: RuntimeError: too old." in done.stderr


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("where", [0, 1])
def test_a_file_is_included_before_or_after_the_commands_name(where: int, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(REGIME.format(name="included"), encoding="utf8")
    arguments = ["regimes"]
    arguments[where:where] = ["--include", "mine.py"]
    assert "included  A regime" in listed(tmp_path, *arguments).stdout


def test_a_file_is_executed_once_and_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a_helper_of_mine.py").write_text("NAME = 'included-once'", encoding="utf8")
    code = REGIME.replace('"{name}"', "NAME").replace(
        "import worldprobe as wp", "from a_helper_of_mine import NAME\nimport worldprobe as wp"
    )
    (tmp_path / "mine.py").write_text(code, encoding="utf8")
    wp.include(tmp_path / "mine.py")
    first = wp.regimes["included-once"]
    wp.include(str(tmp_path / "mine.py"))
    assert wp.regimes["included-once"] is first


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1\nx / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("def f(:\n", "SyntaxError"),
        ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
        (REGIME.format(name="gaussian"), "name = 'gaussian' is not possible: allowed is a name that no regime has yet"),
        (REGIME.format(name="a b"), "name = 'a b' is not possible"),
    ],
)
def test_a_file_that_fails_is_named_with_what_it_says(code: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(code, encoding="utf8")
    with pytest.raises(PluginFailed, match=r"mine\.py cannot be included") as error:
        wp.include(tmp_path / "mine.py")
    assert said in str(error.value)


def test_what_is_no_component_cannot_be_registered() -> None:
    with pytest.raises(InvalidValue, match=r"a subclass of worldprobe\.World, Regime"):
        wp.register("mine")(int)


def test_a_class_that_is_defined_again_takes_its_own_place() -> None:
    def cell() -> type[wp.Regime]:
        @wp.register("from-a-notebook")
        class Mine(wp.Regime):
            """A regime of one's own."""

        return Mine

    first, second = cell(), cell()
    assert first is not second
    assert wp.regimes["from-a-notebook"] is second
